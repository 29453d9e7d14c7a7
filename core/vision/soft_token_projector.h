// Patch embeddings to image tokens of the language model's width: average pooling, norm, one product.
// Thread rule: immutable once loaded; project from one thread at a time.
// Source: Gemma3MultiModalProjector of transformers 5.23.
#pragma once

#include "nn/layers.h"
#include "nn/linear.h"
#include "tensors/tap.h"
#include "tensors/weights.h"
#include "vision/siglip_config.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>

namespace armillary::vision {

class SoftTokenProjector {
public:
    // Faults are noted in `weights`, and a projector with faults must not be used. `hiddenSize` is the language model's,
    // `tokensPerImage` as checked by readSiglipConfig.
    [[nodiscard]] static std::unique_ptr<SoftTokenProjector> load(tensors::Weights& weights, const SiglipConfig& vision,
                                                                  std::int64_t hiddenSize, std::int64_t tokensPerImage,
                                                                  at::Device device, at::ScalarType format);

    // [N,P,Dv] -> [N,M,D]
    [[nodiscard]] at::Tensor project(const at::Tensor& patches, tensors::TapSink& taps) const;

private:
    SoftTokenProjector() = default;

    std::int64_t m_patchesPerSide = 0;
    std::int64_t m_poolSize = 1;
    nn::RmsNorm m_norm;
    nn::Linear m_projection;  // [D,Dv]: the file holds it the other way round
};

}  // namespace armillary::vision
