// Convolutions over frames that come one at a time: in time they see the frames given and nothing later, in space they
// keep, halve or double the picture.
//
// A 3x3x3 kernel over the last three frames is one 2-D convolution over their channels side by side, done in bands of
// rows, so that temporary memory stays small whatever the picture's size. Arithmetic is float32 on the CPU even where
// frames are kept in bfloat16.
// Thread rule: immutable once made.
// Source of the arithmetic: WanCausalConv3d and WanResample of diffusers 0.42 (autoencoder_kl_wan.py).
#pragma once

#include "tensors/weights.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <deque>
#include <string>

namespace armillary::cosmos {

enum class ConvSpace {
    Point,    // 1x1
    Same,     // 3x3, zero padding of 1
    Halved,   // 3x3 with stride 2, zero padding right and below: floor(n/2)
    Doubled,  // nearest-exact x2, then as Same
};

class FrameConv {
public:
    FrameConv() = default;
    // Takes `name`.weight [out,in,taps,k,k] (no axis for taps when `isPlane`) and `name`.bias [out].
    FrameConv(tensors::Weights& weights, const std::string& name, std::int64_t out, std::int64_t in, std::int64_t taps,
              ConvSpace space, bool isPlane, at::Device device, at::ScalarType format);

    // `frames` [1,in,h,w], oldest first, the last one is now; at most `taps` of them, and the missing earlier ones are
    // black (zero). -> [1,out,h',w']
    [[nodiscard]] at::Tensor forward(const std::deque<at::Tensor>& frames) const;
    [[nodiscard]] at::Tensor forward(const at::Tensor& frame) const { return forward(std::deque<at::Tensor>{frame}); }

private:
    [[nodiscard]] at::Tensor forwardRows(const std::deque<at::Tensor>& frames, const at::Tensor& weight,
                                         std::int64_t first, std::int64_t end) const;

    at::Tensor m_weight;  // [out, taps*in, k, k]
    at::Tensor m_bias;
    std::int64_t m_in = 0;
    std::int64_t m_taps = 1;
    ConvSpace m_space = ConvSpace::Same;
};

}  // namespace armillary::cosmos
