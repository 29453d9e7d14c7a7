// Norms and turns as core/nn computes them, batched and with gradients.
// Thread rule: pure functions.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace armillary::training {

// x / sqrt(mean(x^2) + epsilon) * factor over the last axis.
[[nodiscard]] at::Tensor rmsNorm(const at::Tensor& x, const at::Tensor& factor, double epsilon);
// Rotated halves over the last axis; cosine and sine broadcast over x [...,C] as [...,C/2].
[[nodiscard]] at::Tensor turned(const at::Tensor& x, const at::Tensor& cosine, const at::Tensor& sine);
// x [B,S,H*C] -> [B,H,S,C] and back.
[[nodiscard]] at::Tensor splitHeads(const at::Tensor& x, std::int64_t heads);
[[nodiscard]] at::Tensor joinHeads(const at::Tensor& x);
// softmax(q k^T scale + mask) v of [B,H,S,C]; `mask` may be undefined, else float and broadcast.
[[nodiscard]] at::Tensor attended(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value, double scale,
                                  const at::Tensor& mask);

}  // namespace armillary::training
