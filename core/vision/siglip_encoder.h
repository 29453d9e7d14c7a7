// SigLIP's vision tower: pixel values in, one embedding a patch out.
//
// Patch convolution and learned positions, pre-norm layers with biases everywhere, no class token, no pooling head.
// Thread rule: immutable once loaded; encode from one thread at a time.
// Source: SiglipVisionModel of transformers 5.23 as Gemma 3 configures it.
#pragma once

#include "base/error.h"
#include "base/run_control.h"
#include "nn/layers.h"
#include "nn/linear.h"
#include "tensors/tap.h"
#include "tensors/weights.h"
#include "vision/siglip_config.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <stop_token>
#include <vector>

namespace armillary::vision {

class SiglipEncoder {
public:
    // Faults are noted in `weights`, and an encoder with faults must not be used. Number formats as GemmaModel::load.
    [[nodiscard]] static std::unique_ptr<SiglipEncoder> load(tensors::Weights& weights, const SiglipConfig& config,
                                                             at::Device device, at::ScalarType format);

    // pixels [N,3,h,w] -> [N,P,Dv], one picture or crop at a time, so that memory does not grow with N but for the result.
    // Taps get [1,P,Dv] per picture, in order. Stage "SigLIP" by layers of all pictures.
    // Errors: Cancelled (polled between parts of a layer, well below a second apart on a small machine).
    [[nodiscard]] Result<at::Tensor> encode(const at::Tensor& pixels, tensors::TapSink& taps, RunObserver& observer,
                                            const std::stop_token& stop) const;
    // Queries, keys and values that layer `layer` makes of its input [P,Dv], as its kernel receives them: [P,heads,C] each.
    struct Heads {
        at::Tensor query, key, value;
    };
    [[nodiscard]] Heads heads(std::int64_t layer, const at::Tensor& hidden) const;
    // Scores are this times q . k.
    [[nodiscard]] double scoreScale() const;
    // Attention of layer `layer` from its input, explicitly: [N,P,Dv] -> [N,heads,P,P] float32.
    [[nodiscard]] at::Tensor attentionProbabilities(std::int64_t layer, const at::Tensor& hidden) const;

    [[nodiscard]] const SiglipConfig& config() const { return m_config; }

private:
    struct Layer {
        nn::LayerNorm attentionNorm, mlpNorm;
        nn::Linear query, key, value, output, up, down;
    };

    SiglipEncoder(const SiglipConfig& config, at::Device device, at::ScalarType format);
    [[nodiscard]] at::Tensor embed(const at::Tensor& picture) const;
    [[nodiscard]] Heads headsOf(const Layer& layer, const at::Tensor& x) const;
    [[nodiscard]] Result<at::Tensor> attention(const Layer& layer, const at::Tensor& x,
                                               const std::stop_token& stop) const;
    [[nodiscard]] Result<at::Tensor> mlp(const Layer& layer, const at::Tensor& x, const std::stop_token& stop) const;

    SiglipConfig m_config;
    at::Device m_device;
    at::ScalarType m_activation;
    nn::Linear m_patch;     // the patch convolution as a product: its stride is its size
    at::Tensor m_position;  // [P,Dv]
    nn::LayerNorm m_finalNorm;
    std::vector<Layer> m_layers;
};

}  // namespace armillary::vision
