// The interventions by name: "interventions", "knock-out", "occlusion".
// Thread rule: as the engine.
#pragma once

#include "study/model_analysis.h"

#include <vector>

namespace armillary::intervention {

[[nodiscard]] std::vector<study::ModelAnalysis> interventionAnalyses();

}  // namespace armillary::intervention
