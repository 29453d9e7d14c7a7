// What two runs have in common and what not: settings, sizes, cost and answer, as a table; and where their answers part.
// Thread rule: pure functions; small, whatever the records hold.
#pragma once

#include "records/analysis.h"
#include "records/run_record.h"

#include <cstddef>
#include <optional>

namespace armillary::widgets {

// Columns "what", "A", "B", "same" ("yes" or "no"), rows in reading order: question, answer, sizes, cost, settings.
[[nodiscard]] AnalysisTable runDifferences(const RunRecord& a, const RunRecord& b);

// Index of the first generated token that differs, one past the shorter answer when it begins the longer one; empty when both are
// the same.
[[nodiscard]] std::optional<std::size_t> firstDifferingToken(const RunRecord& a, const RunRecord& b);

}  // namespace armillary::widgets
