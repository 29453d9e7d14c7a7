// The letters of every shape comment, and checks with names in their message.
//
//   B batch                 S sequence length          D model width (hidden size)
//   H query heads           K key/value heads          C head width
//   L layers                V vocabulary               N pictures or crops
//   P patches of a picture  M soft tokens a picture    W world tokens
//   Z latent channels       T frames or latent frames  h, w rows and columns of pixels, patches or latents
//
// A broken shape is a fault of ours (files are checked when weights are read), so a failed check throws c10::Error, which
// the engine turns into ErrorCode::Internal.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <initializer_list>
#include <string_view>

namespace armillary::tensors {

// Checks that `tensor` has the sizes given; -1 accepts any size. `name` leads the message.
void checkShape(const at::Tensor& tensor, std::string_view name, std::initializer_list<std::int64_t> sizes);

}  // namespace armillary::tensors
