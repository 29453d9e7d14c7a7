// The lines that verification adds to the list of analyses: "verify" and "registration".
// Thread rule: as the engine.
#pragma once

#include "study/model_analysis.h"

#include <vector>

namespace armillary::verification {

[[nodiscard]] std::vector<study::ModelAnalysis> verificationAnalyses();

}  // namespace armillary::verification
