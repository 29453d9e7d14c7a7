#include "widgets/panels/answer_panel.h"

#include "widgets/analysis/analysis_strip.h"
#include "widgets/hint_page.h"
#include "widgets/text/conversation_view.h"
#include "widgets/text/token_alternatives.h"
#include "widgets/text/word_legend.h"

#include <QAction>
#include <QComboBox>
#include <QHBoxLayout>
#include <QStackedLayout>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>
#include <cmath>
#include <limits>

namespace armillary::widgets {
namespace {

// A branch near the limit of new tokens still gets some of its own.
constexpr int kLeastBranchTokens = 32;
constexpr float kNone = std::numeric_limits<float>::quiet_NaN();

}  // namespace

AnswerPanel::AnswerPanel(const PanelContext& context, QWidget* parent)
    : Panel(QStringLiteral("answer"), tr("Conversation"), context, parent)
{
    m_view = new ConversationView(run(), selection());
    m_alternatives = new TokenAlternatives(run(), m_view);
    m_worldBits = new AnalysisView(context, this);
    m_choice = new QComboBox;
    m_choice->setObjectName(QStringLiteral("wordMeasure"));
    m_choice->setAccessibleName(tr("Colour of the words"));
    m_choice->setToolTip(tr("What the words of the answer are coloured by (C: the next one)"));
    m_choice->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    m_choice->setMinimumContentsLength(11);
    for (const WordMeasure measure : kWordMeasures)
        m_choice->addItem(wordMeasureTitle(measure), wordMeasureId(measure));
    m_legend = new WordLegend;
    m_strip = new AnalysisStrip(context, *m_worldBits);
    m_strip
        ->setRequest({"surprisal-change", {}}, tr("Compute bits gained"),
                     tr("Runs the prompt and the answer twice, with the world tokens and with zeros in their place"));
    makeActions();
    auto* more = new QToolButton;
    more->setText(QStringLiteral("⋯"));
    more->setAccessibleName(tr("More about the answer"));
    more->setToolTip(tr("Alternatives, ask again, edit the question"));
    more->setPopupMode(QToolButton::InstantPopup);
    more->setAutoRaise(true);
    more->addActions({m_showAlternatives, m_askAgain, m_edit});

    auto* page = new QWidget;
    auto* column = new QVBoxLayout(page);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    auto* row = new QHBoxLayout;
    row->setContentsMargins(12, 4, 8, 4);
    row->setSpacing(8);
    row->addWidget(m_choice);
    row->addStretch(1);
    row->addWidget(more);
    column->addLayout(row);
    // In a line of its own: beside the box its title would be cut.
    auto* legendRow = new QHBoxLayout;
    legendRow->setContentsMargins(12, 0, 12, 2);
    legendRow->addWidget(m_legend);
    column->addLayout(legendRow);
    // The strip shows and hides itself by its state, its place by the measure.
    m_stripPlace = new QWidget;
    auto* stripColumn = new QVBoxLayout(m_stripPlace);
    stripColumn->setContentsMargins(0, 0, 0, 0);
    stripColumn->addWidget(m_strip);
    column->addWidget(m_stripPlace);
    column->addWidget(m_view, 1);
    m_pages = new QStackedLayout(this);
    m_pages->setContentsMargins(0, 0, 0, 0);
    m_pages->addWidget(new HintPage(tr("Ask about the picture"),
                                    tr("Write a question below and press Ctrl+Enter. The answer streams in here; point "
                                       "at a word to see its token in the strip."),
                                    {}));
    m_pages->addWidget(page);
    setKeyboardPlace(m_view);

    connect(m_choice, &QComboBox::currentIndexChanged, this, [this](int index) {
        m_view->setMeasure(kWordMeasures[static_cast<std::size_t>(index)]);
        showValues();
    });
    connect(m_worldBits, &AnalysisView::changed, this, &AnswerPanel::showValues);
    connect(m_view, &ConversationView::alternativesWanted, this, &AnswerPanel::showAlternativesAt);
    connect(m_view, &ConversationView::wordLeft, m_alternatives, &TokenAlternatives::leave);
    connect(m_view, &ConversationView::editWanted, this, &AnswerPanel::editRequested);
    connect(m_alternatives, &TokenAlternatives::branchWanted, this, &AnswerPanel::branch);
    connect(m_alternatives, &TokenAlternatives::stepWanted, this, [this](int step) {
        m_view->moveByToken(step);
        showAlternatives();
    });
    connect(this, &Panel::lockedChanged, this, [this](bool locked) { m_worldBits->setFollowing(!locked); });
    showRun();
}

QAction* AnswerPanel::makeAction(const QString& name, const QKeySequence& key, const QString& tip,
                                 void (AnswerPanel::*slot)())
{
    auto* action = new QAction(name, this);
    action->setShortcut(key);
    action->setShortcutContext(Qt::WidgetWithChildrenShortcut);
    const QString keyText = key.toString(QKeySequence::NativeText);
    action->setToolTip(keyText.isEmpty() ? tip : QStringLiteral("%1 (%2)").arg(tip, keyText));
    connect(action, &QAction::triggered, this, slot);
    addAction(action);
    return action;
}

void AnswerPanel::makeActions()
{
    makeAction(tr("Next colour of words"), Qt::Key_C,
               tr("Colour words by probability, surprisal, bits gained from the world, or the overlay layer"),
               &AnswerPanel::nextMeasure);
    // Enter opens them where the words have the keys; named here for the palette.
    m_showAlternatives = makeAction(tr("Alternatives of the word"), {},
                                    tr("What else could have stood at the chosen word (Enter or a click)"),
                                    &AnswerPanel::showAlternatives);
    m_askAgain =
        makeAction(tr("Ask again"), Qt::CTRL | Qt::Key_G,
                   tr("The same question anew; where tokens are drawn, with the next seed"), &AnswerPanel::askAgain);
    m_edit = makeAction(tr("Edit the question"), Qt::Key_F2, tr("Put the last question back into the field"),
                        &AnswerPanel::editQuestion);
    m_view->addActions({m_showAlternatives, m_askAgain, m_edit});
    addAction(m_strip->startAction());
    addAction(m_strip->stopAction());
}

void AnswerPanel::showRun()
{
    m_pages->setCurrentIndex(run().question() == nullptr ? 0 : 1);
    m_alternatives->leave();
    // A layout that arrives changes no text.
    if (run().question() != m_shownQuestion || run().generated().empty())
        m_view->showTurns();
    m_shownQuestion = run().question();
    showState();
}

void AnswerPanel::showNewTokens(qint64 first, qint64 count)
{
    m_view->appendTokens(first, count);
}

void AnswerPanel::showState()
{
    m_view->showState();
    const bool asked = run().question() != nullptr;
    const bool running = run().state() == RunState::Running;
    m_askAgain->setEnabled(asked && !running);
    m_edit->setEnabled(asked && !m_view->lastQuestion().isEmpty());
    m_showAlternatives->setEnabled(!run().generated().empty());
    showValues();
}

void AnswerPanel::showSelection()
{
    m_view->showSelection();
}

void AnswerPanel::showFocus()
{
    m_view->showSelection();
}

void AnswerPanel::showOverlays()
{
    if (measure() == WordMeasure::Layer)
        showValues();
}

void AnswerPanel::showPair()
{
    m_view->compareWith(pair().subtracted());
    showValues();
}

WordMeasure AnswerPanel::measure() const
{
    return m_view->colors().measure();
}

void AnswerPanel::setMeasure(WordMeasure measure)
{
    m_choice->setCurrentIndex(m_choice->findData(wordMeasureId(measure)));
}

void AnswerPanel::nextMeasure()
{
    m_choice->setCurrentIndex((m_choice->currentIndex() + 1) % m_choice->count());
}

void AnswerPanel::showValues()
{
    m_stripPlace->setVisible(measure() == WordMeasure::WorldBits);
    switch (measure()) {
    case WordMeasure::WorldBits: showWorldBits(); break;
    case WordMeasure::Layer: showLayer(); break;
    case WordMeasure::Probability:
    case WordMeasure::Surprisal:
    case WordMeasure::None: showLegend({}); break;
    }
}

void AnswerPanel::showWorldBits()
{
    const AnalysisResult* result = m_worldBits->result();
    // Positions of two answers do not stand for the same words.
    if (m_view->difference() != nullptr || m_worldBits->isDifference()) {
        m_view->setWordValues({}, {});
        showLegend(tr("Bits gained are of one answer: show A or B."));
        return;
    }
    const auto found =
        result != nullptr ? result->arrays.find("change_bits") : std::map<std::string, AnalysisArray>::const_iterator();
    if (result == nullptr || found == result->arrays.end() || m_worldBits->record() != run().record()) {
        m_view->setWordValues({}, {});
        showLegend(run().state() == RunState::Running ? tr("Bits gained can be computed when the answer has ended.")
                                                      : tr("No bits gained are known yet."));
        return;
    }
    const TensorSnapshot& changes = found->second.values;
    std::vector<float> values(run().generated().size(), kNone);
    float largest = 0.1F;
    for (std::size_t i = 0; i < values.size(); ++i) {
        const std::int64_t position = run().prefillLength() + static_cast<std::int64_t>(i);
        if (position < changes.elementCount())
            values[i] = changes.floatAt(position);
        if (!std::isnan(values[i]))
            largest = std::max(largest, std::abs(values[i]));
    }
    m_view->setWordValues({tr("gained from the world"), tr("bits"), -largest, largest, ColorScale::Signed, false},
                          std::move(values));
    showLegend({});
}

void AnswerPanel::showLayer()
{
    const std::int64_t first = run().prefillLength();
    const auto hasWords = [&](const OverlayStack::Entry& entry) {
        const std::vector<float>& values = entry.layer.values;
        return overlays().isShown(entry) && static_cast<std::int64_t>(values.size()) > first &&
               std::any_of(values.begin() + first, values.end(), [](float value) { return !std::isnan(value); });
    };
    const auto& entries = overlays().entries();
    const auto top = std::find_if(entries.rbegin(), entries.rend(), hasWords);
    if (top == entries.rend()) {
        m_view->setWordValues({}, {});
        showLegend(overlays().isOn() ? tr("No layer has values for words: point at a patch of the picture.")
                                     : tr("Overlay layers are off (V)."));
        return;
    }
    const OverlayLayer& layer = top->layer;
    std::vector<float> values(layer.values.begin() + first, layer.values.end());
    values.resize(run().generated().size(), kNone);
    for (std::size_t i = 0; i < values.size(); ++i) {
        if (overlayMark(layer, first + static_cast<std::int64_t>(i)) >= CellMark::Future)
            values[i] = kNone;
    }
    m_view->setWordValues({layer.title, layer.unit, layer.lowest, layer.highest, layer.scale, false},
                          std::move(values));
    showLegend({});
}

void AnswerPanel::showLegend(const QString& lack)
{
    m_legend->setLegend(m_view->colors().scale(), m_view->difference() != nullptr, lack);
}

void AnswerPanel::showAlternatives()
{
    const std::optional<std::int64_t> described = selection().described();
    if (described && *described >= run().prefillLength())
        showAlternativesAt(*described);
}

void AnswerPanel::showAlternativesAt(std::int64_t position)
{
    // A word without letters of its own (half a character) has no place: the panel's corner will do.
    const QRect place = m_view->rectFromPosition(position).value_or(QRect(20, 20, 1, 1));
    m_alternatives->showFor(position, {m_view->viewport()->mapToGlobal(place.topLeft()), place.size()});
}

void AnswerPanel::askAgain()
{
    if (run().question() == nullptr || run().state() == RunState::Running)
        return;
    Question question = *run().question();
    if (question.sampling.temperature > 0)
        ++question.sampling.seed;
    Q_EMIT branchRequested(question);
}

void AnswerPanel::editQuestion()
{
    if (const QString text = m_view->lastQuestion(); !text.isEmpty())
        Q_EMIT editRequested(text);
}

void AnswerPanel::branch(std::int64_t position, std::int64_t id)
{
    if (run().question() == nullptr)
        return;
    Question question = *run().question();
    question.answerPrefix.clear();
    for (std::int64_t i = 0; i < position - run().prefillLength(); ++i)
        question.answerPrefix.push_back(run().generated()[static_cast<std::size_t>(i)].id);
    question.answerPrefix.push_back(id);
    const int given = static_cast<int>(question.answerPrefix.size());
    question.sampling.maxNewTokens = std::max(question.sampling.maxNewTokens, given + kLeastBranchTokens);
    Q_EMIT branchRequested(question);
}

QJsonObject AnswerPanel::saveView() const
{
    return {{QStringLiteral("words"), wordMeasureId(measure())}};
}

void AnswerPanel::restoreView(const QJsonObject& view)
{
    if (const auto measure = wordMeasureFromId(view[QStringLiteral("words")].toString()))
        setMeasure(*measure);
}

QString AnswerPanel::caption() const
{
    const QString legend = m_legend->text();
    const QString question = m_view->lastQuestion();
    const QString what = question.isEmpty() ? tr("Conversation") : tr("Answer to “%1”").arg(question);
    return legend.isEmpty() ? what : tr("%1; words coloured by %2").arg(what, legend);
}

std::optional<AnalysisResult> AnswerPanel::viewData() const
{
    if (run().generated().empty())
        return std::nullopt;
    AnalysisResult out;
    out.request.name = "words";
    out.request.arguments["measure"] = wordMeasureId(measure()).toStdString();
    AnalysisTable table;
    table.name = "words";
    table.columns = {"position", "id", "piece", "probability", "surprisal_bits"};
    const bool hasValues = measure() == WordMeasure::WorldBits || measure() == WordMeasure::Layer;
    if (hasValues)
        table.columns.emplace_back("value");
    for (std::size_t i = 0; i < run().generated().size(); ++i) {
        const TokenPiece& token = run().generated()[i];
        table.rows.push_back({static_cast<double>(token.position), static_cast<double>(token.id), token.piece,
                              static_cast<double>(token.probability),
                              static_cast<double>(surprisalBits(token.probability))});
        if (hasValues)
            table.rows.back().emplace_back(static_cast<double>(m_view->colors().value(i)));
    }
    out.tables.push_back(std::move(table));
    return out;
}

}  // namespace armillary::widgets
