// nanoVLM as the pipeline asks for it: tiles, pixel-shuffled image tokens, no world.
// Thread rule: as ModelFamily.
#pragma once

#include "pipeline/model_family.h"

namespace armillary::pipeline {

// Errors: FileRead, ModelMismatch. Missing weights are noted in FamilyParts::weights.
[[nodiscard]] Result<FamilyParts> loadNanoVlmFamily(const FamilyRequest& request);

}  // namespace armillary::pipeline
