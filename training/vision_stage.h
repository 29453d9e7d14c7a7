// The stage that warms the vision tower up: every patch's image token is to say colour and kind of the shape it shows, its product
// with the embedding of a word being that word's score, as pictures meet words in SigLIP's own training.
// Thread rule: used by the thread that trains.
#pragma once

#include "training/demo_language.h"
#include "training/stage.h"

#include <cstdint>
#include <memory>

namespace armillary::training {

struct VisionStageOptions {
    std::int64_t steps = 1800;
    std::int64_t scenes = 32;  // a step
    std::int64_t heldOut = 200;
};

// Errors: as DemoLanguage::make.
[[nodiscard]] Result<std::unique_ptr<Stage>> makeVisionStage(const DemoTemplate& form, std::uint64_t seed,
                                                             const VisionStageOptions& options);

}  // namespace armillary::training
