// What is known of a model's weights and of runs' times in the one form of results: for the terminal, for files and for exported views.
// Thread rule: pure functions.
#pragma once

#include "inspect/run_timing.h"
#include "inspect/weight_memory.h"
#include "records/analysis.h"
#include "records/snapshot_difference.h"
#include "records/weight_health.h"

namespace armillary::inspect {

// Numbers of the whole and the tables "modules" and "tensors".
[[nodiscard]] AnalysisResult resultOf(const SnapshotContents& contents);
// The table "memory".
[[nodiscard]] AnalysisResult resultOf(const std::vector<WeightMemoryRow>& rows, const QuantisationRule& rule);
// The tables "parts", "weights" with a verdict a tensor, and "histograms" of the parts.
[[nodiscard]] AnalysisResult resultOf(const SnapshotHealth& health);
// The table "differences".
[[nodiscard]] AnalysisResult resultOf(const SnapshotDifference& difference);
// The tables "stages" and "layers".
[[nodiscard]] AnalysisResult resultOf(const RunTiming& timing);

// "OK", or what strikes, in a line.
[[nodiscard]] std::string remarkOf(const WeightHealth& health, bool isVector);
[[nodiscard]] std::string_view nameOf(DifferenceKind kind);

}  // namespace armillary::inspect
