// One decoder layer: attention and gated MLP, each behind a norm, in some families before another one, each added to what came in.
// Source: transformers 5.23, modeling_gemma3 (Gemma3DecoderLayer, Gemma3Attention, Gemma3MLP), and nanoVLM's
// models/language_model.py.
// Thread rule: immutable once loaded; forward from one thread at a time.
#pragma once

#include "base/error.h"
#include "language/decoder_config.h"
#include "language/kv_cache.h"
#include "nn/attention.h"
#include "nn/layers.h"
#include "nn/linear.h"
#include "nn/rotary.h"
#include "tensors/tap.h"
#include "tensors/weights.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <stop_token>

namespace armillary::language {

// What a layer reads beside its input. Turns and masks are those of the layer's kind, global or local.
struct LayerPass {
    KvCache& cache;
    const nn::AttentionMask& mask;
    const nn::RotaryTable& turn;
    std::int64_t first = 0;  // position of the first row
    tensors::TapSink& taps;
    const std::stop_token& stop;
};

// The parts of a layer by name, for analyses that go through it step by step. Norms that the family lacks hand their rows
// through. Valid as long as the layer.
struct LayerParts {
    std::int64_t queryHeads;     // H
    std::int64_t keyValueHeads;  // K
    std::int64_t headWidth;      // C
    double scoreScale;
    Activation activation;
    const nn::RmsNorm &inputNorm, &postAttentionNorm, &preMlpNorm, &postMlpNorm, &queryNorm, &keyNorm;
    const nn::Linear &query, &key, &value, &output, &gate, &up, &down;
};

// The gate's activation, in place.
at::Tensor& activateInPlace(Activation activation, at::Tensor& x);

class DecoderLayer {
public:
    // Takes the tensors of layer `index`; faults are noted in `weights`.
    DecoderLayer(tensors::Weights& weights, const DecoderConfig& config, std::int64_t index, at::Device device,
                 at::ScalarType format);

    // x [S,D] -> [S,D]; appends keys and values to the cache without counting them. `x` is used up.
    // Errors: Cancelled (polled between blocks of rows, well below a second apart on a small machine).
    [[nodiscard]] Result<at::Tensor> forward(at::Tensor x, const LayerPass& pass) const;

    [[nodiscard]] LayerParts parts() const
    {
        return {
            m_queryHeads, m_keyValueHeads, m_headWidth, m_scoreScale, m_activation, m_inputNorm, m_postAttentionNorm,
            m_preMlpNorm, m_postMlpNorm,   m_queryNorm, m_keyNorm,    m_query,      m_key,       m_value,
            m_output,     m_gate,          m_up,        m_down};
    }

private:
    [[nodiscard]] Result<at::Tensor> attention(const at::Tensor& x, const LayerPass& pass) const;
    [[nodiscard]] Result<at::Tensor> mlp(const at::Tensor& x, const std::stop_token& stop) const;

    std::int64_t m_index;
    std::int64_t m_queryHeads;
    std::int64_t m_keyValueHeads;
    std::int64_t m_headWidth;
    double m_scoreScale;
    Activation m_activation;
    nn::RmsNorm m_inputNorm, m_postAttentionNorm, m_preMlpNorm, m_postMlpNorm;
    nn::RmsNorm m_queryNorm, m_keyNorm;
    nn::Linear m_query, m_key, m_value, m_output, m_gate, m_up, m_down;
};

}  // namespace armillary::language
