#include "records/shown_media.h"

#include "records/temporal_grid.h"

#include <cstddef>

namespace armillary {

std::vector<std::int32_t> shownMedia(const Question& question)
{
    std::vector<std::int32_t> out;
    if (question.rawPrompt) {
        for (std::size_t i = 0; i < question.media.size(); ++i)
            out.push_back(static_cast<std::int32_t>(i));
        return out;
    }
    for (const ChatTurn& turn : question.turns)
        out.insert(out.end(), turn.mediaIndices.begin(), turn.mediaIndices.end());
    return out;
}

int stillIndex(const Question& question, std::int32_t media)
{
    const auto at = static_cast<std::size_t>(media);
    const int frames = static_cast<int>(question.media[at].frames.size());
    const int chosen = at < question.stillFrames.size() ? question.stillFrames[at] : -1;
    return chosen >= 0 && chosen < frames ? chosen : frames - 1;
}

const Image* stillPicture(const Question& question, std::int32_t media)
{
    return seenPicture(question.media[static_cast<std::size_t>(media)], stillIndex(question, media));
}

const Clip* conditionOf(const Question& question)
{
    const std::optional<RolloutRequest>& rollout = question.world.rollout;
    if (!rollout)
        return nullptr;
    return rollout->condition.frames.empty() && !question.media.empty() ? &question.media.front() : &rollout->condition;
}

std::optional<RolloutRequest> rolloutOf(const Question& question)
{
    std::optional<RolloutRequest> out = question.world.rollout;
    const Clip* condition = conditionOf(question);
    if (out && condition != &question.world.rollout->condition)
        out->condition = *condition;
    return out;
}

}  // namespace armillary
