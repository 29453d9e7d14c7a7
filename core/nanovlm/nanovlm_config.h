// Numbers of a nanoVLM checkpoint, from its one config.json: vision encoder, language model, tiles, extra tokens.
// Source: VLMConfig of nanoVLM's models/config.py.
// Thread rule: plain values.
#pragma once

#include "base/error.h"
#include "inspect/tile_plan.h"
#include "io/model_folder.h"
#include "language/decoder_config.h"
#include "vision/siglip_config.h"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace armillary::nanovlm {

struct NanoVlmConfig {
    language::DecoderConfig text;
    vision::SiglipConfig vision;
    inspect::TileRules tiles;
    std::int64_t shuffleFactor = 4;                  // patches a side that pixel shuffle joins to one token
    std::vector<std::string> addedTokens;            // numbered after the tokenizer's own, in this order
    std::map<std::string, std::string> tokenByRole;  // "image_token", "global_image_token", "r1c2" -> its text
    std::string tokenizerFolder;
};

// Whether the content of a config.json is a nanoVLM's.
[[nodiscard]] bool isNanoVlm(const nlohmann::json& config);

// Errors: FileRead (wrong types), ModelMismatch (numbers that do not fit, a form or a chat template we do not know, a tokenizer
// that is no folder here).
[[nodiscard]] Result<NanoVlmConfig> readNanoVlmConfig(const io::ModelFolder& folder);

}  // namespace armillary::nanovlm
