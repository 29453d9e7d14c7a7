// A language model of any family: rows of embeddings in, hidden states out, logits on request.
//
// Local and global layers with their own rotary bases, grouped queries, a sliding window, blocks of positions that see both
// ways; DecoderConfig says which of these a family has. Model, cache and question are separate: one model serves many
// conversations.
// Thread rule: immutable once loaded; forward from one thread at a time.
// Source: transformers 5.23, modeling_gemma3 (Gemma3TextModel, Gemma3ForConditionalGeneration); nanoVLM's
// models/language_model.py.
#pragma once

#include "base/error.h"
#include "base/run_control.h"
#include "language/decoder_config.h"
#include "language/decoder_layer.h"
#include "language/kv_cache.h"
#include "nn/attention.h"
#include "nn/layers.h"
#include "nn/linear.h"
#include "tensors/tap.h"
#include "tensors/weights.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <stop_token>
#include <vector>

namespace armillary::language {

// [begin, end) of each picture's or crop's image tokens, in positions of the whole sequence, disjoint and rising.
using ImageBlocks = std::vector<nn::PositionRange>;

// Edges that the layers [fromLayer, toLayer) go without; what a knock-out runs with.
struct EdgeCuts {
    std::vector<nn::BlockedEdges> edges;
    std::int64_t fromLayer = 0;
    std::int64_t toLayer = 0;
};

class LanguageModel {
public:
    // Takes its tensors from `weights` (names of weight_names.h); faults are noted there, for Weights::report, and a model with
    // faults must not be used. On the CPU weights stay as stored where `format` is their type, and activations are float32;
    // on a GPU both have `format`.
    [[nodiscard]] static std::unique_ptr<LanguageModel> load(tensors::Weights& weights, const DecoderConfig& config,
                                                             at::Device device, at::ScalarType format);

    [[nodiscard]] KvCache makeCache() const { return KvCache(m_config.layerCount); }
    // Rows of the embedding table, where the family does so times sqrt(D) rounded to the weights' type: [n,D]. Ids outside the table read row 0, as the
    // reference does with image ids; other embeddings are put in their place later.
    [[nodiscard]] at::Tensor embed(const std::vector<std::int64_t>& ids) const;
    // Runs `embeds` [S,D] behind the positions in `cache` and appends theirs. Returns [S,D] after the final norm.
    // No block may lie across an end of the new positions: its earlier rows would miss its later ones. Stage "Prefill" by layers when there is more than one row.
    // Errors: Cancelled; the cache then counts no new position.
    [[nodiscard]] Result<at::Tensor> forward(const at::Tensor& embeds, KvCache& cache, const ImageBlocks& blocks,
                                             tensors::TapSink& taps, RunObserver& observer, const std::stop_token& stop,
                                             const EdgeCuts& cuts = {}) const;
    // hidden [n,D] -> [n,V] float32; with `rows` > 0 as if the table had that many rows (tokens past its end can never be chosen).
    [[nodiscard]] at::Tensor logits(const at::Tensor& hidden, std::int64_t rows = 0) const;

    [[nodiscard]] const DecoderConfig& config() const { return m_config; }
    [[nodiscard]] const DecoderLayer& layer(std::int64_t index) const
    {
        return m_layers.at(static_cast<std::size_t>(index));
    }
    [[nodiscard]] const nn::RmsNorm& finalNorm() const { return m_finalNorm; }
    // The embedding table and the head's [V,D], the same tensor where they are tied.
    [[nodiscard]] const at::Tensor& embeddingTable() const { return m_embedding; }
    [[nodiscard]] const at::Tensor& headTable() const { return m_head; }
    // What embed() multiplies the table's rows by.
    [[nodiscard]] double embedScale() const { return m_embedScale; }
    // Turns of positions [first, first + rows) in layer `index`.
    [[nodiscard]] nn::RotaryTable rotary(std::int64_t index, std::int64_t first, std::int64_t rows) const
    {
        return turnOf(m_config.isGlobal(index) ? m_globalFrequencies : m_localFrequencies, first, rows);
    }
    [[nodiscard]] at::Device device() const { return m_device; }
    // Of hidden states, keys and values.
    [[nodiscard]] at::ScalarType activationType() const { return m_activation; }
    // Bytes of one activation.
    [[nodiscard]] std::int64_t elementBytes() const
    {
        return static_cast<std::int64_t>(c10::elementSize(m_activation));
    }

private:
    LanguageModel(const DecoderConfig& config, at::Device device, at::ScalarType format);
    [[nodiscard]] nn::RotaryTable turnOf(const at::Tensor& frequencies, std::int64_t first, std::int64_t rows) const;

    DecoderConfig m_config;
    at::Device m_device;
    at::ScalarType m_activation;
    at::Tensor m_embedding;  // [V,D]
    at::Tensor m_head;       // [V,D]; the embedding table where they are tied
    double m_embedScale = 1;
    nn::RmsNorm m_finalNorm;
    at::Tensor m_globalFrequencies;
    at::Tensor m_localFrequencies;
    std::vector<DecoderLayer> m_layers;
};

}  // namespace armillary::language
