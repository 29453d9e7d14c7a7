// A question and a clip as JSON: part of `armillary.run` (record_archive.h says which names).
// Thread rule: free functions without shared state. Readers throw on wrong types and missing keys; record_archive catches.
#pragma once

#include "base/error.h"
#include "records/question.h"

#include <nlohmann/json_fwd.hpp>

#include <functional>
#include <string>
#include <vector>

namespace armillary::session {

// The names of a clip's frames in a media store, and after them that of its composed grid where it has one; none where the
// pixels are not kept.
using FrameKeys = std::function<std::vector<std::string>(const Clip&)>;
// The frames of those names; none, and a noted warning, where one of them cannot be read.
using FramesByKey = std::function<std::vector<Image>(const Clip& label, const std::vector<std::string>& keys)>;

[[nodiscard]] nlohmann::json jsonFromClip(const Clip& clip, const FrameKeys& keys);
[[nodiscard]] Clip clipFromJson(const nlohmann::json& clip, const FramesByKey& frames);

[[nodiscard]] nlohmann::json jsonFromTurns(const Question& question);

// Everything of a question but turns, texts and media: crops, image attention, world, sampling, capture. The noise tensors of
// a rollout request are not in it.
[[nodiscard]] nlohmann::json jsonFromSettings(const Question& question, const FrameKeys& keys);
// Fills what jsonFromSettings wrote.
void readSettings(const nlohmann::json& settings, const FramesByKey& frames, Question& question);

// Turns that name a media which is not there would be followed later. Throws std::runtime_error.
void readTurns(const nlohmann::json& turns, Question& question);

}  // namespace armillary::session
