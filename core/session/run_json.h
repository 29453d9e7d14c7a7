// A run as JSON, all but its tensors: the object of `armillary.run` (record_archive.h says which names).
// Thread rule: free functions without shared state. Readers throw on wrong types and missing keys; record_archive catches.
#pragma once

#include "records/run_record.h"
#include "session/question_json.h"

#include <nlohmann/json.hpp>

namespace armillary::session {

[[nodiscard]] nlohmann::json jsonFromRun(const RunRecord& record, const FrameKeys& keys);

// Fills what jsonFromRun wrote, but the layout and the frames of a rollout.
void readRun(const nlohmann::json& run, const FramesByKey& frames, RunRecord& record);
void readGrids(const nlohmann::json& run, TokenLayout& layout);

}  // namespace armillary::session
