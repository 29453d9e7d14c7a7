// The lines that verification adds to the list of analyses: "verify" and "registration".
// Thread rule: as the engine.
#pragma once

#include "study/model_analyses.h"

#include <vector>

namespace armillary::study {

[[nodiscard]] std::vector<ModelAnalysis> verificationAnalyses();

}  // namespace armillary::study
