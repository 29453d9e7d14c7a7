#include "widgets/rollout/shown_rollout.h"

#include "records/shown_media.h"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <string_view>

namespace armillary::widgets {
namespace {

constexpr std::string_view kStepLatents = "rollout.latents.";

// [F,h,w,3] uint8 with all of its bytes.
bool areFrames(const TensorSnapshot& tensor)
{
    return tensor.type == ElementType::UInt8 && tensor.shape.size() == 4 && tensor.shape[3] == 3 && tensor.bytes &&
           static_cast<std::int64_t>(tensor.bytes->size()) >= tensor.elementCount();
}

const TensorSnapshot* framesTensor(const RolloutBranch& branch)
{
    const TensorSnapshot* frames = branch.tensor("rollout.frames");
    return frames != nullptr && areFrames(*frames) ? frames : nullptr;
}

bool holdsFrames(const std::shared_ptr<const Clip>& clip)
{
    return clip && !clip->frames.empty();
}

}  // namespace

const TensorSnapshot* RolloutBranch::tensor(const std::string& name) const
{
    if (!record)
        return nullptr;
    const auto found = record->tensors.find(name);
    return found == record->tensors.end() ? nullptr : &found->second;
}

bool RolloutBranch::isDecoded() const
{
    return record && (holdsFrames(record->rolloutFrames) || framesTensor(*this) != nullptr);
}

int RolloutBranch::frameCount() const
{
    if (record && holdsFrames(record->rolloutFrames))
        return static_cast<int>(record->rolloutFrames->frames.size());
    if (const TensorSnapshot* frames = framesTensor(*this))
        return static_cast<int>(frames->shape[0]);
    return preview ? static_cast<int>(preview->frames.size()) : 0;
}

Image RolloutBranch::frame(int index) const
{
    if (index < 0 || index >= frameCount())
        return {};
    const auto at = static_cast<std::size_t>(index);
    if (record && holdsFrames(record->rolloutFrames))
        return record->rolloutFrames->frames[at];
    if (const TensorSnapshot* frames = framesTensor(*this)) {
        const auto size = static_cast<std::size_t>(frames->shape[1] * frames->shape[2] * 3);
        const auto* first = frames->bytes->data() + at * size;
        return {static_cast<int>(frames->shape[1]), static_cast<int>(frames->shape[2]),
                std::vector<std::uint8_t>(first, first + size)};
    }
    return preview->frames[at];
}

int RolloutBranch::givenFrames() const
{
    return request ? std::min(static_cast<int>(request->condition.frames.size()), request->frames) : 0;
}

Image RolloutBranch::shownFrame(int index) const
{
    if (index >= 0 && index < frameCount())
        return frame(index);
    return index < givenFrames() ? realFrame(index, {}) : Image();
}

Image RolloutBranch::realFrame(int index, const Clip& continuation) const
{
    if (!request || index < 0)
        return {};
    const std::vector<Image>& condition = request->condition.frames;
    const int given = givenFrames();
    // A condition longer than the whole rollout gives its last frames.
    if (index < given)
        return condition[condition.size() - static_cast<std::size_t>(given) + static_cast<std::size_t>(index)];
    const auto after = static_cast<std::size_t>(index - given);
    return after < continuation.frames.size() ? continuation.frames[after] : Image();
}

const TensorSnapshot* RolloutBranch::latents(std::optional<std::int64_t> step) const
{
    const TensorSnapshot* found =
        tensor(step ? std::string(kStepLatents) + std::to_string(*step) : std::string("world.latents"));
    return found != nullptr && found->shape.size() == 4 ? found : nullptr;
}

std::vector<std::int64_t> RolloutBranch::keptSteps() const
{
    std::vector<std::int64_t> out;
    if (!record)
        return out;
    for (const auto& [name, tensor] : record->tensors) {
        if (!name.starts_with(kStepLatents))
            continue;
        std::int64_t step = 0;
        const char* last = name.data() + name.size();
        const auto read = std::from_chars(name.data() + kStepLatents.size(), last, step);
        if (read.ec == std::errc() && read.ptr == last)
            out.push_back(step);
    }
    std::sort(out.begin(), out.end());
    return out;
}

const RolloutBranch* ShownRollout::current() const
{
    return m_branches.empty() ? nullptr : &m_branches[static_cast<std::size_t>(m_current)];
}

RolloutBranch* ShownRollout::at(int branch)
{
    return branch < 0 || branch >= static_cast<int>(m_branches.size()) ? nullptr
                                                                       : &m_branches[static_cast<std::size_t>(branch)];
}

bool ShownRollout::isRunning() const
{
    return std::any_of(m_branches.begin(), m_branches.end(),
                       [](const RolloutBranch& branch) { return branch.state == RunState::Running; });
}

int ShownRollout::frameCount() const
{
    const RolloutBranch* branch = current();
    if (branch == nullptr)
        return 0;
    return std::max(branch->request ? branch->request->frames : 0, branch->frameCount());
}

int ShownRollout::givenFrames() const
{
    const RolloutBranch* branch = current();
    return branch != nullptr ? branch->givenFrames() : 0;
}

double ShownRollout::framesPerSecond() const
{
    const RolloutBranch* branch = current();
    return branch != nullptr && branch->request ? branch->request->framesPerSecond : 16;
}

Image ShownRollout::frame(int index) const
{
    const RolloutBranch* branch = current();
    return branch != nullptr ? branch->shownFrame(index) : Image();
}

Image ShownRollout::realFrame(int index) const
{
    const RolloutBranch* branch = current();
    return branch != nullptr ? branch->realFrame(index, m_continuation) : Image();
}

void ShownRollout::clear()
{
    m_branches.clear();
    m_continuation = {};
    m_current = 0;
    Q_EMIT rolloutChanged();
}

void ShownRollout::begin(std::vector<std::shared_ptr<const RolloutRequest>> requests, Clip continuation)
{
    m_branches.clear();
    for (auto& request : requests) {
        RolloutBranch branch;
        branch.request = std::move(request);
        m_branches.push_back(std::move(branch));
    }
    m_continuation = std::move(continuation);
    m_current = 0;
    Q_EMIT rolloutChanged();
}

void ShownRollout::startBranch(int branch)
{
    RolloutBranch* started = at(branch);
    if (started == nullptr)
        return;
    started->state = RunState::Running;
    // The eye follows what is being made.
    setCurrent(branch);
    Q_EMIT stepped(branch);
}

void ShownRollout::setPlan(int branch, const MemoryPlan& plan)
{
    if (RolloutBranch* planned = at(branch)) {
        planned->plan = plan;
        Q_EMIT stepped(branch);
    }
}

void ShownRollout::appendSteps(int branch, const std::vector<RolloutProgress>& steps,
                               const std::shared_ptr<const Clip>& preview, std::int64_t previewStep)
{
    RolloutBranch* going = at(branch);
    if (going == nullptr)
        return;
    for (const RolloutProgress& step : steps) {
        // A step is told again when its preview is there.
        if (!going->steps.empty() && step.step <= going->steps.back().step)
            continue;
        going->steps.push_back(step);
        going->steps.back().preview.reset();
    }
    if (preview) {
        going->preview = preview;
        going->previewStep = previewStep;
    }
    Q_EMIT stepped(branch);
    if (preview)
        Q_EMIT framesChanged(branch);
}

void ShownRollout::finishBranch(int branch, RunState state, const std::shared_ptr<const RunRecord>& record)
{
    RolloutBranch* ended = at(branch);
    if (ended == nullptr)
        return;
    ended->state = state;
    ended->record = record;
    if (record) {
        if (!record->rolloutSteps.empty())
            ended->steps = record->rolloutSteps;
        if (!record->memoryPlan.rows.empty())
            ended->plan = record->memoryPlan;
    }
    Q_EMIT stepped(branch);
    Q_EMIT framesChanged(branch);
}

void ShownRollout::setCurrent(int branch)
{
    if (at(branch) == nullptr || branch == m_current)
        return;
    m_current = branch;
    Q_EMIT currentChanged();
}

void ShownRollout::showRecord(const std::shared_ptr<const RunRecord>& record)
{
    RolloutBranch branch;
    if (auto request = rolloutOf(record->question))
        branch.request = std::make_shared<const RolloutRequest>(*std::move(request));
    branch.state = record->outcome == RunOutcome::Completed   ? RunState::Completed
                   : record->outcome == RunOutcome::Cancelled ? RunState::Cancelled
                                                              : RunState::Failed;
    branch.steps = record->rolloutSteps;
    branch.plan = record->memoryPlan;
    branch.record = record;
    m_branches = {std::move(branch)};
    m_continuation = {};
    m_current = 0;
    Q_EMIT rolloutChanged();
}

bool holdsRollout(const RunRecord& record)
{
    return holdsFrames(record.rolloutFrames) || record.tensors.contains("rollout.frames") ||
           !record.rolloutSteps.empty();
}

RolloutPace paceOf(const RolloutBranch& branch)
{
    constexpr std::size_t kRecent = 8;
    RolloutPace out;
    out.total = branch.request ? branch.request->steps : 0;
    out.done = static_cast<std::int64_t>(branch.steps.size());
    if (branch.steps.empty())
        return out;
    out.done = branch.steps.back().step + 1;
    out.total = std::max(out.total, branch.steps.back().steps);
    const std::size_t count = std::min(kRecent, branch.steps.size());
    double seconds = 0;
    for (std::size_t i = branch.steps.size() - count; i < branch.steps.size(); ++i)
        seconds += branch.steps[i].stepSeconds;
    out.secondsPerStep = seconds / static_cast<double>(count);
    out.secondsLeft = out.secondsPerStep * static_cast<double>(std::max<std::int64_t>(0, out.total - out.done));
    return out;
}

}  // namespace armillary::widgets
