// Pillow's antialiased resize, bit for bit.
// Source: Pillow 13, src/libImaging/Resample.c (8 bits per channel path); pass order and rounding in
// tests/data/README.md.
// Thread rule: free functions without shared state.
#pragma once

#include "records/image.h"

namespace armillary::picture {

enum class ResizeFilter { Bilinear, Bicubic, Lanczos };

// Any picture to any size above 0; an empty picture or size gives an empty picture, the same size the same pixels.
[[nodiscard]] Image resize(const Image& image, int heightPixels, int widthPixels, ResizeFilter filter);

}  // namespace armillary::picture
