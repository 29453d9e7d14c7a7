// Which media a question shows, in which order, which frame of each, and what a rollout goes on from.
// Thread rule: free functions on immutable values; from any thread.
#pragma once

#include "records/question.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace armillary {

// Indices into `Question::media` in the order in which the prompt shows them: a raw prompt each once, turns as they name them.
[[nodiscard]] std::vector<std::int32_t> shownMedia(const Question& question);
// The frame of a media that is its still: the chosen one, or the last where none is chosen; -1 where its clip has none.
[[nodiscard]] int stillIndex(const Question& question, std::int32_t media);
// What the vision tower sees of a media: its grid, or its still; null where the record has lost it.
[[nodiscard]] const Image* stillPicture(const Question& question, std::int32_t media);
// The frames that a question's rollout goes on from: its own, or those of the first media where it names none; null where nothing
// is predicted. Lives in `question`.
[[nodiscard]] const Clip* conditionOf(const Question& question);
// What the world model is asked to predict for a question, if anything, with the frames of conditionOf(): a copy of all of
// them.
[[nodiscard]] std::optional<RolloutRequest> rolloutOf(const Question& question);

}  // namespace armillary
