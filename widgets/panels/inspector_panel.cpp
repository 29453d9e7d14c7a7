#include "widgets/panels/inspector_panel.h"

#include "widgets/hint_page.h"
#include "widgets/inspector/inspector_text.h"
#include "widgets/inspector/measured_label.h"
#include "widgets/inspector/token_thumbnail.h"
#include "widgets/inspector/values_section.h"
#include "widgets/local_action.h"

#include <QAction>
#include <QApplication>
#include <QClipboard>
#include <QJsonArray>
#include <QLabel>
#include <QPlainTextEdit>
#include <QScrollArea>
#include <QScrollBar>
#include <QSignalBlocker>
#include <QStackedLayout>
#include <QTextDocument>
#include <QVBoxLayout>

#include <chrono>
#include <utility>

namespace armillary::widgets {
namespace {

constexpr auto kDetails = std::chrono::milliseconds(30);
constexpr auto kSettle = std::chrono::milliseconds(150);

}  // namespace

InspectorPanel::InspectorPanel(const PanelContext& context, QWidget* parent)
    : Panel(QStringLiteral("inspector"), tr("Inspector"), context, parent)
{
    m_heading = new MeasuredLabel;
    m_heading->label()->setProperty("role", "hintTitle");
    m_heading->label()->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    m_heading->setContentsMargins(12, 8, 12, 2);

    auto* content = new QWidget;
    m_column = new QVBoxLayout(content);
    m_column->setContentsMargins(4, 0, 4, 8);
    m_column->setSpacing(0);

    addSection(QStringLiteral("set"), tr("Selected set"),
               tr("Counts, bounding box and means of all highlighted positions"));
    addSection(QStringLiteral("token"), tr("Token"), tr("What stands at this position and where it comes from"));
    InspectorSection* pixels =
        addSection(QStringLiteral("pixels"), tr("Pixels"), tr("The pixels this token stands for, at three sizes"));
    m_thumbnail = new TokenThumbnail;
    pixels->addWidget(m_thumbnail);
    addAsked(QStringLiteral("probability"), tr("Probability"),
             tr("Under the model's distribution, before temperature; alternatives, best first"), false);
    addAsked(QStringLiteral("norm"), tr("Norm"),
             tr("Length of the vector and how far it lies from its segment's median"), true);
    addAsked(QStringLiteral("neighbours"), tr("Nearest tokens"), tr("By cosine in all dimensions; click to select one"),
             true);
    addAsked(QStringLiteral("words"), tr("Nearest words"), tr("Rows of the embedding table by cosine, beside noise"),
             false);
    addAsked(QStringLiteral("lens"), tr("Logit lens"), tr("The word each layer would say next at this position"),
             false);
    addSection(QStringLiteral("reach"), tr("Mask reach"),
               tr("Keys this position may see in the focused layer; [ and ] change the layer"));
    addAsked(QStringLiteral("attention"), tr("Attention it pays"),
             tr("Its strongest keys, mean over layers and heads or those in focus"), true);
    m_receives =
        addSection(QStringLiteral("receives"), tr("Attention it receives"),
                   tr("The answer's positions that look at it most, mean over layers and heads or those in focus"));
    m_values = new ValuesSection;
    m_column->addWidget(m_values);
    m_sections.push_back(m_values);
    InspectorSection* notes = addSection(QStringLiteral("notes"), tr("Notes"),
                                         tr("Your own words about these positions; kept with the layout"));
    m_note = new QPlainTextEdit;
    m_note->setPlaceholderText(tr("What you noticed here"));
    m_note->setAccessibleName(tr("Notes on the selected positions"));
    m_note->setFixedHeight(4 * fontMetrics().lineSpacing());
    m_note->setTabChangesFocus(true);
    notes->addWidget(m_note);
    connect(m_note, &QPlainTextEdit::textChanged, this, &InspectorPanel::keepNote);
    m_column->addStretch(1);

    auto* scroll = new QScrollArea;
    scroll->setWidget(content);
    scroll->setWidgetResizable(true);
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    scroll->setAccessibleName(tr("What is known about the selected tokens"));
    auto* shown = new QWidget;
    auto* column = new QVBoxLayout(shown);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addWidget(m_heading);
    column->addWidget(scroll, 1);

    m_pages = new QStackedLayout(this);
    m_pages->setContentsMargins(0, 0, 0, 0);
    m_pages->addWidget(new HintPage(tr("Nothing is selected"),
                                    tr("Point at a word, a patch of the picture, a world cell or a point of the map to "
                                       "see everything about it here; click to keep it."),
                                    {}));
    m_pages->addWidget(shown);

    makeActions();
    m_details.setSingleShot(true);
    m_details.setInterval(kDetails);
    connect(&m_details, &QTimer::timeout, this, &InspectorPanel::refreshDetails);
    m_settle.setSingleShot(true);
    m_settle.setInterval(kSettle);
    connect(&m_settle, &QTimer::timeout, this, &InspectorPanel::ask);
    connect(scroll->verticalScrollBar(), &QScrollBar::valueChanged, this, [this] {
        for (InspectorSection* each : m_sections)
            each->showWaiting();
    });
    for (InspectorSection* each : m_sections) {
        connect(each, &InspectorSection::opened, this, &InspectorPanel::refreshSoon);
        connect(each, &InspectorSection::positionHovered, this, &InspectorPanel::hoverLink);
        connect(each, &InspectorSection::positionActivated, this, [this](qint64 position) {
            hoverLink(-1);
            if (position >= 0)
                selection().choose({position});
        });
    }
    refresh();
}

InspectorSection* InspectorPanel::addSection(const QString& name, const QString& title, const QString& tip)
{
    auto* out = new InspectorSection(name, title, tip);
    m_column->addWidget(out);
    m_sections.push_back(out);
    return out;
}

InspectorPanel::Asked& InspectorPanel::addAsked(const QString& name, const QString& title, const QString& tip,
                                                bool startsAlone)
{
    Asked& out = m_asked[name];
    out = {new AnalysisView(context(), this), addSection(name, title, tip), startsAlone, {}};
    connect(out.view, &AnalysisView::changed, this, [this, name] {
        if (m_position)
            showAsked(name);
    });
    connect(out.section, &InspectorSection::buttonClicked, this, [this, name] {
        Asked& asked = m_asked[name];
        const TokenKind kind = run().kindAt(*m_position);
        if (name == QLatin1String("probability") && (kind == TokenKind::Image || kind == TokenKind::World)) {
            asked.section->setStatus(tr("Image and world tokens are no words: nothing predicts them."));
        } else if (asked.view->state() == AnalysisView::State::Working) {
            asked.view->stop();
            return;
        }
        asked.startedFor = m_position;
        if (const auto request = requestOf(name))
            asked.view->want(*request, AnalysisView::Effort::Compute);
    });
    return out;
}

void InspectorPanel::makeActions()
{
    addLocalAction(this, tr("Copy what the inspector says"), {Qt::CTRL | Qt::SHIFT | Qt::Key_C},
                   tr("Every open section as text"), [this] { QApplication::clipboard()->setText(factsText()); });
    addLocalAction(this, tr("Copy the token's vector"), {Qt::CTRL | Qt::SHIFT | Qt::Key_V},
                   tr("Every number of the chosen tensor at this position, one a line"),
                   [this] { QApplication::clipboard()->setText(m_values->allValues()); });
    addLocalAction(this, tr("Use as query"), {Qt::CTRL | Qt::SHIFT | Qt::Key_Q},
                   tr("Attention maps show this position's row, whatever is pointed at; again to end it"), [this] {
                       Focus focus = selection().focus();
                       focus.query = focus.query == m_position ? std::nullopt : m_position;
                       selection().setFocus(focus);
                   });
    const auto setAll = [this](bool open) {
        for (InspectorSection* each : m_sections)
            each->setOpen(open);
    };
    addLocalAction(this, tr("Open all sections of the inspector"), {Qt::CTRL | Qt::SHIFT | Qt::Key_Plus},
                   tr("Show every section"), [setAll] { setAll(true); });
    addLocalAction(this, tr("Close all sections of the inspector"), {Qt::CTRL | Qt::SHIFT | Qt::Key_Minus},
                   tr("Titles only"), [setAll] { setAll(false); });
}

InspectorSection* InspectorPanel::section(const QString& name) const
{
    for (InspectorSection* each : m_sections) {
        if (each->name() == name)
            return each;
    }
    return nullptr;
}

void InspectorPanel::showRun()
{
    refreshSoon();
}

void InspectorPanel::showNewTokens(qint64, qint64)
{
    // A described position may be one that just came in; what is known of the others stays.
    if (m_position && *m_position >= run().prefillLength())
        refreshSoon();
}

void InspectorPanel::showState()
{
    refreshSoon();
}

void InspectorPanel::showSelection()
{
    refreshSoon();
}

void InspectorPanel::showFocus()
{
    refreshSoon();
}

void InspectorPanel::showPair()
{
    refreshSoon();
}

void InspectorPanel::hoverLink(qint64 position)
{
    const Positions last = std::exchange(m_ownHover, position < 0 ? Positions() : Positions{position});
    if (position < 0)
        selection().endHover(last);
    else
        selection().hover(m_ownHover);
}

Positions InspectorPanel::shownPositions() const
{
    if (!m_ownHover.empty() && selection().hovered() == m_ownHover)
        return m_shown;
    Positions out = selection().hovered().empty() ? selection().chosen() : selection().hovered();
    std::erase_if(out, [this](std::int64_t position) { return position < 0 || position >= run().size(); });
    return out;
}

void InspectorPanel::refreshSoon()
{
    if (std::exchange(m_isRefreshPosted, true))
        return;
    // No timer: those wait for the window's update, and a second one would follow.
    QMetaObject::invokeMethod(
        this, [this] { refresh(); }, Qt::QueuedConnection);
}

void InspectorPanel::refresh()
{
    m_isRefreshPosted = false;
    const Positions positions = shownPositions();
    if (m_ownHover.empty() || selection().hovered() != m_ownHover) {
        m_shown = positions;
        const auto described = selection().described();
        m_position = positions.empty()                        ? std::nullopt
                     : described && *described < run().size() ? described
                                                              : std::optional(positions.front());
    }
    if (!m_position) {
        m_settle.stop();
        // The pointer passes between things all the time: the hint waits until it stays away.
        if (m_pages->currentIndex() != 0)
            m_details.start();
        return;
    }
    m_pages->setCurrentIndex(1);
    const QString name = positionName(run(), *m_position);
    m_heading->setText(
        positions.size() > 1 ? tr("%1 and %n more", nullptr, static_cast<int>(positions.size()) - 1).arg(name) : name);
    refreshSet();
    section(QStringLiteral("token"))->setLines(tokenLines(run(), *m_position));
    m_thumbnail->setToken(pictureOf(run(), *m_position), run().boxAt(*m_position));
    section(QStringLiteral("pixels"))
        ->setStatus(m_thumbnail->isEmpty() ? tr("This token stands for no pixels.") : QString());
    // While the pointer moves on, what it is comes with the highlight, the rest a moment later.
    if (selection().hovered().empty())
        refreshDetails();
    else if (!m_details.isActive())
        m_details.start();
    m_settle.start();
}

void InspectorPanel::refreshDetails()
{
    m_details.stop();
    if (!m_position) {
        m_pages->setCurrentIndex(0);
        return;
    }
    InspectorSection* reach = section(QStringLiteral("reach"));
    reach->setLines(reachLines(run(), *m_position, selection().focus()));
    reach->setStatus(reach->lines().empty() ? tr("The record names no language model.") : QString());
    for (const auto& [asked, parts] : m_asked)
        showAsked(asked);
    showAttention();
    m_values->setToken(run().record(), m_position);
    showNote();
}

void InspectorPanel::refreshSet()
{
    InspectorSection* set = section(QStringLiteral("set"));
    const Positions positions = shownPositions();
    set->setVisible(positions.size() > 1);
    if (positions.size() > 1 && set->isOpen())
        set->setLines(setLines(run(), positions, m_asked[QStringLiteral("norm")].view->result()));
}

std::optional<AnalysisRequest> InspectorPanel::requestOf(const QString& name) const
{
    if (!m_position)
        return std::nullopt;
    const std::string position = std::to_string(*m_position);
    if (name == QLatin1String("probability"))
        return AnalysisRequest{"surprisal", {}};
    if (name == QLatin1String("norm"))
        return AnalysisRequest{"embedding-norms", {}};
    if (name == QLatin1String("neighbours"))
        return AnalysisRequest{"embedding-neighbours", {{"position", position}}};
    if (name == QLatin1String("words"))
        return AnalysisRequest{"nearest-words", {{"tokens", position}}};
    if (name == QLatin1String("lens"))
        return AnalysisRequest{"logit-lens", {{"position", position}}};
    AnalysisRequest out{"attention-row", {{"position", position}}};
    const Focus& focus = selection().focus();
    if (focus.layer)
        out.arguments["layer"] = std::to_string(*focus.layer);
    if (focus.head)
        out.arguments["head"] = std::to_string(*focus.head);
    if (focus.sinksRemoved)
        out.arguments["view"] = "sinks-removed";
    return out;
}

void InspectorPanel::ask()
{
    for (InspectorSection* each : m_sections)
        each->showWaiting();
    if (!m_position || !run().record())
        return;
    for (auto& [name, asked] : m_asked) {
        const auto request = requestOf(name);
        if (!request || !asked.section->isOpen())
            continue;
        const bool compute = asked.startsAlone || asked.startedFor == m_position;
        asked.view->want(*request, compute ? AnalysisView::Effort::Compute : AnalysisView::Effort::AtHand);
        showAsked(name);
    }
}

std::vector<InspectorLine> InspectorPanel::linesOf(const QString& name, const AnalysisResult* result) const
{
    if (name == QLatin1String("probability"))
        return probabilityLines(run(), *m_position, result);
    if (result == nullptr)
        return {};
    // A result of the position before must not pass for this one's.
    const auto asked = result->request.arguments.find("position");
    if (asked != result->request.arguments.end() && asked->second != std::to_string(*m_position))
        return {};
    if (name == QLatin1String("norm"))
        return normLines(*result, *m_position);
    if (name == QLatin1String("neighbours"))
        return neighbourLines(run(), *result);
    if (name == QLatin1String("words"))
        return wordLines(*result, *m_position);
    if (name == QLatin1String("lens"))
        return lensLines(*result, *m_position);
    return paysLines(run(), *result);
}

void InspectorPanel::showAsked(const QString& name)
{
    const Asked& asked = m_asked.at(name);
    if (!asked.section->isOpen())
        return;
    const auto lines = linesOf(name, asked.view->result());
    asked.section->setLines(lines);
    const bool isOfAnswer = name == QLatin1String("probability") && *m_position >= run().prefillLength();
    const TokenKind kind = run().kindAt(*m_position);
    if (name == QLatin1String("probability") && (kind == TokenKind::Image || kind == TokenKind::World)) {
        asked.section->setStatus(tr("Image and world tokens are no words: nothing predicts them."));
    } else if (asked.view->state() == AnalysisView::State::Working) {
        const QString steps = asked.view->stepsTotal() > 0
                                  ? tr("%1 of %2").arg(asked.view->stepsDone()).arg(asked.view->stepsTotal())
                                  : QString();
        asked.section->setStatus(tr("Computing… %1 %2").arg(asked.view->stage(), steps).simplified(), tr("Stop"));
    } else if (!run().record()) {
        asked.section->setStatus(lines.empty() ? tr("Known when the run has ended.") : QString());
    } else if (asked.view->state() == AnalysisView::State::Failed && !isOfAnswer) {
        const auto request = requestOf(name);
        const QString obstacle = request ? desk().obstacle({run().record(), *request}) : QString();
        asked.section->setStatus(obstacle.isEmpty() ? asked.view->problem() : obstacle,
                                 obstacle.isEmpty() && !asked.startsAlone ? tr("Compute") : QString());
    } else if (asked.view->isDifference()) {
        asked.section->setStatus(tr("A − B"));
    } else {
        const bool isEmpty = lines.empty() && asked.view->state() == AnalysisView::State::Done;
        asked.section->setStatus(isEmpty ? tr("Nothing is known about this position.") : QString());
    }
    if (name == QLatin1String("norm"))
        refreshSet();
}

void InspectorPanel::showAttention()
{
    if (!m_receives->isOpen())
        return;
    const auto lines = receivesLines(run(), *m_position, selection().focus());
    m_receives->setLines(lines);
    m_receives->setStatus(lines.empty() ? tr("No recorded row of the answer looks at it.") : QString());
}

QString InspectorPanel::noteKey() const
{
    const Positions positions = shownPositions();
    QStringList parts;
    // Neighbouring positions as ranges, so that a big set has a short name.
    for (std::size_t i = 0; i < positions.size();) {
        std::size_t last = i;
        while (last + 1 < positions.size() && positions[last + 1] == positions[last] + 1)
            ++last;
        parts << (last == i ? QString::number(positions[i])
                            : QStringLiteral("%1-%2").arg(positions[i]).arg(positions[last]));
        i = last + 1;
    }
    return QStringLiteral("%1:%2").arg(pair().shown().id, parts.join(QLatin1Char(',')));
}

void InspectorPanel::showNote()
{
    // Notes are on what is chosen: a pointer that passes by must not take the text from under the keyboard.
    if (m_note->hasFocus() && !selection().hovered().empty())
        return;
    m_noteKey = noteKey();
    const auto found = m_notes.find(m_noteKey);
    const QSignalBlocker quiet(m_note);
    if (found != m_notes.end())
        m_note->setPlainText(found->second);
    else if (!m_note->document()->isEmpty())
        m_note->clear();
}

void InspectorPanel::keepNote()
{
    const QString text = m_note->toPlainText();
    if (text.isEmpty())
        m_notes.erase(m_noteKey);
    else
        m_notes[m_noteKey] = text;
}

QString InspectorPanel::factsText() const
{
    QStringList out{m_heading->text()};
    for (const InspectorSection* each : m_sections) {
        if (!each->isOpen() || each->lines().empty() || each->isHidden())
            continue;
        out << QString() << each->title();
        for (const InspectorLine& line : each->lines())
            out << QStringLiteral("%1\t%2").arg(line.label, line.value);
    }
    return out.join(QLatin1Char('\n'));
}

QJsonObject InspectorPanel::saveView() const
{
    QJsonArray closed;
    for (const InspectorSection* each : m_sections) {
        if (!each->isOpen())
            closed << each->name();
    }
    QJsonObject notes;
    for (const auto& [key, text] : m_notes)
        notes[key] = text;
    return {{QStringLiteral("closed"), closed},
            {QStringLiteral("notes"), notes},
            {QStringLiteral("tensor"), m_values->wantedTensor()},
            {QStringLiteral("values"), m_values->shownCount()}};
}

void InspectorPanel::restoreView(const QJsonObject& view)
{
    const QJsonArray closed = view.value(QLatin1String("closed")).toArray();
    for (InspectorSection* each : m_sections)
        each->setOpen(!closed.contains(each->name()));
    const QJsonObject notes = view.value(QLatin1String("notes")).toObject();
    for (auto note = notes.begin(); note != notes.end(); ++note)
        m_notes[note.key()] = note.value().toString();
    m_values->setWantedTensor(view.value(QLatin1String("tensor")).toString(m_values->wantedTensor()));
    m_values->setShownCount(view.value(QLatin1String("values")).toInt(m_values->shownCount()));
    refreshSoon();
}

QString InspectorPanel::caption() const
{
    const QString of = Panel::caption();
    return m_position ? tr("%1: position %2").arg(of, m_heading->text()) : of;
}

std::optional<AnalysisResult> InspectorPanel::viewData() const
{
    if (!m_position)
        return std::nullopt;
    AnalysisResult out;
    out.request = {"inspector", {{"position", std::to_string(*m_position)}}};
    AnalysisTable table{"inspector", {"section", "label", "value"}, {}};
    for (const InspectorSection* each : m_sections) {
        if (each->isHidden())
            continue;
        for (const InspectorLine& line : each->lines())
            table.rows.push_back({each->title().toStdString(), line.label.toStdString(), line.value.toStdString()});
    }
    out.tables.push_back(std::move(table));
    return out;
}

}  // namespace armillary::widgets
