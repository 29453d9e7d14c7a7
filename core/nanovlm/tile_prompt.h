// The sequence of a question to nanoVLM before any heavy step: rendered text, ids, and which tile every image token belongs to.
//
// A picture stands in front of its turn's text: its number when there are several, then marker and image tokens of the global
// tile, then, where there is more than one, of every tile. Markers are control tokens whose origin names their tile.
// Source: get_image_string of nanoVLM's data/processors.py, and its chat template.
// Thread rule: free functions without shared state.
#pragma once

#include "base/error.h"
#include "inspect/tile_plan.h"
#include "nanovlm/nanovlm_config.h"
#include "nn/attention.h"
#include "records/question.h"
#include "records/token_layout.h"
#include "text/tokenizer.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace armillary::nanovlm {

struct TiledPicture {
    std::int32_t media = 0;
    inspect::TilePlan plan;
};

struct TilePrompt {
    std::string rendered;
    std::shared_ptr<const TokenLayout> layout;
    std::vector<std::int64_t> imageRows;         // positions of image tokens, in order of picture, tile, row, column
    std::vector<nn::PositionRange> imageBlocks;  // of each tile's image tokens
};

// What the prompt says in place of the pictures, which are all that it has.
[[nodiscard]] std::string imageString(const std::vector<TiledPicture>& pictures, const NanoVlmConfig& config);

// `pictures` in the order in which they are shown. A raw prompt holds every marker and image token itself.
// Errors: InvalidInput (no turn, a raw prompt without its pictures' tokens, more than `mostPositions`).
[[nodiscard]] Result<TilePrompt> planTilePrompt(const Question& question, const std::vector<TiledPicture>& pictures,
                                                const text::Tokenizer& tokenizer, const NanoVlmConfig& config,
                                                std::int64_t mostPositions);

}  // namespace armillary::nanovlm
