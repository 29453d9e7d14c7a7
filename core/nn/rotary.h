// One-dimensional rotary positions with rotated halves: (a, b) -> (a cos - b sin, b cos + a sin), a and b the two halves of a head.
// Source: rotate_half and Gemma3RotaryEmbedding of transformers 5.
// Thread rule: free functions without shared state.
#pragma once

#include "nn/layers.h"

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace armillary::nn {

// theta^(-2i/C) / factor for i of [0, C/2): [C/2] float32 on the CPU. `factor` is that of linear scaling, 1 for none.
[[nodiscard]] at::Tensor inverseFrequencies(std::int64_t headWidth, double theta, double factor);

// Cosines and sines of positions [first, first + count) times each frequency.
struct RotaryTable {
    at::Tensor cosine;  // [S,C/2] float32
    at::Tensor sine;    // [S,C/2] float32
};

[[nodiscard]] RotaryTable rotaryTable(const at::Tensor& inverseFrequencies, std::int64_t first, std::int64_t count,
                                      at::Device device);

// x [S,H,C] -> [S,H,C]: the turn alone.
[[nodiscard]] at::Tensor turn(const at::Tensor& x, const RotaryTable& table);
// x [S,H,C] -> [S,H,C]: the norm per head, then the turn. `x` may be overwritten.
[[nodiscard]] at::Tensor normAndTurn(at::Tensor x, const RmsNorm& norm, const RotaryTable& table);

}  // namespace armillary::nn
