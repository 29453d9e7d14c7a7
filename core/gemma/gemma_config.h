// Numbers of a Gemma 3 model's text part and the special ids around pictures, from its JSON files.
//
// Published config.json files are sparse: missing fields take the defaults of transformers' Gemma3TextConfig. Both ways of
// writing rotary positions and layer kinds are read: rope_theta, rope_local_base_freq, rope_scaling and
// sliding_window_pattern (up to transformers 4), and rope_parameters and layer_types (transformers 5).
// Thread rule: plain values.
#pragma once

#include "base/error.h"
#include "language/decoder_config.h"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace armillary::gemma {

using TextConfig = language::DecoderConfig;

// Gemma 3's form, and the numbers that a sparse config.json leaves out.
[[nodiscard]] TextConfig defaultTextConfig();

struct GemmaConfig {
    TextConfig text = defaultTextConfig();
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
