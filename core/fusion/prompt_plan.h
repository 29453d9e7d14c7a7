// The fused sequence before any heavy step: which vocabulary ids, image tokens and world tokens stand where, for each
// integration option of the design notes. Its layout can be drawn, and a prompt that is too long refused, in milliseconds.
//
// Thread rule: free functions without shared state; plans are plain values.
#pragma once

#include "base/error.h"
#include "nn/attention.h"
#include "records/question.h"
#include "records/token_layout.h"
#include "text/tokenizer.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace armillary::fusion {

// The special tokens that hold or stand for world tokens.
struct WorldTokenNames {
    std::string start = "<start_of_world>";
    std::string end = "<end_of_world>";
    std::string single = "<the_world>";
    std::string indexed = "<the_world_{i}>";
    // TheWorld's published code puts the two brackets behind position 0 of the tokenized prompt; the design notes write them
    // into the text of the first user turn, with a space between.
    bool bracketsInText = false;
};

// How many world tokens there will be and what grid they come from; known from the latents' shape before they exist.
struct WorldGrid {
    std::int64_t latentFrames = 1;  // T
    std::int64_t rows = 0;          // h of the latents
    std::int64_t columns = 0;       // w of the latents
    std::int64_t channels = 0;      // > 0: channel mode, one token a latent channel (of each latent frame)
    std::int32_t media = 0;

    [[nodiscard]] std::int64_t tokenCount() const
    {
        return channels > 0 ? channels * latentFrames : latentFrames * rows * columns;
    }
    // Where world token `index` comes from: frame, row, column; or frame alone in channel mode.
    [[nodiscard]] TokenOrigin origin(std::int64_t index) const;
};

// One picture as SigLIP sees it: the crops that stand behind one <start_of_image>.
struct PicturePlan {
    std::int32_t media = 0;
    std::vector<PixelBox> crops;  // [0] the whole picture
};

struct PromptNumbers {
    std::int64_t imageTokenId = 0;  // of an image soft token
    int tokensPerImage = 256;
    std::int64_t maxPositions = 131072;
};

struct PromptPlan {
    std::string rendered;                       // the chat template's text, one <start_of_image> a picture
    std::shared_ptr<const TokenLayout> layout;  // [S] of the fused sequence
    std::vector<std::int64_t> imageRows;  // fused positions of image tokens, in order of picture, crop, row, column
    std::vector<std::int64_t> worldRows;  // fused positions of world tokens, in their order; one for Pooled
    std::vector<nn::PositionRange> imageBlocks;  // of each crop's image tokens
    std::int64_t vocabularyRows =
        0;  // rows the embedding table has in the reference after resize_token_embeddings; 0 = all
    std::vector<std::string> droppedPieces;  // tokens between the brackets that the fusion cut out
};

// `pictures` in the order their <start_of_image> come. `world` is ignored with FusionOption::None.
// Errors: InvalidInput (roles that do not alternate, a raw prompt without its pictures' or world's tokens, more positions
// than the model has).
[[nodiscard]] Result<PromptPlan> planPrompt(const Question& question, FusionOption fusion,
                                            const std::shared_ptr<const text::Tokenizer>& tokenizer,
                                            const std::vector<PicturePlan>& pictures, const WorldGrid& world,
                                            const WorldTokenNames& names, const PromptNumbers& numbers);

}  // namespace armillary::fusion
