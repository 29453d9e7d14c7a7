#include "app/detail_feeds.h"

#include "app/inference/rollout_controller.h"
#include "app/inference/run_controller.h"
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
    }
    showReport();
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
