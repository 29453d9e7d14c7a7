// The namings of Gemma 3 checkpoints brought to one.
//
//   published files        language_model.model.X   vision_tower.vision_model.X   multi_modal_projector.X
//   transformers 5         language_model.model.X   vision_tower.X                multi_modal_projector.X
//   memory, TheWorld       model.language_model.X   model.vision_tower.X          model.multi_modal_projector.X
//   here (language/)       language_model.X         vision_tower.X                multi_modal_projector.X
//
// The head is `lm_head.weight` or `language_model.lm_head.weight`, here the latter.
// Thread rule: free functions without shared state.
#pragma once

#include <string>

namespace armillary::gemma {

// Names of other models come back unchanged.
[[nodiscard]] std::string canonicalGemmaName(const std::string& stored);

}  // namespace armillary::gemma
