#include "app/inference/rollout_controller.h"

#include <algorithm>
#include <utility>

namespace armillary::app {
namespace {

using widgets::MessageKind;
using widgets::RunState;

QString endSummary(const widgets::RolloutBranch& branch)
{
    const widgets::RolloutPace pace = widgets::paceOf(branch);
    double seconds = 0;
    for (const RolloutProgress& step : branch.steps)
        seconds += step.stepSeconds;
    const QString steps =
        RolloutController::tr("%1 of %2 steps in %3 s").arg(pace.done).arg(pace.total).arg(seconds, 0, 'f', 1);
    switch (branch.state) {
    case RunState::Completed: return RolloutController::tr("Predicted · %1").arg(steps);
    case RunState::Cancelled: return RolloutController::tr("Stopped · %1").arg(steps);
    default: return RolloutController::tr("The prediction failed");
    }
}

}  // namespace

RolloutController::RolloutController(widgets::ShownRollout& shown, widgets::MessageListModel& messages,
                                     InferenceService& inference, MediaService& mediaFiles, QObject* parent)
    : QObject(parent), m_shown(shown), m_messages(messages), m_inference(inference), m_mediaFiles(mediaFiles)
{
    connect(&m_inference, &InferenceService::runStarted, this, [this](RunId id, const Request&) {
        if (m_branch && id == m_run) {
            m_shown.startBranch(*m_branch);
            Q_EMIT workStarted(tr("Predicting"));
        }
    });
    connect(&m_inference, &InferenceService::runUpdated, this, &RolloutController::updated);
    connect(&m_inference, &InferenceService::runFinished, this, &RolloutController::finished);
    connect(&m_mediaFiles, &MediaService::clipsRead, this, [this](quint64 ticket, const std::vector<Clip>& clips) {
        if (!m_collecting || m_collecting->ticket != ticket || clips.empty())
            return;
        const widgets::RolloutWish wish = std::exchange(m_collecting, std::nullopt)->wish;
        begin(wish, clips.front());
    });
    connect(&m_mediaFiles, &MediaService::clipsFailed, this, [this](quint64 ticket, const QString& sentence) {
        if (!m_collecting || m_collecting->ticket != ticket)
            return;
        m_collecting.reset();
        m_messages.add(MessageKind::Error, sentence);
        Q_EMIT stateChanged();
    });
}

void RolloutController::predict(const widgets::RolloutWish& wish)
{
    if (isBusy())
        stop();
    ClipRequest wanted;
    wanted.id = wish.media;
    wanted.frame = wish.lastFrame;
    wanted.before = wish.conditionFrames - 1;
    wanted.after = std::max(0, wish.settings.frames - wish.conditionFrames);
    wanted.afterSize = QSize(wish.settings.widthPixels, wish.settings.heightPixels);
    m_collecting = Collecting{m_mediaFiles.readClips({wanted}), wish};
    Q_EMIT stateChanged();
}

void RolloutController::begin(const widgets::RolloutWish& wish, const Clip& read)
{
    const auto given =
        static_cast<std::ptrdiff_t>(std::min(read.frames.size(), static_cast<std::size_t>(wish.conditionFrames)));
    Clip continuation = read;
    continuation.frames.erase(continuation.frames.begin(), continuation.frames.begin() + given);
    continuation.firstFrameIndex += static_cast<int>(given);
    RolloutRequest request = wish.settings;
    request.condition = read;
    request.condition.frames.erase(request.condition.frames.begin() + given, request.condition.frames.end());
    std::vector<std::shared_ptr<const RolloutRequest>> requests;
    for (const std::uint64_t seed : wish.seeds) {
        request.seed = seed;
        requests.push_back(std::make_shared<const RolloutRequest>(request));
    }
    m_capture = {};
    if (wish.keepSteps)
        m_capture.parts = {Capture::Rollout};
    m_shown.begin(std::move(requests), std::move(continuation));
    m_stopping = false;
    runBranch(0);
}

void RolloutController::runBranch(int branch)
{
    if (branch >= static_cast<int>(m_shown.branches().size())) {
        m_branch.reset();
        Q_EMIT stateChanged();
        return;
    }
    // The id is not known before request() has returned, and it may start the run at once.
    m_branch = branch;
    m_run = m_inference.nextId();
    if (m_inference.predict(m_shown.branches()[static_cast<std::size_t>(branch)].request, m_capture) == 0)
        m_branch.reset();
    Q_EMIT stateChanged();
}

void RolloutController::stop()
{
    m_collecting.reset();
    m_stopping = true;
    m_inference.cancel(RequestKind::Predict);
    Q_EMIT stateChanged();
}

void RolloutController::updated(const RunUpdate& update)
{
    if (!m_branch || update.id != m_run)
        return;
    if (update.plan)
        m_shown.setPlan(*m_branch, *update.plan);
    if (!update.steps.empty() || update.preview)
        m_shown.appendSteps(*m_branch, update.steps, update.preview, update.previewStep);
}

void RolloutController::finished(RunId id, const RunResult& result)
{
    if (!m_branch || id != m_run)
        return;
    const int branch = *m_branch;
    const RunState state = result.outcome == RunOutcome::Completed   ? RunState::Completed
                           : result.outcome == RunOutcome::Cancelled ? RunState::Cancelled
                                                                     : RunState::Failed;
    if (result.error)
        m_messages.add(MessageKind::Error, QString::fromStdString(result.error->message));
    m_shown.finishBranch(branch, state, result.record);
    if (result.record)
        Q_EMIT recordMade(result.record);
    Q_EMIT workEnded(endSummary(m_shown.branches()[static_cast<std::size_t>(branch)]));
    if (state != RunState::Completed || m_stopping) {
        m_branch.reset();
        for (int waiting = branch + 1; waiting < static_cast<int>(m_shown.branches().size()); ++waiting)
            m_shown.finishBranch(waiting, RunState::Cancelled, nullptr);
        Q_EMIT stateChanged();
        return;
    }
    runBranch(branch + 1);
}

}  // namespace armillary::app
