// The analyses of this folder by name.
// Thread rule: pure.
#pragma once

#include "inspect/record_analysis.h"

#include <vector>

namespace armillary::attention {

[[nodiscard]] std::vector<inspect::RecordAnalysis> attentionAnalyses();

}  // namespace armillary::attention
