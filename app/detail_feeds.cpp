#include "app/detail_feeds.h"

#include "app/inference/rollout_controller.h"
#include "app/inference/run_controller.h"
#include "widgets/anatomy/compare_view.h"
#include "widgets/anatomy/times_view.h"
#include "widgets/anatomy/weights_view.h"
#include "widgets/panels/anatomy_panel.h"
#include "widgets/panels/memory_panel.h"
#include "widgets/panels/timeline_panel.h"
#include "widgets/rollout/shown_rollout.h"

namespace armillary::app {

DetailFeeds::DetailFeeds(const DetailFeedParts& parts, QObject* parent) : QObject(parent), m_parts(parts)
{
    connect(&parts.runs, &RunController::modelsLoaded, this, &DetailFeeds::showReport);
    connect(&parts.runs, &RunController::workStarted, this, &DetailFeeds::begin);
    connect(&parts.runs, &RunController::workEnded, this, &DetailFeeds::end);
    connect(&parts.rollouts, &RolloutController::workStarted, this, &DetailFeeds::begin);
    connect(&parts.rollouts, &RolloutController::workEnded, this, &DetailFeeds::end);
    connect(&parts.rollout, &widgets::ShownRollout::stepped, this, &DetailFeeds::showStep);
    if (parts.timeline != nullptr)
        connect(&parts.runs, &RunController::stageReached, parts.timeline, &widgets::TimelinePanel::noteStage);
    if (parts.anatomy != nullptr) {
        connect(parts.anatomy, &widgets::AnatomyPanel::openSnapshotRequested, &m_snapshots, &SnapshotService::read);
        connect(&m_snapshots, &SnapshotService::ready, parts.anatomy, &widgets::AnatomyPanel::showSnapshot);
        connect(&m_snapshots, &SnapshotService::failed, parts.anatomy, &widgets::AnatomyPanel::showSnapshotProblem);
        feedNumbers(*parts.anatomy);
    }
    showReport();
}

void DetailFeeds::feedNumbers(widgets::AnatomyPanel& anatomy)
{
    widgets::WeightsView& weights = *anatomy.weights();
    connect(&weights, &widgets::WeightsView::healthWanted, &m_snapshots, &SnapshotService::readHealth);
    connect(&weights, &widgets::WeightsView::stopWanted, &m_snapshots, &SnapshotService::stopHealth);
    connect(&m_snapshots, &SnapshotService::healthProgressed, &weights, &widgets::WeightsView::setProgress);
    connect(&m_snapshots, &SnapshotService::healthReady, &weights, &widgets::WeightsView::showHealth);
    connect(&m_snapshots, &SnapshotService::healthFailed, &weights, &widgets::WeightsView::showProblem);
    widgets::CompareView& comparison = *anatomy.comparison();
    connect(&comparison, &widgets::CompareView::comparisonWanted, &m_snapshots, &SnapshotService::compare);
    connect(&comparison, &widgets::CompareView::stopWanted, &m_snapshots, &SnapshotService::stopComparison);
    connect(&m_snapshots, &SnapshotService::comparisonProgressed, &comparison, &widgets::CompareView::setProgress);
    connect(&m_snapshots, &SnapshotService::differenceReady, &comparison, &widgets::CompareView::showDifference);
    connect(&m_snapshots, &SnapshotService::differenceFailed, &comparison, &widgets::CompareView::showProblem);
    widgets::TimesView& times = *anatomy.times();
    connect(&times, &widgets::TimesView::traceWanted, &m_snapshots,
            [this, &times](const QString& path) { m_snapshots.writeTrace(path, times.runs()); });
    connect(&m_snapshots, &SnapshotService::traceWritten, &times, [&times](const QString& path) {
        times.noteExport(widgets::TimesView::tr("Written: %1. Open it at ui.perfetto.dev.").arg(path), false);
    });
    connect(&m_snapshots, &SnapshotService::traceFailed, &times,
            [&times](const QString& sentence) { times.noteExport(sentence, true); });
}

void DetailFeeds::showReport()
{
    const ModelReport* report = m_parts.runs.report();
    const auto shared = report == nullptr ? nullptr : std::make_shared<const ModelReport>(*report);
    if (m_parts.anatomy != nullptr)
        m_parts.anatomy->setReport(shared);
    if (m_parts.memory != nullptr)
        m_parts.memory->setReport(shared);
}

void DetailFeeds::begin()
{
    if (m_parts.timeline != nullptr)
        m_parts.timeline->startStages();
    if (m_parts.memory != nullptr)
        m_parts.memory->startSampling();
}

void DetailFeeds::end()
{
    if (m_parts.timeline != nullptr)
        m_parts.timeline->endStages();
    if (m_parts.memory != nullptr)
        m_parts.memory->stopSampling();
}

void DetailFeeds::showStep(int branch)
{
    const widgets::RolloutBranch& shown = m_parts.rollout.branches()[static_cast<std::size_t>(branch)];
    if (m_parts.memory != nullptr && !shown.plan.rows.empty())
        m_parts.memory->setPlan(shown.plan);
    const widgets::RolloutPace pace = widgets::paceOf(shown);
    if (m_parts.timeline != nullptr && shown.state == widgets::RunState::Running && pace.total > 0)
        m_parts.timeline->noteStage(QStringLiteral("Rollout"), pace.done, pace.total);
}

}  // namespace armillary::app
