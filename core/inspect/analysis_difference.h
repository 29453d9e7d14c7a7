// The difference of two results of the same analysis on two runs: what A | B | difference shows in every panel.
// Thread rule: pure function.
#pragma once

#include "base/error.h"
#include "records/analysis.h"

namespace armillary::inspect {

// `first` minus `second`: numbers by name, float arrays by name where shapes agree, number cells of tables whose rows carry
// equal texts in the same order; leading columns of places (position, layer, head ...) are those of `first`, as are arrays of whole
// numbers (states, positions, colours). What only one side has, or what does not fit, is left out and named in a caution. Errors:
// InvalidInput (results of different analyses, or nothing that could be compared).
[[nodiscard]] Result<AnalysisResult> analysisDifference(const AnalysisResult& first, const AnalysisResult& second);

}  // namespace armillary::inspect
