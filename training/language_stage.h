// The stages that teach questions: "language" with the picture alone, "world" with world tokens, "tuning" with world tokens of the
// model's own rollouts among them.
// Thread rule: used by the thread that trains.
#pragma once

#include "training/demo_language.h"
#include "training/latent_store.h"
#include "training/stage.h"
#include "training/transformer_net.h"

#include <cstdint>
#include <memory>

namespace armillary::training {

struct LanguageStageOptions {
    std::string name = "language";
    std::int64_t steps = 3000;
    std::int64_t scenes = 16;    // a step
    std::int64_t questions = 8;  // at most, of a scene
    double muonRate = 0.02;
    double adamRate = 0.002;
    double falling = 0.6;     // share of the steps over which the rate falls
    double crowdedShare = 0;  // of the steps: up to three shapes, among which guessing a colour is seldom right
    double warmShare = 0;     // of the steps: dense labels of world tokens alone
    double denseShare = 0;    // of the steps: dense labels beside the questions
    double worldShare = 0;    // of the batches, behind the first half of the steps; before it all that have a world
    double rolloutShare = 0;  // of the batches with a world
    double mostNoise = 0.3;   // added to latents, as a deviation
    std::int64_t heldOut = 64;
};

// What the stages with a world read.
struct WorldSources {
    std::shared_ptr<const LatentStore> training;
    at::Tensor heldOut;                                 // [N,Z,T,h,w] of the first held-out scenes
    std::shared_ptr<const TransformerNet> transformer;  // of rollouts
};

// `start` gives the values to begin with. Errors: as DemoLanguage::make, ModelMismatch.
[[nodiscard]] Result<std::unique_ptr<Stage>> makeLanguageStage(const DemoTemplate& form, std::uint64_t seed,
                                                               const LanguageStageOptions& options,
                                                               const TensorMap& start, WorldSources sources);

}  // namespace armillary::training
