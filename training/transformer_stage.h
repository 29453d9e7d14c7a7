// The stage of the world transformer: the third latent frame from two given ones.
// Thread rule: used by the thread that trains.
#pragma once

#include "training/demo_template.h"
#include "training/latent_store.h"
#include "training/stage.h"
#include "training/transformer_net.h"
#include "training/vae_net.h"

#include <cstdint>
#include <memory>

namespace armillary::training {

struct TransformerStageOptions {
    std::int64_t steps = 8000;
    std::int64_t clips = 32;  // a step
    double muonRate = 0.02;
    double falling = 0.45;  // share of the steps over which the rate falls
    std::int64_t heldOut = 64;
};

// `heldOut` [N,Z,T,h,w] are the latents of the first held-out scenes; `vae` shows where their shapes are.
[[nodiscard]] std::unique_ptr<Stage> makeTransformerStage(const DemoTemplate& form, std::uint64_t seed,
                                                          const TransformerStageOptions& options,
                                                          std::shared_ptr<const LatentStore> training,
                                                          const at::Tensor& heldOut, std::shared_ptr<const VaeNet> vae);

}  // namespace armillary::training
