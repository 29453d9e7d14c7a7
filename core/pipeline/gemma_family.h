// Gemma 3 as the pipeline asks for it: one square picture and its crops, average-pooled image tokens, world tokens.
// Thread rule: as ModelFamily.
#pragma once

#include "pipeline/model_family.h"

namespace armillary::pipeline {

// Errors: FileRead, ModelMismatch. Missing weights are noted in FamilyParts::weights.
[[nodiscard]] Result<FamilyParts> loadGemmaFamily(const FamilyRequest& request);

}  // namespace armillary::pipeline
