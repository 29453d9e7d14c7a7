// Bytes of a run by what they are for: captured tensors, cache of keys and values, weights, what a plan will take.
// Thread rule: pure functions; residentBytes reads one small file of the system.
#pragma once

#include "records/model_report.h"
#include "records/run_record.h"
#include "widgets/models/model_tree_model.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace armillary::widgets {

// Keys and values of one position in every layer; 0 where the record names no model. Local layers keep theirs too.
[[nodiscard]] std::int64_t cacheBytesPerPosition(const RunRecord& record);
// Of the whole sequence of the run, answer included.
[[nodiscard]] std::int64_t cacheBytes(const RunRecord& record);

// What the rows of a plan will hold at most at one time, on the device or (`onDevice` false) in main memory.
[[nodiscard]] std::int64_t forecastBytes(const MemoryPlan& plan, bool onDevice);

// Weights by part, cache, captured tensors by group; `report` may be null. `prefix` stands before the run's own rows.
[[nodiscard]] std::vector<ModelNode> memoryNodes(const ModelReport* report);
[[nodiscard]] std::vector<ModelNode> memoryNodes(const RunRecord& record, const QString& prefix);

// Main memory that this process holds now; nothing where the system does not tell.
[[nodiscard]] std::optional<std::int64_t> residentBytes();

}  // namespace armillary::widgets
