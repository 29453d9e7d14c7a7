// The analyses that read the models' weights and change no input: their lines of the list.
// Thread rule: as the engine.
#pragma once

#include "study/model_analysis.h"

#include <vector>

namespace armillary::study {

[[nodiscard]] std::vector<ModelAnalysis> lensAnalyses();

}  // namespace armillary::study
