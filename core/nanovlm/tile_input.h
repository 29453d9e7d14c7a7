// A picture to the tiles that nanoVLM's encoder reads: resized with Pillow's bicubic, split, the global tile in front.
//
// Values are levels / 255 and nothing else. The global tile is made from the resized picture, in floats, so its values lie
// between levels.
// Source: get_image_processor of nanoVLM's data/processors.py with Pillow 13 and torchvision.
// Thread rule: free functions without shared state.
#pragma once

#include "base/error.h"
#include "inspect/tile_plan.h"
#include "records/image.h"

#include <ATen/core/Tensor.h>

namespace armillary::nanovlm {

struct TileInput {
    inspect::TilePlan plan;
    at::Tensor pixelValues;  // [tiles,3,side,side] float32, in the plan's order
};

// Errors: as inspect::planTiles.
[[nodiscard]] Result<TileInput> tileInputFromImage(const Image& image, const inspect::TileRules& rules);

}  // namespace armillary::nanovlm
