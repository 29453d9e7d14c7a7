// The names of a nanoVLM checkpoint brought to those that the shared parts ask for.
//
//   decoder.blocks.N.X         language_model.layers.N.X           (language/weight_names.h)
//   vision_encoder.blocks.N.X  vision_tower.encoder.layers.N.X     (vision/siglip_encoder.cpp)
//   MP.proj.weight             multi_modal_projector.projection.weight
//
// The saved file drops one of two tied tensors: it may hold the head and not the embedding table.
// Thread rule: free functions without shared state.
#pragma once

#include "io/model_folder.h"
#include "tensors/weights.h"

#include <memory>
#include <string>

namespace armillary::nanovlm {

inline constexpr const char* kProjectionName = "multi_modal_projector.projection.weight";

// Names of other models come back unchanged; an empty result is a tensor that is computed, not read.
[[nodiscard]] std::string canonicalNanoVlmName(const std::string& stored, bool headIsTable);

// The folder's tensors under canonical names, fused projections of the vision encoder taken apart.
[[nodiscard]] std::unique_ptr<tensors::Weights> nanoVlmWeights(const io::ModelFolder& folder, bool tiedEmbeddings);

}  // namespace armillary::nanovlm
