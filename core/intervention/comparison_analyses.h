// The comparison and the training loss by name: "compare", "training-loss".
// Thread rule: as the engine.
#pragma once

#include "study/model_analysis.h"

#include <vector>

namespace armillary::intervention {

[[nodiscard]] std::vector<study::ModelAnalysis> comparisonAnalyses();

}  // namespace armillary::intervention
