#include "widgets/anatomy/times_view.h"

#include "widgets/anatomy/figure_table.h"
#include "widgets/anatomy/flame_chart.h"
#include "widgets/cost/stage_timing.h"

#include <QFileDialog>
#include <QHBoxLayout>
#include <QLabel>
#include <QLocale>
#include <QPushButton>
#include <QSplitter>
#include <QVBoxLayout>

#include <algorithm>
#include <utility>

namespace armillary::widgets {
namespace {

bool isSameQuestion(const RunRecord& left, const RunRecord& right)
{
    const auto text = [](const RunRecord& record) {
        return record.question.turns.empty() ? std::string() : record.question.turns.back().text;
    };
    return left.question.turns.size() == right.question.turns.size() && text(left) == text(right) &&
           left.settings == right.settings;
}

FigureCell seconds(double value)
{
    return {secondsText(value), value};
}

FigureRow rowOf(const inspect::TimingRow& timing, std::size_t index)
{
    const QString stage = QString::fromStdString(timing.stage);
    const bool isStage = timing.layer < 0;
    FigureRow out{isStage ? stage : TimesView::tr("%1, layer %2").arg(stage).arg(timing.layer)};
    const QLocale locale;
    out.cells = {{isStage ? stage : TimesView::tr("    layer %1").arg(timing.layer), static_cast<double>(index)},
                 seconds(timing.median),
                 {timing.least == timing.most
                      ? QString()
                      : TimesView::tr("%1 … %2").arg(secondsText(timing.least), secondsText(timing.most)),
                  timing.most - timing.least},
                 {TimesView::tr("%1 %").arg(locale.toString(100 * timing.share, 'f', 1)), timing.share},
                 {locale.toString(static_cast<qlonglong>(timing.calls)), static_cast<double>(timing.calls)},
                 seconds(timing.callMedian),
                 {timing.calls < 2
                      ? QString()
                      : TimesView::tr("%1 … %2").arg(secondsText(timing.callLow), secondsText(timing.callHigh)),
                  timing.callHigh - timing.callLow}};
    out.share = timing.share;
    out.isTotal = isStage;
    // The layers of the vision tower are not those that the focus means.
    if (!isStage && (timing.stage == "Prefill" || timing.stage == "Answer"))
        out.layer = timing.layer;
    out.index = index;
    return out;
}

}  // namespace

TimesView::TimesView(QWidget* parent) : QWidget(parent)
{
    m_summary = new QLabel;
    m_summary->setWordWrap(true);
    m_summary->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    m_summary->setAccessibleName(tr("Times of the runs"));
    m_cautions = new QLabel;
    m_cautions->setProperty("role", "muted");
    m_cautions->setWordWrap(true);
    m_cautions->setContentsMargins(12, 0, 12, 2);
    m_note = new QLabel;
    m_note->setProperty("role", "muted");
    m_note->setWordWrap(true);
    m_note->setContentsMargins(12, 0, 12, 2);
    m_note->hide();
    m_export = new QPushButton(tr("Trace…"));
    m_export->setToolTip(tr("Writes the runs as Chrome trace events, which ui.perfetto.dev opens"));
    m_forget = new QPushButton(tr("Only this run"));
    m_forget->setToolTip(tr("Forgets the earlier runs of the same question in these numbers; the session keeps them"));
    m_chart = new FlameChart;
    m_chart->setToolTip(tr("Stages, passes and layers; wheel or W and S zoom, A and D move, F shows all"));
    m_table =
        new FigureTable({{tr("Stage"), tr("Stages, and below them their layers"), false},
                         {tr("Median"), tr("Of a run, all calls together"), true},
                         {tr("Runs"), tr("Shortest and longest run"), true},
                         {tr("Share"), tr("Of the median run"), true},
                         {tr("Calls"), tr("In all runs together"), true},
                         {tr("A call"), tr("Median of one call"), true},
                         {tr("Half of the calls"), tr("A quarter of the calls is shorter, a quarter longer"), true}},
                        3, tr("Times by stage and layer"));
    auto* row = new QHBoxLayout;
    row->setContentsMargins(12, 4, 8, 2);
    row->addWidget(m_summary, 1);
    row->addWidget(m_forget);
    row->addWidget(m_export);
    m_splitter = new QSplitter(Qt::Vertical);
    m_splitter->setChildrenCollapsible(false);
    m_splitter->addWidget(m_chart);
    m_splitter->addWidget(m_table);
    m_splitter->setStretchFactor(0, 0);
    m_splitter->setStretchFactor(1, 1);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addLayout(row);
    column->addWidget(m_cautions);
    column->addWidget(m_note);
    column->addWidget(m_splitter, 1);

    connect(m_export, &QPushButton::clicked, this, &TimesView::exportTrace);
    connect(m_forget, &QPushButton::clicked, this, &TimesView::forgetEarlier);
    connect(m_chart, &FlameChart::sliceActivated, this, [this](const QString& stage, int layer) {
        m_table->chooseRow(layer < 0 ? stage : tr("%1, layer %2").arg(stage).arg(layer));
    });
    connect(m_table, &FigureTable::rowChosen, this, [this] {
        if (const FigureRow* chosen = m_table->chosenRow(); chosen != nullptr && chosen->layer >= 0)
            Q_EMIT layerChosen(chosen->layer);
    });
    refresh();
}

void TimesView::showRun(const std::shared_ptr<const RunRecord>& record)
{
    const bool hasTimes = record && !record->cost.stages.empty();
    if (!hasTimes) {
        if (record || m_runs.empty())
            return;
        m_runs.clear();
        m_last.reset();
        refresh();
        return;
    }
    if (m_last.lock() == record)
        return;
    m_last = record;
    auto times = inspect::timesOf(*record);
    if (!m_runs.empty() && !isSameQuestion(*m_runs.front(), *times))
        m_runs.clear();
    // Shown again, or read again with more of its tensors: the same measurement.
    const auto earlier = std::find_if(m_runs.begin(), m_runs.end(), [&times](const auto& run) {
        return run->cost.stages.size() == times->cost.stages.size() &&
               std::equal(run->cost.stages.begin(), run->cost.stages.end(), times->cost.stages.begin(),
                          [](const StageTime& left, const StageTime& right) {
                              return left.name == right.name && left.durationSeconds == right.durationSeconds;
                          });
    });
    if (earlier != m_runs.end())
        m_runs.erase(earlier);
    m_runs.push_back(std::move(times));
    m_note->hide();
    refresh();
}

void TimesView::forgetEarlier()
{
    if (m_runs.size() < 2)
        return;
    m_runs.erase(m_runs.begin(), m_runs.end() - 1);
    refresh();
}

void TimesView::setFilter(const QString& text)
{
    m_table->setFilter(text);
}

void TimesView::setFocusedLayer(int layer)
{
    m_table->setFocusedLayer(layer);
    m_chart->setFocusedLayer(layer);
}

void TimesView::exportTrace()
{
    if (m_runs.empty())
        return;
    auto* dialog = new QFileDialog(this, tr("Trace of the runs"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setAcceptMode(QFileDialog::AcceptSave);
    dialog->setDefaultSuffix(QStringLiteral("json"));
    dialog->setNameFilter(tr("Chrome trace events (*.json)"));
    connect(dialog, &QFileDialog::fileSelected, this, &TimesView::traceWanted);
    dialog->open();
}

void TimesView::noteExport(const QString& sentence, bool isProblem)
{
    m_note->setProperty("role", isProblem ? "error" : "muted");
    m_note->setText(sentence);
    m_note->show();
}

void TimesView::refresh()
{
    m_timing = inspect::timingOf(m_runs);
    m_export->setEnabled(!m_runs.empty());
    m_forget->setVisible(m_runs.size() > 1);
    QStringList cautions;
    for (const std::string& caution : m_timing.cautions)
        cautions << QString::fromStdString(caution);
    m_cautions->setText(cautions.join(QStringLiteral(" · ")));
    m_cautions->setVisible(!cautions.empty());
    if (m_runs.empty()) {
        m_summary->setText(
            tr("No times yet: ask a question or open a saved run. Asked again, the same question gives medians "
               "and spread."));
        m_chart->setSlices({});
        m_table->setRows({});
        return;
    }
    m_chart->setSlices(inspect::slicesOf(*m_runs.back()));
    std::vector<FigureRow> rows;
    for (const inspect::TimingRow& stage : m_timing.stages) {
        rows.push_back(rowOf(stage, rows.size()));
        for (const inspect::TimingRow& layer : m_timing.layers) {
            if (layer.stage == stage.stage)
                rows.push_back(rowOf(layer, rows.size()));
        }
    }
    m_table->setRows(std::move(rows));
    m_summary->setText(m_timing.runs == 1
                           ? tr("1 run, %1").arg(secondsText(m_timing.medianSeconds))
                           : tr("%1 runs, median %2, %3 … %4")
                                 .arg(m_timing.runs)
                                 .arg(secondsText(m_timing.medianSeconds), secondsText(m_timing.leastSeconds),
                                      secondsText(m_timing.mostSeconds)));
}

}  // namespace armillary::widgets
