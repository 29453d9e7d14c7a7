// The judgements of the checks about the sequence: counts and lengths (W7, W8), who sees whom (V6, W9), and what the world does to
// the answer (W14-W16). They run no model.
// Thread rule: pure functions over tensors on any device.
#pragma once

#include "nn/attention.h"
#include "records/question.h"
#include "verification/verification_check.h"

#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace armillary::verification {

// W7. What the clip of `frames` at this size must give, and what there is.
struct WorldCount {
    std::int64_t frames = 1, heightPixels = 0, widthPixels = 0;  // as the VAE saw them
    std::int64_t framesPerLatent = 4, pixelsPerLatent = 8;
    bool byChannel = false;                 // one token a latent channel of each latent frame
    std::array<std::int64_t, 4> latents{};  // Z, T, h, w as found
    std::int64_t tokens = 0;                // rows of the projection
    std::int64_t slots = 0;                 // world positions of the sequence
    std::int64_t expectedSlots = 0;         // the same; 1 for the pooled option
};
[[nodiscard]] Judgement judgeWorldCount(const WorldCount& count, double threshold);

// W8.
struct FusedLength {
    FusionOption fusion = FusionOption::Brackets;
    std::int64_t fused = 0;   // positions of the fused sequence
    std::int64_t prompt = 0;  // S of the prompt before fusion, brackets included
    std::int64_t start = -1;  // where its brackets stand, -1 without
    std::int64_t end = -1;
    std::int64_t worldTokens = 0;                // put in
    std::int64_t placeholders = 0;               // tokens of the prompt that world tokens replace (options 4A, 4B, 4C)
    std::vector<std::int64_t> bracketPositions;  // in the fused sequence
    std::vector<std::string> dropped;            // pieces between the brackets that were cut out
};
[[nodiscard]] std::int64_t lawfulLength(const FusedLength& length);
[[nodiscard]] Judgement judgeFusedLength(const FusedLength& length, double threshold);

// Which rows after each layer change when the embedding of one position is changed: what was seen, not what the mask says.
struct Probe {
    std::int64_t position = 0;
    std::vector<std::vector<bool>> changed;  // [layers run][S]
};

// What a run says about who sees whom.
struct MaskRules {
    std::int64_t length = 0;                // S
    std::int64_t window = 0;                // of local layers: key > query - window
    std::vector<bool> layerIsGlobal;        // [L]
    std::vector<nn::PositionRange> blocks;  // bidirectional ones; empty when image tokens are causal

    [[nodiscard]] bool sees(std::size_t layer, std::int64_t query, std::int64_t key) const;
    // After each of the first `layers` layers, the rows that a change of `position` can have reached.
    [[nodiscard]] std::vector<std::vector<bool>> reach(std::int64_t position, std::size_t layers) const;
};

// One query's softmax weights, recomputed from queries and keys.
struct WeightRow {
    std::size_t layer = 0;
    std::int64_t query = 0;
    at::Tensor weights;  // [H,S]
};

// V6. `probe` changed the last token of `block`. `isBidirectional` is what the run's setting says; a causal block is true to its
// setting and yet a warning, because Gemma 3 was trained with the other.
[[nodiscard]] Judgement judgeImageBlock(const Probe& probe, const nn::PositionRange& block, bool isBidirectional,
                                        double threshold);

// W9. `worldRows` are the world's positions, `imageBlocks` the picture's whether or not they are bidirectional in this run.
[[nodiscard]] Judgement judgeMask(const MaskRules& rules, const std::vector<Probe>& probes,
                                  const std::vector<WeightRow>& rows, const std::vector<std::int64_t>& worldRows,
                                  const std::vector<nn::PositionRange>& imageBlocks, double threshold);

// W14. Logits [V] of the last position: of the fused sequence with its world taken out, and of the prompt asked without a world.
// `differentPiece` names the first token in which both prompts differ, if any.
[[nodiscard]] Judgement judgeWorldOff(const at::Tensor& reduced, const at::Tensor& plain,
                                      const std::optional<std::string>& differentPiece, double threshold);

// KL(p || q) of the softmax of two rows of logits [V], in bits.
[[nodiscard]] double divergenceBits(const at::Tensor& logits, const at::Tensor& others);
// W15. Logits [V] of the first answer token.
struct WorldInfluence {
    at::Tensor real, off, shuffled, noise;
};
[[nodiscard]] Judgement judgeInfluence(const WorldInfluence& influence, const std::vector<std::int64_t>& worldRows,
                                       double threshold);

// W16. Lengths of keys and values after prefill and after one more token, and how far that token's logits move when the world's keys
// and values are blanked.
struct DecodingWorld {
    std::int64_t fused = 0, cachedAfterPrefill = 0, cachedAfterToken = 0;
    double logitChange = 0;
};
[[nodiscard]] Judgement judgeDecoding(const DecodingWorld& decoding, double threshold);

}  // namespace armillary::verification
