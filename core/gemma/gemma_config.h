// Numbers of a Gemma 3 model's text part and the special ids around pictures, from its JSON files.
//
// Published config.json files are sparse: missing fields take the defaults of transformers' Gemma3TextConfig. Both ways of
// writing rotary positions and layer kinds are read: rope_theta, rope_local_base_freq, rope_scaling and
// sliding_window_pattern (up to transformers 4), and rope_parameters and layer_types (transformers 5).
// Thread rule: plain values.
#pragma once

#include "base/error.h"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace armillary::gemma {

// The text model alone.
struct TextConfig {
    std::int64_t vocabularySize =
        262208;                      // V: rows of the embedding table (a resized table: set before the model is loaded)
    std::int64_t hiddenSize = 2304;  // D
    std::int64_t intermediateSize = 9216;
    std::int64_t layerCount = 26;    // L
    std::int64_t queryHeads = 8;     // H
    std::int64_t keyValueHeads = 4;  // K
    std::int64_t headWidth = 256;    // C
    std::int64_t maxPositions = 131072;
    std::int64_t slidingWindow = 4096;  // a local layer sees key > query - slidingWindow
    double queryScalar = 256;           // scores are scaled by its inverse square root
    double normEpsilon = 1e-6;
    double globalTheta = 1e6;
    double globalFactor = 1;  // linear scaling: frequencies are divided by it
    double localTheta = 1e4;
    double localFactor = 1;
    std::vector<bool> layerIsGlobal;  // [L]; the others are local (sliding window)
    bool tiedEmbeddings = true;       // the head is the embedding table

    [[nodiscard]] bool isGlobal(std::int64_t layer) const { return layerIsGlobal[static_cast<std::size_t>(layer)]; }
    [[nodiscard]] double scoreScale() const;
};

struct GemmaConfig {
    TextConfig text;
    std::int64_t tokensPerImage = 256;  // M
    std::int64_t beginImageId = 255999;
    std::int64_t endImageId = 256000;
    std::int64_t imageTokenId = 262144;   // the soft token
    std::vector<std::int64_t> eosIds{1};  // ids that end an answer
};

// `config` is the content of `path` (config.json), which stands in messages. generation_config.json of `folder`, where there is one,
// wins over config.json about the ids that end an answer. Errors: FileRead (wrong types, a broken generation_config.json),
// ModelMismatch (another architecture, a rotary scaling, an activation or a quantization we do not know, numbers that do
// not fit each other).
[[nodiscard]] Result<GemmaConfig> readGemmaConfig(const nlohmann::json& config, const std::string& path,
                                                  const std::string& folder);

}  // namespace armillary::gemma
