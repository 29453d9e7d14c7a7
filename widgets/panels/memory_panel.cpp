#include "widgets/panels/memory_panel.h"

#include "widgets/analysis/result_table_view.h"
#include "widgets/cost/memory_curve.h"
#include "widgets/cost/memory_figures.h"
#include "widgets/cost/share_bar_delegate.h"
#include "widgets/hint_page.h"
#include "widgets/inspector/measured_label.h"
#include "widgets/models/memory_plan_model.h"
#include "widgets/models/model_tree_model.h"

#include <QAction>
#include <QBoxLayout>
#include <QEvent>
#include <QHeaderView>
#include <QLabel>
#include <QLocale>
#include <QStackedLayout>
#include <QTableView>
#include <QTreeView>

#include <algorithm>
#include <chrono>

namespace armillary::widgets {
namespace {

constexpr auto kSampleEvery = std::chrono::milliseconds(500);

QString bytesText(std::int64_t bytes)
{
    return QLocale().formattedDataSize(bytes);
}

bool isOnCpu(const RunRecord& record)
{
    const auto device = record.settings.find("device");
    return device == record.settings.end() || device->second == "cpu";
}

QLabel* makeLabel(const char* role)
{
    auto* out = new QLabel;
    out->setProperty("role", role);
    out->setWordWrap(true);
    out->setContentsMargins(12, 2, 12, 2);
    out->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    return out;
}

}  // namespace

MemoryPanel::MemoryPanel(const PanelContext& context, QWidget* parent)
    : Panel(QStringLiteral("memory"), tr("Memory"), context, parent)
{
    m_clock.start();
    m_curve = new MemoryCurve;
    m_summary = makeLabel("");
    m_summary->setAccessibleName(tr("Memory of the run"));
    m_chosen = new MeasuredLabel;
    m_chosen->label()->setProperty("role", "muted");
    m_chosen->label()->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    m_chosen->setContentsMargins(12, 2, 12, 2);
    m_planTitle = makeLabel("muted");

    m_model = new ModelTreeModel(this);
    m_tree = new QTreeView;
    m_tree->setModel(m_model);
    m_tree->setAccessibleName(tr("Memory by what it is for"));
    m_tree->setUniformRowHeights(true);
    m_tree->setAlternatingRowColors(true);
    m_tree->setItemDelegateForColumn(ModelTreeModel::ShareColumn,
                                     new ShareBarDelegate(ModelTreeModel::ShareRole, m_tree));
    m_tree->hideColumn(ModelTreeModel::ParametersColumn);
    m_tree->header()->setStretchLastSection(false);
    m_tree->header()->setSectionResizeMode(ModelTreeModel::ShapeColumn, QHeaderView::Stretch);
    m_tree->header()->moveSection(m_tree->header()->visualIndex(ModelTreeModel::BytesColumn), 1);
    m_tree->header()->moveSection(m_tree->header()->visualIndex(ModelTreeModel::ShareColumn), 2);

    m_plan = new MemoryPlanModel(this);
    m_planTable = new QTableView;
    m_planTable->setModel(m_plan);
    m_planTable->setAccessibleName(tr("Memory plan of the rollout"));
    m_planTable->setTabKeyNavigation(false);
    m_planTable->verticalHeader()->hide();
    fitRows(m_planTable, 6);
    m_planTable->horizontalHeader()->setStretchLastSection(false);
    m_planTable->horizontalHeader()->setHighlightSections(false);
    m_planTable->setSelectionBehavior(QAbstractItemView::SelectRows);
    m_planTable->setShowGrid(false);

    auto* shown = new QWidget;
    auto* column = new QVBoxLayout(shown);
    column->setContentsMargins(0, 4, 0, 0);
    column->setSpacing(0);
    column->addWidget(m_summary);
    m_parts = new QBoxLayout(QBoxLayout::TopToBottom);
    m_parts->setSpacing(0);
    auto* rows = new QVBoxLayout;
    rows->setSpacing(0);
    rows->addWidget(m_chosen);
    rows->addWidget(m_tree, 3);
    rows->addWidget(m_planTitle);
    rows->addWidget(m_planTable, 2);
    m_parts->addWidget(m_curve, 2);
    m_parts->addLayout(rows, 3);
    column->addLayout(m_parts, 1);
    m_pages = new QStackedLayout(this);
    m_pages->setContentsMargins(0, 0, 0, 0);
    m_pages->addWidget(new HintPage(tr("Nothing takes memory yet"),
                                    tr("Load models or open a saved run to see weights, keys and values, recorded "
                                       "tensors, and the curve of the process while something runs."),
                                    {}));
    m_pages->addWidget(shown);

    m_tick.setInterval(kSampleEvery);
    connect(&m_tick, &QTimer::timeout, this, &MemoryPanel::sample);
    connect(m_tree, &QTreeView::clicked, this, &MemoryPanel::choose);
    connect(m_tree, &QTreeView::activated, this, &MemoryPanel::choose);
    makeActions();
    fitText();
    refresh();
}

void MemoryPanel::makeActions()
{
    auto* measure = new QAction(tr("Measure memory now"), this);
    measure->setShortcut(QKeySequence::Refresh);
    measure->setShortcutContext(Qt::WidgetWithChildrenShortcut);
    measure->setToolTip(tr("Adds a point to the curve of the process"));
    connect(measure, &QAction::triggered, this, &MemoryPanel::sample);
    addAction(measure);
}

void MemoryPanel::setReport(std::shared_ptr<const ModelReport> report)
{
    m_report = std::move(report);
    refresh();
}

void MemoryPanel::setPlan(const MemoryPlan& plan)
{
    m_plan->setPlan(plan);
    const bool isThere = !plan.rows.empty();
    m_planTitle->setVisible(isThere);
    showPlanTable();
    const std::int64_t onDevice = forecastBytes(plan, true);
    m_planTitle->setText(
        onDevice > 0
            ? tr("Plan: at most %1 of weights on the device at a time, %2 were free")
                  .arg(bytesText(onDevice), bytesText(plan.freeBytes))
            : tr("Plan: at most %1 of weights in main memory at a time").arg(bytesText(forecastBytes(plan, false))));
    // The curve is of the process: what the plan puts into main memory comes on top of what was there before.
    const std::int64_t inMain = forecastBytes(plan, false);
    m_curve->setForecast(isThere && inMain > 0 && m_bytesBefore >= 0 ? std::optional(m_bytesBefore + inMain)
                                                                     : std::nullopt);
    m_planTable->resizeColumnsToContents();
    m_pages->setCurrentIndex(isThere || m_pages->currentIndex() == 1 ? 1 : 0);
}

void MemoryPanel::showPlanTable()
{
    // In a low panel the rows would leave no room for the rest; their sum stands in the line above them.
    constexpr int kLowPanel = 400;
    m_planTable->setVisible(m_plan->rowCount() > 0 && height() >= kLowPanel);
}

void MemoryPanel::arrangeParts()
{
    // In a flat panel the curve stands beside the rows; in a small one there is room for the rows only.
    const bool isFlat = height() < 12 * fontMetrics().height() + 40;
    const bool isWide = width() >= 420;
    m_parts->setDirection(isFlat && isWide ? QBoxLayout::LeftToRight : QBoxLayout::TopToBottom);
    m_curve->setVisible(isWide || !isFlat);
}

void MemoryPanel::fitText()
{
    const auto widthOf = [this](int least, const QString& text) {
        return std::max(least, fontMetrics().horizontalAdvance(text) + 16);
    };
    m_tree->setColumnWidth(ModelTreeModel::NameColumn, widthOf(210, tr("world latents and tokens")));
    m_tree->setColumnWidth(ModelTreeModel::ShareColumn, widthOf(84, QStringLiteral("100.0 %")));
    m_tree->setColumnWidth(ModelTreeModel::TypeColumn, widthOf(70, QStringLiteral("bfloat16")));
    m_tree->setColumnWidth(ModelTreeModel::BytesColumn, widthOf(84, QStringLiteral("1000.00 MiB")));
    m_planTable->resizeColumnsToContents();
}

void MemoryPanel::changeEvent(QEvent* event)
{
    Panel::changeEvent(event);
    // The tables take the letters over after the panel.
    if (event->type() == QEvent::FontChange)
        QTimer::singleShot(0, this, &MemoryPanel::fitText);
}

void MemoryPanel::resizeEvent(QResizeEvent* event)
{
    Panel::resizeEvent(event);
    showPlanTable();
    arrangeParts();
}

void MemoryPanel::startSampling()
{
    if (m_tick.isActive())
        return;
    m_bytesBefore = residentBytes().value_or(-1);
    sample();
    m_tick.start();
}

void MemoryPanel::stopSampling()
{
    if (!m_tick.isActive())
        return;
    m_tick.stop();
    sample();
}

void MemoryPanel::sample()
{
    if (const auto bytes = residentBytes())
        m_curve->add({static_cast<double>(m_clock.elapsed()) * 1e-3, *bytes});
    m_pages->setCurrentIndex(1);
}

void MemoryPanel::showState()
{
    if (run().state() == RunState::Running)
        startSampling();
    else
        stopSampling();
    refresh();
}

QString MemoryPanel::summaryText() const
{
    QStringList out;
    const auto record = run().record();
    if (record && record->cost.peakMemoryBytes > 0)
        out << (isOnCpu(*record) ? tr("peak of the process %1").arg(bytesText(record->cost.peakMemoryBytes))
                                 : tr("peak of the device %1").arg(bytesText(record->cost.peakMemoryBytes)));
    if (record && record->cost.capturedBytes > 0)
        out << tr("recorded %1").arg(bytesText(record->cost.capturedBytes));
    if (record && cacheBytes(*record) > 0)
        out << tr("keys and values %1, %2 a position")
                   .arg(bytesText(cacheBytes(*record)), bytesText(cacheBytesPerPosition(*record)));
    if (m_report) {
        std::int64_t weights = 0;
        for (const ModelPart& part : m_report->parts)
            weights += part.weightBytes;
        out << tr("weights %1").arg(bytesText(weights));
    }
    return out.join(QStringLiteral(" · "));
}

void MemoryPanel::refresh()
{
    const auto record = run().record();
    std::vector<ModelNode> nodes = memoryNodes(m_report.get());
    const auto append = [&nodes](std::vector<ModelNode> more) {
        nodes.insert(nodes.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
    };
    if (pair().isPair()) {
        append(memoryNodes(*pair().a().record, tr("A: ")));
        append(memoryNodes(*pair().b().record, tr("B: ")));
    } else if (record) {
        append(memoryNodes(*record, {}));
    }
    const bool isEmpty = nodes.empty() && m_curve->samples().empty();
    m_model->setNodes(std::move(nodes));
    m_tree->expandAll();
    m_summary->setText(summaryText());
    m_summary->setVisible(!m_summary->text().isEmpty());
    m_curve->setPeak(record && isOnCpu(*record) && record->cost.peakMemoryBytes > 0
                         ? std::optional(record->cost.peakMemoryBytes)
                         : std::nullopt);
    m_pages->setCurrentIndex(isEmpty ? 0 : 1);
    if (record || run().state() != RunState::Running)
        setPlan(record ? record->memoryPlan : MemoryPlan());
    showSelection();
}

void MemoryPanel::showSelection()
{
    const Positions& positions = selection().hovered().empty() ? selection().chosen() : selection().hovered();
    const auto record = run().record();
    const std::int64_t each = record ? cacheBytesPerPosition(*record) : 0;
    m_chosen->setVisible(each > 0);
    // Its place stays: a panel that is laid out at every hover keeps the window busy longer than the highlight.
    m_chosen->setText(positions.empty() ? QStringLiteral(" ")
                                        : tr("%1 selected: %2 of keys and values")
                                              .arg(positions.size())
                                              .arg(bytesText(each * static_cast<std::int64_t>(positions.size()))));
}

void MemoryPanel::choose(const QModelIndex& index)
{
    const ModelNode* node = m_model->node(index);
    if (node == nullptr || !run().record())
        return;
    // Rows that are of some tokens choose them.
    const bool isWorld = node->name == tr("world latents and tokens");
    Positions out;
    for (std::int64_t position = 0; isWorld && position < run().size(); ++position) {
        if (run().kindAt(position) == TokenKind::World)
            out.push_back(position);
    }
    if (!out.empty())
        selection().choose(std::move(out));
}

QString MemoryPanel::caption() const
{
    return tr("%1: %2").arg(Panel::caption(), m_summary->text());
}

std::optional<AnalysisResult> MemoryPanel::viewData() const
{
    if (m_model->nodes().empty() && m_curve->samples().empty())
        return std::nullopt;
    AnalysisResult out;
    out.request = {"memory", {}};
    AnalysisTable groups{"groups", {"group", "what", "bytes"}, {}};
    for (const ModelNode& root : m_model->nodes()) {
        groups.rows.push_back({root.name.toStdString(), std::string(), static_cast<double>(root.bytes)});
        for (const ModelNode& child : root.children)
            groups.rows.push_back(
                {root.name.toStdString(), child.name.toStdString(), static_cast<double>(child.bytes)});
    }
    AnalysisTable curve{"process", {"seconds", "bytes"}, {}};
    for (const MemorySample& sample : m_curve->samples())
        curve.rows.push_back({sample.seconds, static_cast<double>(sample.bytes)});
    out.tables = {std::move(groups), std::move(curve)};
    return out;
}

}  // namespace armillary::widgets
