// One decoder layer of Gemma 3: attention and gated MLP, each between two norms, each added to what came in.
// Source: transformers 5.23, modeling_gemma3 (Gemma3DecoderLayer, Gemma3Attention, Gemma3MLP).
// Thread rule: immutable once loaded; forward from one thread at a time.
#pragma once

#include "base/error.h"
#include "gemma/gemma_config.h"
#include "gemma/kv_cache.h"
#include "nn/attention.h"
#include "nn/layers.h"
#include "nn/linear.h"
#include "nn/rotary.h"
#include "tensors/tap.h"
#include "tensors/weights.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <stop_token>

namespace armillary::gemma {

// What a layer reads beside its input. Turns and masks are those of the layer's kind, global or local.
struct LayerPass {
    KvCache& cache;
    const nn::AttentionMask& mask;
    const nn::RotaryTable& turn;
    std::int64_t first = 0;  // position of the first row
    tensors::TapSink& taps;
    const std::stop_token& stop;
};

// The parts of a layer by name, for analyses that go through it step by step. Valid as long as the layer.
struct GemmaLayerParts {
    std::int64_t queryHeads;     // H
    std::int64_t keyValueHeads;  // K
    std::int64_t headWidth;      // C
    double scoreScale;
    const nn::RmsNorm &inputNorm, &postAttentionNorm, &preMlpNorm, &postMlpNorm, &queryNorm, &keyNorm;
    const nn::Linear &query, &key, &value, &output, &gate, &up, &down;
};

class GemmaLayer {
public:
    // Takes the tensors of layer `index`; faults are noted in `weights`.
    GemmaLayer(tensors::Weights& weights, const TextConfig& config, std::int64_t index, at::Device device,
               at::ScalarType format);

    // x [S,D] -> [S,D]; appends keys and values to the cache without counting them. `x` is used up.
    // Errors: Cancelled (polled between blocks of rows, well below a second apart on a small machine).
    [[nodiscard]] Result<at::Tensor> forward(at::Tensor x, const LayerPass& pass) const;

    [[nodiscard]] GemmaLayerParts parts() const
    {
        return {m_queryHeads, m_keyValueHeads, m_headWidth, m_scoreScale, m_inputNorm, m_postAttentionNorm,
                m_preMlpNorm, m_postMlpNorm,   m_queryNorm, m_keyNorm,    m_query,     m_key,
                m_value,      m_output,        m_gate,      m_up,         m_down};
    }

private:
    [[nodiscard]] Result<at::Tensor> attention(const at::Tensor& x, const LayerPass& pass) const;
    [[nodiscard]] Result<at::Tensor> mlp(const at::Tensor& x, const std::stop_token& stop) const;

    std::int64_t m_index;
    std::int64_t m_queryHeads;
    std::int64_t m_keyValueHeads;
    std::int64_t m_headWidth;
    double m_scoreScale;
    nn::RmsNorm m_inputNorm, m_postAttentionNorm, m_preMlpNorm, m_postMlpNorm;
    nn::RmsNorm m_queryNorm, m_keyNorm;
    nn::Linear m_query, m_key, m_value, m_output, m_gate, m_up, m_down;
};

}  // namespace armillary::gemma
