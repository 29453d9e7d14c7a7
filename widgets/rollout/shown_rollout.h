// The rollout that the rollout panel shows: one branch a seed, each from its request over its steps and previews to its
// record. A saved record is shown through the same object, all at once.
//
// Time rule of the world model's autoencoder: latent frame 0 stands for frame 0, latent frame k for frames 4k-3 ... 4k.
// Thread rule: GUI thread. What it hands out by shared_ptr is immutable.
#pragma once

#include "records/rollout.h"
#include "records/run_record.h"
#include "widgets/shown_run.h"

#include <QObject>

#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace armillary::widgets {

[[nodiscard]] constexpr int latentFrameFromFrame(int frame)
{
    return frame <= 0 ? 0 : (frame - 1) / 4 + 1;
}
// First and last frame that a latent frame stands for.
[[nodiscard]] constexpr std::pair<int, int> framesFromLatentFrame(int latentFrame)
{
    return latentFrame <= 0 ? std::pair(0, 0) : std::pair(4 * latentFrame - 3, 4 * latentFrame);
}

struct RolloutBranch {
    std::shared_ptr<const RolloutRequest> request;  // null for a saved record that does not hold one
    RunState state = RunState::Empty;               // Empty = waits for its turn
    std::vector<RolloutProgress> steps;             // without their previews
    std::shared_ptr<const Clip> preview;            // of the step below; null before the first one
    std::int64_t previewStep = -1;
    MemoryPlan plan;
    std::shared_ptr<const RunRecord> record;  // null until it has ended

    // Decoded frames there are: the record's, else the preview's.
    [[nodiscard]] int frameCount() const;
    // Frame `index` of them; empty outside. Copies pixels when the record holds them as a tensor only.
    [[nodiscard]] Image frame(int index) const;
    // Of the request's condition, at most the whole clip.
    [[nodiscard]] int givenFrames() const;
    // The decoded frame, else the given one; empty when there is neither yet.
    [[nodiscard]] Image shownFrame(int index) const;
    // What really happened: a frame of the condition or, after it, of `continuation`; empty when that ends before.
    [[nodiscard]] Image realFrame(int index, const Clip& continuation) const;
    // Whether the frames are the record's and not a preview.
    [[nodiscard]] bool isDecoded() const;
    // [C,T,h,w] normalised, after step `step` or, without one, at the end; null when the record does not hold them.
    [[nodiscard]] const TensorSnapshot* latents(std::optional<std::int64_t> step = std::nullopt) const;
    // The steps whose latents the record holds.
    [[nodiscard]] std::vector<std::int64_t> keptSteps() const;
    [[nodiscard]] const TensorSnapshot* tensor(const std::string& name) const;
};

class ShownRollout : public QObject {
    Q_OBJECT
public:
    using QObject::QObject;

    [[nodiscard]] bool empty() const { return m_branches.empty(); }
    [[nodiscard]] const std::vector<RolloutBranch>& branches() const { return m_branches; }
    // Null when nothing is shown.
    [[nodiscard]] const RolloutBranch* current() const;
    [[nodiscard]] int currentIndex() const { return m_current; }
    [[nodiscard]] bool isRunning() const;
    // Of the whole clip, the given ones included.
    [[nodiscard]] int frameCount() const;
    [[nodiscard]] int givenFrames() const;
    [[nodiscard]] double framesPerSecond() const;
    // As RolloutBranch's, of the current one.
    [[nodiscard]] Image frame(int index) const;
    [[nodiscard]] Image realFrame(int index) const;
    [[nodiscard]] bool hasContinuation() const { return !m_continuation.frames.empty(); }
    [[nodiscard]] const Clip& continuation() const { return m_continuation; }

    void clear();
    // New branches that share one condition; `continuation` holds the source's frames after the condition's last.
    void begin(std::vector<std::shared_ptr<const RolloutRequest>> requests, Clip continuation);
    void startBranch(int branch);
    void setPlan(int branch, const MemoryPlan& plan);
    // `preview` may be null: the earlier one stays.
    void appendSteps(int branch, const std::vector<RolloutProgress>& steps, const std::shared_ptr<const Clip>& preview,
                     std::int64_t previewStep);
    // `record` may be null: what was streamed stays.
    void finishBranch(int branch, RunState state, const std::shared_ptr<const RunRecord>& record);
    void setCurrent(int branch);
    // A finished run with a rollout, for instance a saved one.
    void showRecord(const std::shared_ptr<const RunRecord>& record);

Q_SIGNALS:
    void rolloutChanged();           // other branches
    void currentChanged();           // another branch is looked at
    void stepped(int branch);        // steps, plan or state of a branch
    void framesChanged(int branch);  // its preview or record

private:
    [[nodiscard]] RolloutBranch* at(int branch);

    std::vector<RolloutBranch> m_branches;
    Clip m_continuation;
    int m_current = 0;
};

// Whether a record holds decoded frames or latents of a rollout.
[[nodiscard]] bool holdsRollout(const RunRecord& record);

// "step 3 of 35", seconds a step and the time left, as far as the steps tell.
struct RolloutPace {
    std::int64_t done = 0;
    std::int64_t total = 0;
    double secondsPerStep = 0;  // mean of the last eight; 0 = unknown
    double secondsLeft = 0;
};
[[nodiscard]] RolloutPace paceOf(const RolloutBranch& branch);

}  // namespace armillary::widgets
