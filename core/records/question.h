// What a person asks: media, conversation, and every setting that changes the answer.
// Thread rule: plain values; made by the asking side, read by the engine.
#pragma once

#include "records/image.h"
#include "records/rollout.h"

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace armillary {

// How world tokens come into the sequence (design notes: integration options).
enum class FusionOption {
    None,      // plain Gemma, the reference (option 3)
    Prepend,   // 1: world tokens before everything
    Scatter,   // 2: the same sequence, embeddings scattered by hand
    Repeated,  // 4A: as many <the_world> tokens as world tokens, each replaced
    Pooled,    // 4B: one <the_world> token replaced by the mean of the world tokens
    Indexed,   // 4C: <the_world_0> ... <the_world_{n-1}>, each replaced
    Brackets,  // 5: world tokens between a start and an end token (TheWorld's own)
};

enum class ImageAttention { Bidirectional, Causal };
enum class PixelRange { ZeroTo255, MinusOneToOne };
enum class LatentScale { Raw, Normalised };
// Where the latents of world tokens come from.
enum class WorldSource {
    Still,    // the VAE's encoding of one picture
    Clip,     // the VAE's encoding of the clip's own frames
    Rollout,  // what the world model predicts from them
};
enum class NumberFormat { Auto, Float32, BFloat16 };

struct SamplingOptions {
    int maxNewTokens = 256;
    double temperature = 0;  // 0 = greedy
    int topK = 0;            // 0 = off
    double topP = 1;
    double minP = 0;
    std::uint64_t seed = 0;
    bool ignoreEos = false;  // decode all maxNewTokens
};

struct WorldOptions {
    WorldSource source = WorldSource::Still;
    std::optional<RolloutRequest> rollout;  // of WorldSource::Rollout
    std::optional<FusionOption> fusion;     // default: Brackets with a world, None without
    std::optional<int> heightPixels;        // what the VAE sees; default from the checkpoint (512x512 for TheWorld)
    std::optional<int> widthPixels;
    std::optional<PixelRange> pixelRange;    // default from the checkpoint (0..255 for TheWorld, -1..1 for the notes)
    std::optional<LatentScale> latentScale;  // default Raw; of a rollout Normalised, as the pipeline hands them out
    NumberFormat format = NumberFormat::Auto;
};

// What the run keeps beside the always-kept parts (record.md, column "written").
enum class Capture { Pixels, Vision, Embeds, Hidden, Qkv, Attention, Logits, PromptLogits, Rollout };

struct CaptureRequest {
    std::set<Capture> parts;
    std::int64_t budgetBytes = std::int64_t{2} << 30;  // what does not fit is left out and named in a warning
    // Times of every layer on a GPU too, which waits after each one; on the CPU they cost nothing and are always kept.
    bool layerTimes = false;
};

enum class ChatRole { User, Model };

struct ChatTurn {
    ChatRole role = ChatRole::User;
    std::vector<int> mediaIndices;  // pictures shown in this turn, before its text; indices into Question::media
    std::string text;
};

struct Question {
    std::vector<Clip> media;       // one entry a picture or a video; SigLIP sees the still frame of each
    std::vector<int> stillFrames;  // per media: index into its frames; missing = the last frame
    std::string systemPrompt;
    std::vector<ChatTurn> turns;           // earlier turns and, last, the user's question
    std::optional<std::string> rawPrompt;  // already rendered text in place of the turns
    bool panAndScan = false;
    std::optional<ImageAttention> imageAttention;  // default: Bidirectional for plain Gemma, Causal when fused
    WorldOptions world;
    SamplingOptions sampling;
    // Vocabulary ids that the answer starts with, whatever the model would choose; they count among its new tokens. What
    // follows is the same as if the model had chosen them itself.
    std::vector<std::int64_t> answerPrefix;
    CaptureRequest capture;
};

}  // namespace armillary
