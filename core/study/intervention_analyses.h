// The interventions by name: "interventions", "knock-out", "occlusion".
// Thread rule: as the engine.
#pragma once

#include "study/model_analyses.h"

#include <vector>

namespace armillary::study {

[[nodiscard]] std::vector<ModelAnalysis> interventionAnalyses();

}  // namespace armillary::study
