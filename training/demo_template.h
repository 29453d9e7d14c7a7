// The form of the snapshot that training makes: its configurations and tokenizers.
// Thread rule: plain values.
#pragma once

#include "base/error.h"
#include "cosmos/cosmos_config.h"
#include "gemma/gemma_config.h"
#include "scenes/scene_exam.h"
#include "text/tokenizer.h"
#include "vision/siglip_config.h"

#include <memory>
#include <string>

namespace armillary::training {

// Of clips of scenes::kFrames frames of scenes::kBoardPixels.
inline constexpr std::int64_t kLatentFrames = 3;
inline constexpr std::int64_t kSeenLatentFrames = 2;
inline constexpr std::int64_t kLatentSide = 8;
inline constexpr double kRolloutFramesPerSecond = scenes::kFramesPerSecond;
inline constexpr std::int64_t kRolloutSteps = scenes::kRolloutSteps;

struct DemoTemplate {
    std::string folder;  // with gemma, cosmos and theworld in it, without weights
    gemma::GemmaConfig gemma;
    vision::SiglipConfig siglip;
    cosmos::VaeConfig vae;
    cosmos::TransformerConfig transformer;
    std::shared_ptr<const text::Tokenizer> tokenizer;  // TheWorld's brackets included
};

// Errors: FileRead, ModelMismatch.
[[nodiscard]] Result<DemoTemplate> readDemoTemplate(const std::string& folder);

}  // namespace armillary::training
