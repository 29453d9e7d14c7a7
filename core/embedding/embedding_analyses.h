// The analyses of this folder by name.
// Thread rule: pure.
#pragma once

#include "inspect/record_analysis.h"

#include <vector>

namespace armillary::embedding {

[[nodiscard]] std::vector<inspect::RecordAnalysis> embeddingAnalyses();

}  // namespace armillary::embedding
