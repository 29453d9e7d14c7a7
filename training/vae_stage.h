// The first stage: the video autoencoder. Crops of clips first, then whole clips and single pictures in turn.
// Thread rule: used by the thread that trains.
#pragma once

#include "training/demo_template.h"
#include "training/stage.h"
#include "training/vae_net.h"

#include <cstdint>
#include <memory>
#include <string>

namespace armillary::training {

struct VaeStageOptions {
    std::int64_t steps = 4500;
    std::int64_t crops = 8;  // a step
    std::int64_t clips = 3;
    std::int64_t pictures = 12;
    double cropShare = 0.25;  // of the steps
    std::int64_t heldOut = 24;
    std::int64_t statistics = 192;  // clips that the latents' mean and deviation come from
};

[[nodiscard]] std::unique_ptr<Stage> makeVaeStage(const DemoTemplate& form, std::uint64_t seed,
                                                  const VaeStageOptions& options);

// Peak signal-to-noise ratio in decibels of reconstructions of `clips` [B,3,F,h,w] from the posterior's mode, over whole clips.
[[nodiscard]] double reconstructionDecibels(const VaeNet& net, const at::Tensor& clips);

}  // namespace armillary::training
