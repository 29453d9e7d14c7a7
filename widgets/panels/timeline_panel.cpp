#include "widgets/panels/timeline_panel.h"

#include "widgets/cost/stage_chart.h"
#include "widgets/hint_page.h"
#include "widgets/kind_colors.h"

#include <QAction>
#include <QApplication>
#include <QClipboard>
#include <QLabel>
#include <QLocale>
#include <QScrollArea>
#include <QStackedLayout>
#include <QVBoxLayout>

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

namespace armillary::widgets {
namespace {

constexpr auto kTick = std::chrono::milliseconds(250);

QString whole(std::int64_t value)
{
    return QLocale().toString(static_cast<qlonglong>(value));
}

QString rate(double perSecond)
{
    return QLocale().toString(perSecond, 'f', perSecond < 100 ? 1 : 0);
}

QString costText(const RunRecord& record)
{
    const RunCost& cost = record.cost;
    QStringList out;
    double end = 0;
    for (const StageTime& stage : cost.stages)
        end = std::max(end, stage.startSeconds + stage.durationSeconds);
    out << TimelinePanel::tr("%1 in all").arg(secondsText(end));
    if (cost.prefillTokens + cost.reusedTokens > 0) {
        QString prefill =
            TimelinePanel::tr("prefill %1 positions in %2, %3 reused")
                .arg(whole(cost.prefillTokens), secondsText(cost.prefillSeconds), whole(cost.reusedTokens));
        if (cost.prefillSeconds > 0)
            prefill += TimelinePanel::tr(" (%1 a second)")
                           .arg(rate(static_cast<double>(cost.prefillTokens) / cost.prefillSeconds));
        out << prefill;
    }
    const auto tokens = static_cast<std::int64_t>(record.generated.size());
    if (tokens > 1 && cost.decodeSeconds > 0)
        out << TimelinePanel::tr("%1 tokens decoded, %2 a second, %3 a token")
                   .arg(whole(tokens), rate(static_cast<double>(tokens - 1) / cost.decodeSeconds),
                        secondsText(cost.decodeSeconds / static_cast<double>(tokens - 1)));
    else if (tokens > 0)
        out << TimelinePanel::tr("%n token(s) decoded", nullptr, static_cast<int>(tokens));
    if (cost.captureSeconds > 0)
        out << TimelinePanel::tr("captures %1").arg(secondsText(cost.captureSeconds));
    if (!record.rolloutSteps.empty()) {
        double seconds = 0;
        for (const RolloutProgress& step : record.rolloutSteps)
            seconds += step.stepSeconds;
        out << TimelinePanel::tr("%1 denoise steps, %2 a step")
                   .arg(whole(static_cast<std::int64_t>(record.rolloutSteps.size())),
                        secondsText(seconds / static_cast<double>(record.rolloutSteps.size())));
    }
    return out.join(QStringLiteral(" · "));
}

ChartRun chartOf(const RunRecord& record, const QString& title)
{
    ChartRun out{title, stageRows(record), record.cost.reusedTokens, record.cost.prefillTokens, {}};
    // Steps end with their stage; what the stage did before the first one is not theirs.
    for (const StageRow& stage : out.stages) {
        if (stage.name != QLatin1String("Rollout") && stage.name != QLatin1String("World"))
            continue;
        double end = stage.startSeconds + stage.durationSeconds;
        for (auto step = record.rolloutSteps.rbegin(); step != record.rolloutSteps.rend(); ++step) {
            out.stepEnds.push_back(end);
            end -= step->stepSeconds;
        }
        break;
    }
    return out;
}

}  // namespace

TimelinePanel::TimelinePanel(const PanelContext& context, QWidget* parent)
    : Panel(QStringLiteral("timeline"), tr("Timeline"), context, parent)
{
    m_clock.start();
    m_chart = new StageChart;
    m_summary = new QLabel;
    m_summary->setWordWrap(true);
    m_summary->setContentsMargins(12, 6, 12, 2);
    m_summary->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    m_summary->setAccessibleName(tr("Times of the run"));
    m_legend = new QLabel;
    m_legend->setProperty("role", "muted");
    m_legend->setWordWrap(true);
    m_legend->setContentsMargins(12, 0, 12, 6);
    auto* scroll = new QScrollArea;
    // The style sheet makes a scroll area's own widget transparent, palette and all; the chart needs the real one.
    auto* ground = new QWidget;
    auto* groundColumn = new QVBoxLayout(ground);
    groundColumn->setContentsMargins(0, 0, 0, 0);
    groundColumn->setSpacing(0);
    // In a low panel the words scroll with the bars.
    groundColumn->addWidget(m_summary);
    groundColumn->addWidget(m_chart, 1);
    groundColumn->addWidget(m_legend);
    scroll->setWidget(ground);
    scroll->setWidgetResizable(true);
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setFocusPolicy(Qt::NoFocus);
    scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    m_pages = new QStackedLayout(this);
    m_pages->setContentsMargins(0, 0, 0, 0);
    m_pages->addWidget(new HintPage(tr("No times yet"),
                                    tr("Ask a question or open a saved run to see how long each stage took. "
                                       "Two runs shown as A and B stand one above the other."),
                                    {}));
    m_pages->addWidget(scroll);

    m_tick.setInterval(kTick);
    connect(&m_tick, &QTimer::timeout, this, &TimelinePanel::refresh);
    connect(m_chart, &StageChart::stageHovered, this, [this](const QString& stage) {
        const Positions last = std::exchange(m_ownHover, positionsOf(stage));
        if (!m_ownHover.empty())
            selection().hover(m_ownHover);
        else if (!last.empty())
            selection().endHover(last);
    });
    connect(m_chart, &StageChart::stageActivated, this, [this](const QString& stage, Qt::KeyboardModifiers modifiers) {
        const Positions positions = positionsOf(stage);
        if (positions.empty())
            return;
        if (modifiers.testFlag(Qt::ControlModifier))
            selection().toggle(positions);
        else
            selection().choose(positions);
    });
    makeActions();
    refresh();
}

void TimelinePanel::makeActions()
{
    auto* copy = new QAction(tr("Copy the times of the stages"), this);
    copy->setShortcut(QKeySequence::Copy);
    copy->setShortcutContext(Qt::WidgetWithChildrenShortcut);
    copy->setToolTip(tr("Stage, start and duration in seconds, one a line"));
    connect(copy, &QAction::triggered, this, [this] {
        QStringList lines{m_summary->text()};
        for (const ChartRun& each : m_chart->runs()) {
            if (!each.title.isEmpty())
                lines << each.title;
            for (const StageRow& stage : each.stages)
                lines
                    << QStringLiteral("%1\t%2\t%3").arg(stage.name).arg(stage.startSeconds).arg(stage.durationSeconds);
        }
        QApplication::clipboard()->setText(lines.join(QLatin1Char('\n')));
    });
    addAction(copy);
}

void TimelinePanel::startStages()
{
    m_live.begin(now());
    m_liveTokens = 0;
    m_firstToken = 0;
    m_tick.start();
    refresh();
}

void TimelinePanel::noteStage(const QString& stage, qint64 done, qint64 total)
{
    m_live.note(stage, done, total, now());
    if (!m_tick.isActive())
        m_tick.start();
}

void TimelinePanel::endStages()
{
    m_live.end(now());
    m_tick.stop();
    refresh();
}

void TimelinePanel::showRun()
{
    refresh();
}

void TimelinePanel::showNewTokens(qint64, qint64 count)
{
    if (!isLive())
        return;
    if (m_liveTokens == 0)
        m_firstToken = now();
    m_liveTokens += count;
}

void TimelinePanel::showState()
{
    if (run().state() == RunState::Running && !isLive())
        startStages();
    else if (run().state() != RunState::Running && isLive())
        endStages();
    else
        refresh();
}

void TimelinePanel::showPair()
{
    refresh();
}

void TimelinePanel::showSelection()
{
    const Positions& positions = selection().hovered().empty() ? selection().chosen() : selection().hovered();
    std::vector<QString> stages;
    bool hasPrompt = false;
    std::array<bool, kTokenKinds.size()> seen{};
    for (const std::int64_t position : positions) {
        if (position < 0 || position >= run().size())
            continue;
        seen[static_cast<std::size_t>(run().kindAt(position))] = true;
        hasPrompt = hasPrompt || position < run().prefillLength();
    }
    for (const ChartRun& each : m_chart->runs()) {
        for (const StageRow& stage : each.stages) {
            const auto kind = kindOfStage(stage.name);
            if (kind ? seen[static_cast<std::size_t>(*kind)] : stage.name == QLatin1String("Prefill") && hasPrompt)
                stages.push_back(stage.name);
        }
    }
    m_chart->setHighlighted(std::move(stages));
}

Positions TimelinePanel::positionsOf(const QString& stage) const
{
    Positions out;
    const auto kind = kindOfStage(stage);
    if (!kind && stage != QLatin1String("Prefill"))
        return out;
    for (std::int64_t position = 0; position < run().size(); ++position) {
        if (kind ? run().kindAt(position) == *kind : position < run().prefillLength())
            out.push_back(position);
    }
    return out;
}

QString TimelinePanel::liveText() const
{
    const double at = now();
    QStringList out{tr("%1 so far").arg(secondsText(m_live.elapsedSeconds(at)))};
    if (const auto left = m_live.secondsLeft(m_earlier, at))
        out << tr("about %1 left").arg(secondsText(*left));
    if (m_liveTokens > 1 && at > m_firstToken)
        out << tr("%1 tokens, %2 a second")
                   .arg(whole(m_liveTokens), rate(static_cast<double>(m_liveTokens - 1) / (at - m_firstToken)));
    return out.join(QStringLiteral(" · "));
}

void TimelinePanel::refresh()
{
    std::vector<ChartRun> runs;
    QString summary;
    const auto record = run().record();
    if (isLive()) {
        runs.push_back({{}, m_live.rows(now()), 0, 0, {}});
        summary = liveText();
    } else if (pair().isPair()) {
        for (const PairedRun* each : {&pair().a(), &pair().b()}) {
            const QString side = each == &pair().a() ? tr("A") : tr("B");
            runs.push_back(chartOf(*each->record, QStringLiteral("%1 · %2").arg(side, each->title)));
            summary += QStringLiteral("%1: %2\n").arg(side, costText(*each->record));
        }
        summary.chop(1);
    } else if (record && !record->cost.stages.empty()) {
        runs.push_back(chartOf(*record, {}));
        summary = costText(*record);
    } else {
        // Loading and failed runs leave no stages in a record; what was noted of them stays until another run is shown.
        runs.push_back({{}, m_live.rows(now()), 0, 0, {}});
        summary = tr("%1 in all").arg(secondsText(m_live.elapsedSeconds(now())));
    }
    if (!isLive() && record && !record->cost.stages.empty())
        m_earlier = stageRows(*record);
    const bool isEmpty =
        !isLive() && std::all_of(runs.begin(), runs.end(), [](const ChartRun& each) { return each.stages.empty(); });
    m_pages->setCurrentIndex(isEmpty ? 0 : 1);
    QStringList legend;
    if (isLive())
        legend << tr("hatched: still running");
    if (std::any_of(runs.begin(), runs.end(), [](const ChartRun& each) { return each.reusedPositions > 0; }))
        legend << tr("dotted: positions taken from the cache");
    if (std::any_of(runs.begin(), runs.end(), [](const ChartRun& each) { return !each.stepEnds.empty(); }))
        legend << tr("gaps: denoise steps");
    legend << tr("bars in seconds from the start of the run; point at one for its numbers");
    m_legend->setText(legend.join(QStringLiteral(" · ")));
    m_summary->setText(summary);
    m_chart->setRuns(std::move(runs));
    showSelection();
}

QString TimelinePanel::caption() const
{
    return tr("%1: %2").arg(Panel::caption(), m_summary->text());
}

std::optional<AnalysisResult> TimelinePanel::viewData() const
{
    if (m_chart->runs().empty())
        return std::nullopt;
    AnalysisResult out;
    out.request = {"timeline", {}};
    AnalysisTable table{"stages", {"run", "stage", "start seconds", "duration seconds", "depth"}, {}};
    for (const ChartRun& each : m_chart->runs()) {
        for (const StageRow& stage : each.stages)
            table.rows.push_back({each.title.toStdString(), stage.name.toStdString(), stage.startSeconds,
                                  stage.durationSeconds, static_cast<double>(stage.depth)});
    }
    out.tables.push_back(std::move(table));
    return out;
}

}  // namespace armillary::widgets
