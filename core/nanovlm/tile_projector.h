// Patch embeddings to image tokens by pixel shuffle: square blocks of patches side by side, then one product.
// Thread rule: immutable once loaded; project from one thread at a time.
// Source: nanoVLM's models/modality_projector.py.
#pragma once

#include "nn/linear.h"
#include "tensors/weights.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>

namespace armillary::nanovlm {

// [N,P,Dv] -> [N,P/f^2,f*f*Dv]: tokens by block row and column, features by row in the block, column in the block, channel.
// P is the square of a multiple of `factor`.
[[nodiscard]] at::Tensor pixelShuffle(const at::Tensor& patches, std::int64_t factor);

class TileProjector {
public:
    // Faults are noted in `weights`, and a projector with faults must not be used.
    [[nodiscard]] static std::unique_ptr<TileProjector> load(tensors::Weights& weights, std::int64_t visionWidth,
                                                             std::int64_t hiddenSize, std::int64_t factor,
                                                             at::Device device, at::ScalarType format);

    // [N,P,Dv] -> [N,M,D]
    [[nodiscard]] at::Tensor project(const at::Tensor& patches) const;

private:
    TileProjector() = default;

    std::int64_t m_factor = 1;
    nn::Linear m_projection;
};

}  // namespace armillary::nanovlm
