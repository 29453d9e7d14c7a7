// SigLIP's tower and Gemma's projector of soft tokens, batched and with gradients: what vision::SiglipEncoder and
// vision::SoftTokenProjector run.
// Thread rule: used by the thread that trains.
#pragma once

#include "training/parameters.h"
#include "vision/siglip_config.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>

namespace armillary::training {

class VisionNet {
public:
    // Makes its tensors in `parameters`; `width` is the language model's.
    VisionNet(Parameters& parameters, const vision::SiglipConfig& config, std::int64_t tokensPerImage,
              std::int64_t width);

    // pixels [B,3,h,w] as the image processor gives them -> [B,M,D]
    [[nodiscard]] at::Tensor forward(const at::Tensor& pixels) const;

private:
    [[nodiscard]] at::Tensor layerNorm(const std::string& name, const at::Tensor& x) const;
    [[nodiscard]] at::Tensor linear(const std::string& name, const at::Tensor& x) const;

    Parameters& m_parameters;
    vision::SiglipConfig m_config;
    std::int64_t m_tokens;  // a side
};

}  // namespace armillary::training
