// The T5 text encoder of Cosmos-Predict2 (t5-11b's; relu or gated gelu): prompts to the rows that the transformer
// attends to.
//
// Padding is never computed: it is masked as keys and its outputs are set to zero by the pipeline, so only the text's
// own rows matter, and they come out the same.
// Thread rule: immutable once loaded; encode from one thread at a time.
// Sources: T5EncoderModel of transformers 5, Cosmos2VideoToWorldPipeline of diffusers 0.42; facts in
// tests/data/README.md ("T5").
#pragma once

#include "base/error.h"
#include "base/run_control.h"
#include "cosmos/cosmos_config.h"
#include "io/model_folder.h"
#include "nn/layers.h"
#include "nn/linear.h"
#include "tensors/tap.h"
#include "text/t5_prompt.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

namespace armillary::cosmos {

struct ModulePlace;

class T5Encoder {
public:
    // Errors: FileRead, ModelMismatch.
    [[nodiscard]] static Result<std::unique_ptr<T5Encoder>> load(const io::ModelFolder& folder, at::Device device,
                                                                 at::ScalarType format);

    // Rows [S,D] of `ids` without padding, after the final norm. Taps: Hidden, layer 0 = embeddings, the last after the
    // final norm. Stage "Text encoder". Errors: ModelMismatch (an id beyond the vocabulary, weights that are not
    // finite), Cancelled.
    [[nodiscard]] Result<at::Tensor> encode(const std::vector<std::int64_t>& ids, tensors::TapSink& taps,
                                            RunObserver& observer, const std::stop_token& stop) const;
    // What the pipeline hands to the transformer: [ids of the prompt, D], zero beyond its text. Errors: as encode.
    [[nodiscard]] Result<at::Tensor> encodePrompt(const text::T5Prompt& prompt, RunObserver& observer,
                                                  const std::stop_token& stop) const;

    // What is added to the scores of every layer: [H,S,S], float32.
    [[nodiscard]] at::Tensor positionBias(std::int64_t length) const;
    [[nodiscard]] const T5Config& config() const { return m_config; }

private:
    struct Layer {
        nn::RmsNorm attentionNorm;
        nn::Linear query, key, value, output;
        nn::RmsNorm mlpNorm;
        nn::Linear gate;  // wi, or wi_0 when gated
        nn::Linear up;    // wi_1, only when gated
        nn::Linear down;
    };

    T5Encoder(const T5Config& config, const ModulePlace& place, const std::string& tableName);
    [[nodiscard]] at::Tensor attention(const Layer& layer, const at::Tensor& x, const at::Tensor& bias) const;
    [[nodiscard]] at::Tensor mlp(const Layer& layer, const at::Tensor& x) const;

    T5Config m_config;
    at::ScalarType m_activation;
    at::Tensor m_table;         // [V,D]
    at::Tensor m_relativeBias;  // [buckets,H] float32
    std::vector<Layer> m_layers;
    nn::RmsNorm m_finalNorm;
};

// The bucket of each distance key - query. Half of the buckets are for keys after the query; in each half the first
// half is one distance each, the rest spreads logarithmically up to the largest distance.
[[nodiscard]] at::Tensor relativeBuckets(const at::Tensor& distances, const T5Config& config);

}  // namespace armillary::cosmos
