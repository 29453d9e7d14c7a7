// Puts what the models are given into a record: the pictures of the vision encoder and the frames of the video autoencoder.
// Thread rule: free functions; as the thread that runs the question.
#pragma once

#include "inspect/model_inputs.h"
#include "vision/image_input.h"

#include <ATen/core/Tensor.h>

namespace armillary::pipeline {

// Of the values that pictures are given to the encoder in.
[[nodiscard]] inspect::PixelScale scaleOf(const vision::ImageInputConfig& config);
// `values` [crops,3,h,w] float32 on the CPU, as the encoder is given them.
void keepVisionInput(RunRecord& record, int media, const at::Tensor& values, const inspect::PixelScale& scale);
// `frames` [3,F,h,w] float32 on the CPU, as the autoencoder is given them.
void keepVaeInput(RunRecord& record, int media, const at::Tensor& frames, PixelRange range);

}  // namespace armillary::pipeline
