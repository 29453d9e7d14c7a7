// The comparison and the training loss by name: "compare", "training-loss".
// Thread rule: as the engine.
#pragma once

#include "study/model_analyses.h"

#include <vector>

namespace armillary::study {

[[nodiscard]] std::vector<ModelAnalysis> comparisonAnalyses();

}  // namespace armillary::study
