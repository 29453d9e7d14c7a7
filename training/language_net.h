// Gemma 3's text model over batches with any mask and positions, and TheWorld's projector of latents, with gradients: what
// language::LanguageModel and fusion::WorldProjector run.
// Thread rule: used by the thread that trains.
#pragma once

#include "gemma/gemma_config.h"
#include "training/parameters.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

namespace armillary::training {

class LanguageNet {
public:
    // Makes its tensors in `parameters`, by the names of transformers 5. Query and key norms start at 0.8: their unit length
    // would bound the scores of a small model, and attention would start too soft.
    LanguageNet(Parameters& parameters, const language::DecoderConfig& config);

    // ids [...] -> [...,D]
    [[nodiscard]] at::Tensor embed(const at::Tensor& ids) const;
    struct Output {
        at::Tensor hidden;       // [B,S,D] after the final norm
        at::Tensor afterLayers;  // [B,S,D] behind `tapLayer` layers
    };
    // embeds [B,S,D], positions [B,S], mask [B,1,S,S] or [1,1,S,S] float, 0 where seen and -infinity elsewhere.
    [[nodiscard]] Output forward(const at::Tensor& embeds, const at::Tensor& positions, const at::Tensor& mask,
                                 std::int64_t tapLayer = -1) const;
    // hidden [...,D] -> [...,V]
    [[nodiscard]] at::Tensor logits(const at::Tensor& hidden) const;
    [[nodiscard]] const language::DecoderConfig& config() const { return m_config; }

private:
    [[nodiscard]] at::Tensor norm(const std::string& name, const at::Tensor& x) const;
    [[nodiscard]] at::Tensor linear(const std::string& name, const at::Tensor& x) const;

    Parameters& m_parameters;
    language::DecoderConfig m_config;
};

// TheWorld's projector of mode `spatial` and architecture `mlp_no_final_gelu`.
class WorldNet {
public:
    WorldNet(Parameters& parameters, std::int64_t channels, std::int64_t width);

    // latents [B,Z,T,h,w] -> [B,T*h*w,D]
    [[nodiscard]] at::Tensor forward(const at::Tensor& latents) const;

private:
    Parameters& m_parameters;
};

}  // namespace armillary::training
