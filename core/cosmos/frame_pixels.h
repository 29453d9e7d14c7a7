// Pictures to the tensors that the video autoencoder reads, and its output to pictures.
// Source: VideoProcessor of diffusers 0.42 (preprocess, postprocess), without its resize.
// Thread rule: free functions without shared state.
#pragma once

#include "base/error.h"
#include "records/image.h"
#include "records/question.h"

#include <ATen/core/Tensor.h>

#include <span>
#include <vector>

namespace armillary::cosmos {

// Pictures of one size -> [3,F,h,w] float32 in 0...255 or -1...1. Errors: InvalidInput (none, or of different sizes).
[[nodiscard]] Result<at::Tensor> framesFromImages(std::span<const Image> images, PixelRange range);

// Decoded frames [3,F,h,w] in -1...1 -> [F,h,w,3] uint8 on the CPU; as the reference, values are truncated, not
// rounded.
[[nodiscard]] at::Tensor pixelsFromFrames(const at::Tensor& frames);

// [F,h,w,3] uint8 on the CPU -> F pictures.
[[nodiscard]] std::vector<Image> imagesFromPixels(const at::Tensor& pixels);

}  // namespace armillary::cosmos
