// Vector-Jacobian products of a decoder layer, written by hand: weights may be read-only inference tensors in bfloat16, and no
// attention map is ever held whole.
//
// A layer is computed once more from its stored input, attention a tile of query rows at a time. Gradients are float32.
// Thread rule: as DecoderLayer.
#pragma once

#include "base/error.h"
#include "language/decoder_layer.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <stop_token>

namespace armillary::language {

// x [...,D], gradient [...,D] of the norm's output -> gradient of x [...,D].
[[nodiscard]] at::Tensor rmsNormBackward(const nn::RmsNorm& norm, const at::Tensor& x, const at::Tensor& gradient);
// gradient [n,out] -> [n,in]; other number formats are widened a block of weights at a time.
[[nodiscard]] at::Tensor linearBackward(const nn::Linear& linear, const at::Tensor& gradient);
// Gradient [S,H,C] behind norm and turn, raw [S,H,C] before them -> gradient before them.
[[nodiscard]] at::Tensor normAndTurnBackward(const at::Tensor& raw, const nn::RmsNorm& norm,
                                             const nn::RotaryTable& turn, const at::Tensor& gradient);

// Attention of query rows [first, first + n) to the keys [keys.begin, keys.end), and the gradient of its softmax weights.
struct AttentionTile {
    std::int64_t first = 0;
    nn::PositionRange keys;
    at::Tensor weights;   // [H,n,keys], 0 where masked
    at::Tensor gradient;  // [H,n,keys] dy/dA
};

struct LayerBackwardPass {
    const nn::AttentionMask& mask;
    const nn::RotaryTable& turn;  // of all rows
    const std::stop_token& stop;
    std::function<void(const AttentionTile&)> visit;  // called once a tile; may be empty
    std::int64_t tileRows = 0;                        // query rows at a time; 0: as many as a tile of 32 MB holds
};

struct LayerBackward {
    at::Tensor gradient;        // [S,D] of the layer's input
    at::Tensor output;          // [S,D] of the layer, computed again
    double attentionError = 0;  // largest |A V - the kernel's output|, relative to the largest |value| of the latter
};

// x [S,D], the layer's input at positions [0, S); gradient [S,D] of its output. Errors: Cancelled (polled between tiles).
[[nodiscard]] Result<LayerBackward> backward(const DecoderLayer& layer, const at::Tensor& x, const at::Tensor& gradient,
                                             const LayerBackwardPass& pass);

}  // namespace armillary::language
