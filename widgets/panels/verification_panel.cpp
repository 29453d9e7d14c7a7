#include "widgets/panels/verification_panel.h"

#include "widgets/analysis/analysis_strip.h"
#include "widgets/analysis/offer_page.h"
#include "widgets/analysis/result_table_view.h"
#include "widgets/checks/check_evidence.h"
#include "widgets/checks/check_report.h"
#include "widgets/checks/grid_maps.h"
#include "widgets/checks/registration_view.h"
#include "widgets/checks/series_chart.h"
#include "widgets/flow_row.h"
#include "widgets/hint_page.h"
#include "widgets/models/check_table_model.h"
#include "widgets/models/message_list_model.h"
#include "widgets/models/result_table_model.h"
#include "widgets/theme.h"

#include <QAction>
#include <QActionGroup>
#include <QEvent>
#include <QFileDialog>
#include <QHeaderView>
#include <QLabel>
#include <QMenu>
#include <QSortFilterProxyModel>
#include <QSplitter>
#include <QStackedWidget>
#include <QTabWidget>
#include <QTableView>
#include <QTextBrowser>
#include <QTimer>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>
#include <utility>

namespace armillary::widgets {
namespace {

// In letters.
constexpr int kLeastReason = 24;
constexpr int kLeastTitle = 18;  // wider than any one word of a title

enum Page { HintPageIndex, ChecksPageIndex };

}  // namespace

VerificationPanel::VerificationPanel(const PanelContext& context, QWidget* parent)
    : Panel(QStringLiteral("verification"), tr("Verification"), context, parent)
{
    m_view = new AnalysisView(context, this);
    m_strip = new AnalysisStrip(context, *m_view);
    m_model = new CheckTableModel(this);
    makeTable();
    makeActions();
    m_registration = new RegistrationView(context);
    m_tabs = new QTabWidget;
    m_tabs->setDocumentMode(true);
    m_tabs->addTab(makeChecksPage(), tr("Checks"));
    m_tabs->addTab(m_registration, tr("Spots"));
    m_tabs->setTabToolTip(0, tr("The checks V1-V7 of SigLIP and W1-W16 of the world"));
    m_tabs->setTabToolTip(1, tr("Which token a white spot moves, spot by spot"));
    m_pages = new QStackedWidget;
    m_pages->addWidget(
        new HintPage(tr("Did it really run?"),
                     tr("Ask a question or open a recorded run, then verify it: 23 checks say whether SigLIP and the "
                        "world model took part, each with a number, a threshold and a reason."),
                     {}));
    m_pages->addWidget(m_tabs);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->addWidget(m_pages);

    connect(m_view, &AnalysisView::changed, this, &VerificationPanel::showResult);
    connect(m_model, &CheckTableModel::thresholdsChanged, this, [this] {
        want();
        showResult();
    });
    const auto cellTokens = [this](int map, int row, int column) {
        const CheckRow* check = current();
        Positions out;
        if (map >= 0 && check != nullptr && run().layout() != nullptr) {
            if (const auto position = checkCellPosition(m_maps->maps()[static_cast<std::size_t>(map)], map,
                                                        {column, row}, *check, *run().layout()))
                out.push_back(*position);
        }
        return out;
    };
    connect(m_maps, &GridMaps::cellHovered, this, [this, cellTokens](int map, int row, int column) {
        const Positions own = std::exchange(m_hovered, cellTokens(map, row, column));
        if (m_hovered.empty())
            selection().endHover(own);
        else
            selection().hover(m_hovered);
    });
    connect(m_maps, &GridMaps::cellClicked, this,
            [this, cellTokens](int map, int row, int column) { selection().choose(cellTokens(map, row, column)); });
    connect(m_second, &QActionGroup::triggered, this, &VerificationPanel::want);
    want();
    showRun();
}

void VerificationPanel::makeTable()
{
    m_sorted = new QSortFilterProxyModel(this);
    m_sorted->setSourceModel(m_model);
    m_sorted->setSortRole(CheckTableModel::SortRole);
    m_table = new QTableView;
    dressTable(m_table);
    m_table->setModel(m_sorted);
    m_table->setAccessibleName(tr("Checks"));
    m_table->setSelectionMode(QAbstractItemView::SingleSelection);
    m_table->setEditTriggers(QAbstractItemView::DoubleClicked | QAbstractItemView::EditKeyPressed);
    m_table->setSortingEnabled(true);
    m_table->horizontalHeader()->setSortIndicator(CheckTableModel::CheckColumn, Qt::AscendingOrder);
    m_table->setIconSize(QSize(14, 14));
    m_table->installEventFilter(this);
    m_table->viewport()->installEventFilter(this);
    // A step of the text's size sends several events, and rows are measured once.
    m_arrangement.setSingleShot(true);
    m_arrangement.setInterval(0);
    connect(&m_arrangement, &QTimer::timeout, this, &VerificationPanel::arrangeColumns);
    connect(m_sorted, &QAbstractItemModel::modelReset, this, &VerificationPanel::arrangeColumns);
    connect(m_sorted, &QAbstractItemModel::layoutChanged, this, &VerificationPanel::arrangeColumns);
    connect(m_model, &CheckTableModel::thresholdsChanged, this, &VerificationPanel::arrangeColumns);
    connect(m_table->selectionModel(), &QItemSelectionModel::currentRowChanged, this, &VerificationPanel::showCurrent);
    // Return or a double click. No shortcut: that would also take the key from the editor of a threshold.
    connect(m_table, &QTableView::activated, this, &VerificationPanel::jump);
}

void VerificationPanel::makeActions()
{
    const auto add = [this](const QString& name, const QString& tip, const QKeySequence& key, auto slot) {
        auto* action = new QAction(name, this);
        action->setToolTip(key.isEmpty() ? tip
                                         : QStringLiteral("%1 (%2)").arg(tip, key.toString(QKeySequence::NativeText)));
        action->setShortcut(key);
        action->setShortcutContext(Qt::WidgetWithChildrenShortcut);
        connect(action, &QAction::triggered, this, slot);
        addAction(action);
        return action;
    };
    m_showMe =
        add(tr("Show me"),
            tr("Choose the tokens that this check is about and show the panel where they are seen (Return in the "
               "list)"),
            {}, &VerificationPanel::jump);
    m_reset = add(tr("Default thresholds"), tr("Forget edited thresholds"), {}, &VerificationPanel::resetThresholds);
    m_export =
        add(tr("Export report …"), tr("Write the report as text, HTML or JSON"), {}, &VerificationPanel::askForReport);
    addAction(m_strip->startAction());
    addAction(m_strip->stopAction());
}

QMenu* VerificationPanel::makeMenu()
{
    auto* menu = new QMenu(this);
    m_second = new QActionGroup(this);
    const auto add = [&](const QString& name, const char* value, const QString& tip) {
        QAction* action = menu->addAction(name);
        action->setCheckable(true);
        action->setData(QString::fromLatin1(value));
        action->setToolTip(tip);
        m_second->addAction(action);
        addAction(action);
        return action;
    };
    add(tr("Compare with the mirror image"), "mirrored", tr("V3 and W3 look at the picture mirrored"))
        ->setChecked(true);
    add(tr("Compare with the next frame"), "next-frame", tr("V3 and W3 look at the next frame of the clip"));
    menu->addSeparator();
    menu->addAction(m_reset);
    menu->setToolTipsVisible(true);
    return menu;
}

QString VerificationPanel::second() const
{
    return m_second->checkedAction()->data().toString();
}

void VerificationPanel::setSecond(const QString& second)
{
    for (QAction* action : m_second->actions()) {
        if (action->data().toString() == second)
            action->setChecked(true);
    }
    want();
}

QWidget* VerificationPanel::makeChecksPage()
{
    m_summary = new QLabel;
    m_summary->setObjectName(QStringLiteral("verificationSummary"));
    m_summary->setMinimumHeight(fontMetrics().height() + 10);  // in line with the buttons
    m_detail = new QTextBrowser;
    m_detail->setAccessibleName(tr("The chosen check"));
    m_detail->setFrameShape(QFrame::NoFrame);
    m_chart = new SeriesChart;
    m_chart->setAccessibleName(tr("Numbers of the chosen check"));
    m_maps = new GridMaps;
    m_maps->setAccessibleName(tr("Maps of the chosen check"));
    m_evidence = new QStackedWidget;
    m_evidence->addWidget(m_chart);
    m_evidence->addWidget(m_maps);

    auto* head = new QWidget;
    auto* headRow = new FlowRow(head);
    headRow->addWidget(m_summary);
    for (QAction* action : {m_showMe, m_export}) {
        auto* button = new QToolButton;
        button->setDefaultAction(action);
        headRow->addWidget(button);
    }
    auto* more = new QToolButton;
    more->setText(tr("More"));
    more->setToolTip(tr("Second picture and default thresholds"));
    more->setPopupMode(QToolButton::InstantPopup);
    more->setMenu(makeMenu());
    headRow->addWidget(more);
    auto* below = new QSplitter(Qt::Horizontal);
    below->setChildrenCollapsible(false);
    below->addWidget(m_detail);
    below->addWidget(m_evidence);
    below->setSizes({420, 380});
    auto* split = new QSplitter(Qt::Vertical);
    split->setChildrenCollapsible(false);
    split->addWidget(m_table);
    split->addWidget(below);
    split->setStretchFactor(0, 3);
    split->setStretchFactor(1, 1);
    split->setSizes({400, 200});
    m_unverified = new OfferPage({}, {}, m_strip->startAction());
    auto* verdicts = new QWidget;
    auto* verdictColumn = new QVBoxLayout(verdicts);
    verdictColumn->setContentsMargins(0, 0, 0, 0);
    verdictColumn->setSpacing(3);
    verdictColumn->addWidget(head);
    verdictColumn->addWidget(split, 1);
    m_verdicts = new QStackedWidget;
    m_verdicts->addWidget(m_unverified);
    m_verdicts->addWidget(verdicts);
    auto* page = new QWidget;
    auto* column = new QVBoxLayout(page);
    column->setContentsMargins(0, 2, 0, 0);
    column->setSpacing(3);
    column->addWidget(m_strip);
    column->addWidget(m_verdicts, 1);
    return page;
}

void VerificationPanel::want()
{
    AnalysisRequest request{"verify", {}};
    // What is left at its default is not named, so that a result that a session kept fits.
    if (const QString thresholds = m_model->thresholdsText(); !thresholds.isEmpty())
        request.arguments["thresholds"] = thresholds.toStdString();
    if (second() != QLatin1String("mirrored"))
        request.arguments["second"] = second().toStdString();
    m_strip
        ->setRequest(request, m_model->rowCount() > 0 ? tr("Verify again") : tr("Verify this run"),
                     tr("Look at the run's pictures again with the loaded models: about 4 SigLIP passes a picture, 5 "
                        "encodings of the VAE and 7 passes of the language model"));
}

void VerificationPanel::showRun()
{
    m_pages->setCurrentIndex(run().record() ? ChecksPageIndex : HintPageIndex);
}

void VerificationPanel::showState()
{
    showRun();
}

void VerificationPanel::showResult()
{
    // With an edited threshold the last verdicts of this run stay, until it is verified again.
    if (m_view->result() != nullptr || m_shownRecord != run().record()) {
        // The difference of two verdicts would be no verdict.
        m_shown = m_view->isDifference() ? nullptr : m_view->sharedResult();
        m_shownRecord = m_view->record();
    }
    const CheckRow* before = current();
    const QString chosen = before == nullptr ? QString() : before->id;
    m_model->setResult(m_shown);
    m_summary->setText(m_view->isDifference() ? tr("Verdicts have no difference: show A or B")
                       : m_model->hasPendingThresholds()
                           ? tr("%1. Edited thresholds (*) count when it is verified again.").arg(m_model->summary())
                           : m_model->summary());
    m_strip->startAction()->setText(m_model->rowCount() > 0 ? tr("Verify again") : tr("Verify this run"));
    if (m_view->isDifference())
        m_unverified->setText(tr("Verdicts have no difference"), tr("Show A or B to see the checks of that run."));
    else
        m_unverified->setText(tr("Not verified yet"),
                              tr("23 checks say whether SigLIP and the world model took part in this answer, each with "
                                 "a number, a threshold and a reason. They look at the pictures again and need the "
                                 "loaded models."));
    m_verdicts->setCurrentIndex(m_model->rowCount() > 0 ? 1 : 0);
    m_export->setEnabled(m_model->rowCount() > 0);
    m_reset->setEnabled(!m_model->thresholdsText().isEmpty());
    int row = -1;
    for (int i = 0; i < m_model->rowCount(); ++i) {
        const CheckRow& check = m_model->rows()[static_cast<std::size_t>(i)];
        // The most urgent one first, unless somebody had chosen.
        const bool isWorse = row < 0 || check.verdict > m_model->rows()[static_cast<std::size_t>(row)].verdict;
        if (chosen.isEmpty() ? isWorse : check.id == chosen)
            row = i;
    }
    // Not again where it is already: that would close the editor of a threshold.
    if (row >= 0 && current() != &m_model->rows()[static_cast<std::size_t>(row)])
        m_table->setCurrentIndex(m_sorted->mapFromSource(m_model->index(row, CheckTableModel::CheckColumn)));
    showCurrent();
}

const CheckRow* VerificationPanel::current() const
{
    const QModelIndex index = m_sorted->mapToSource(m_table->currentIndex());
    return index.isValid() ? &m_model->rows()[static_cast<std::size_t>(index.row())] : nullptr;
}

QString VerificationPanel::againstWords(const CheckRow& check) const
{
    const QString judged = tr("%1 against %2").arg(numberText(check.value), numberText(check.threshold));
    return m_model->isPending(check) ? tr("%1, not yet %2").arg(judged, numberText(m_model->thresholdOf(check)))
                                     : judged;
}

void VerificationPanel::showCurrent()
{
    const CheckRow* check = current();
    m_showMe->setEnabled(check != nullptr && run().layout() != nullptr);
    if (check == nullptr) {
        m_detail->clear();
        showEvidence(nullptr);
        return;
    }
    const QColor color = verdictColor(check->verdict, themeColors(palette()).dark);
    m_detail->setHtml(
        QStringLiteral("<p><b>%1 %2</b><br><span style=\"color:%3\"><b>%4</b></span> · %5</p><p>%6</p><p>%7</p>")
            .arg(check->id.toHtmlEscaped(), check->title.toHtmlEscaped(), color.name(),
                 verdictWord(check->verdict).toHtmlEscaped(), againstWords(*check).toHtmlEscaped(),
                 check->reason.toHtmlEscaped(), tr("The number: %1").arg(check->measure).toHtmlEscaped()));
    showEvidence(check);
}

void VerificationPanel::showEvidence(const CheckRow* check)
{
    if (check == nullptr || !m_shown || check->array.isEmpty()) {
        m_evidence->hide();
        return;
    }
    if (auto chart = checkChart(*m_shown, *check, themeColors(palette()).dark)) {
        m_chart->setChart(std::move(*chart));
        m_evidence->setCurrentWidget(m_chart);
        m_evidence->show();
        return;
    }
    auto maps = checkMaps(*m_shown, *check);
    m_evidence->setVisible(!maps.empty());
    m_evidence->setCurrentWidget(m_maps);
    m_maps->setMaps(std::move(maps), checkUnit(*check));
}

void VerificationPanel::jump()
{
    const CheckRow* check = current();
    const TokenLayout* layout = run().layout();
    if (check == nullptr || layout == nullptr)
        return;
    Positions positions(check->positions.begin(), check->positions.end());
    if (positions.empty())
        positions = checkTokens(*check, *layout);
    std::erase_if(positions, [this](std::int64_t position) { return position < 0 || position >= run().size(); });
    std::sort(positions.begin(), positions.end());
    positions.erase(std::unique(positions.begin(), positions.end()), positions.end());
    selection().choose(std::move(positions));
    if (auto layer = checkLayer(*m_shown, *check, *layout))
        overlays().setLayer(QStringLiteral("check"), std::move(*layer));
    Q_EMIT showMe(checkPanel(check->id));
}

void VerificationPanel::showSelection()
{
    m_model->setDescribed(selection().described());
}

void VerificationPanel::resetThresholds()
{
    m_model->setThresholdsText({});
}

QString VerificationPanel::summaryText() const
{
    return m_summary->text();
}

QString VerificationPanel::runWords() const
{
    const Question* question = run().question();
    const QString asked = question == nullptr || question->turns.empty()
                              ? QString()
                              : QString::fromStdString(question->turns.back().text);
    const QString answer = m_shownRecord ? QString::fromStdString(m_shownRecord->answer) : QString();
    return tr("Verification of the run “%1”, answered “%2”").arg(asked, answer.simplified().left(120));
}

QString VerificationPanel::exportReport(const QString& path) const
{
    return m_shown ? writeCheckReport(path, *m_shown, runWords()) : tr("There is no report yet: verify the run first.");
}

void VerificationPanel::askForReport()
{
    const QString path =
        QFileDialog::getSaveFileName(this, tr("Export the report"), QStringLiteral("verification.html"),
                                     tr("Web page (*.html);;Text (*.txt);;JSON (*.json)"));
    if (path.isEmpty())
        return;
    const QString problem = exportReport(path);
    messages().add(problem.isEmpty() ? MessageKind::Note : MessageKind::Error,
                   problem.isEmpty() ? tr("Report written: %1").arg(path) : problem);
}

QJsonObject VerificationPanel::saveView() const
{
    const CheckRow* check = current();
    return {{QStringLiteral("tab"), m_tabs->currentIndex()},
            {QStringLiteral("thresholds"), m_model->thresholdsText()},
            {QStringLiteral("second"), second()},
            {QStringLiteral("check"), check == nullptr ? QString() : check->id},
            {QStringLiteral("registration"), m_registration->saveView()}};
}

void VerificationPanel::restoreView(const QJsonObject& view)
{
    m_tabs->setCurrentIndex(view[QLatin1String("tab")].toInt(m_tabs->currentIndex()));
    setSecond(view[QLatin1String("second")].toString());
    if (view.contains(QLatin1String("thresholds")))
        m_model->setThresholdsText(view[QLatin1String("thresholds")].toString());
    const QString id = view[QLatin1String("check")].toString();
    for (int i = 0; i < m_model->rowCount(); ++i) {
        if (m_model->rows()[static_cast<std::size_t>(i)].id == id)
            m_table->setCurrentIndex(m_sorted->mapFromSource(m_model->index(i, CheckTableModel::CheckColumn)));
    }
    m_registration->restoreView(view[QLatin1String("registration")].toObject());
}

QString VerificationPanel::caption() const
{
    return m_model->rowCount() == 0 ? Panel::caption() : QStringLiteral("%1. %2.").arg(runWords(), m_model->summary());
}

std::optional<AnalysisResult> VerificationPanel::viewData() const
{
    const auto result = m_tabs->currentIndex() == 0 ? m_shown : m_registration->view()->sharedResult();
    return result ? std::optional(*result) : std::nullopt;
}

void VerificationPanel::changeEvent(QEvent* event)
{
    Panel::changeEvent(event);
    if (event->type() == QEvent::PaletteChange && m_detail != nullptr)
        showCurrent();
}

void VerificationPanel::arrangeColumns()
{
    const QAbstractItemView* view = m_table;  // there the size hint of a column is public
    QHeaderView* header = m_table->horizontalHeader();
    const int arrow = style()->pixelMetric(QStyle::PM_HeaderMarkSize, nullptr, header);
    // A header that stretches would keep the length of what is hidden.
    header->setStretchLastSection(false);
    // A hidden section has no hint.
    for (const int column : {CheckTableModel::ValueColumn, CheckTableModel::ThresholdColumn})
        m_table->setColumnHidden(column, false);
    const auto needed = [&](int column) {
        // Its hint has room for the arrow everywhere, though only one column shows it.
        const int head = header->sectionSizeHint(column) - (header->sortIndicatorSection() == column ? 0 : arrow);
        return std::max(view->sizeHintForColumn(column), head) + 4;
    };
    const int verdict = needed(CheckTableModel::VerdictColumn);
    const int title = needed(CheckTableModel::CheckColumn);
    const int value = needed(CheckTableModel::ValueColumn);
    const int threshold = needed(CheckTableModel::ThresholdColumn);
    const int letter = m_table->fontMetrics().averageCharWidth();
    const int beside = m_table->viewport()->width() - verdict;
    const bool hasValue = beside - value >= kLeastTitle * letter;
    const int room = beside - (hasValue ? value : 0);
    const bool hasThreshold = room >= title + threshold;
    const int leftForReason = room - title - threshold;
    const bool hasReason = leftForReason >= kLeastReason * letter;
    const int titleRoom = std::max(hasReason ? title : room - (hasThreshold ? threshold : 0), 1);

    m_table->setColumnHidden(CheckTableModel::ValueColumn, !hasValue);
    m_table->setColumnHidden(CheckTableModel::ThresholdColumn, !hasThreshold);
    m_table->setColumnHidden(CheckTableModel::ReasonColumn, !hasReason);
    m_table->setColumnWidth(CheckTableModel::VerdictColumn, verdict);
    m_table->setColumnWidth(CheckTableModel::CheckColumn, titleRoom);
    m_table->setColumnWidth(CheckTableModel::ValueColumn, value);
    m_table->setColumnWidth(CheckTableModel::ThresholdColumn, threshold);
    header->setStretchLastSection(hasReason);

    const bool wraps = titleRoom < title;
    m_table->setWordWrap(wraps);
    const int line = m_table->verticalHeader()->defaultSectionSize();
    for (int row = 0; row < m_sorted->rowCount(); ++row)
        m_table->setRowHeight(row, wraps ? std::max(line, view->sizeHintForRow(row)) : line);
}

bool VerificationPanel::eventFilter(QObject* watched, QEvent* event)
{
    if (watched == m_table->viewport() && event->type() == QEvent::Resize) {
        arrangeColumns();
        // The check whose details are shown stays in sight when the list gets its room.
        QTimer::singleShot(0, m_table, [this] { m_table->scrollTo(m_table->currentIndex()); });
    } else if (watched == m_table && (event->type() == QEvent::FontChange || event->type() == QEvent::StyleChange)) {
        // Sizes are the new ones when the table has heard of it too.
        m_arrangement.start();
    }
    return Panel::eventFilter(watched, event);
}

}  // namespace armillary::widgets
