// Token-to-pixel registration by impulse: a white spot on grey goes through the encoder, and the token that moves most must be the
// one that the layout says stands for those pixels.
// Thread rule: as the engine.
#pragma once

#include "base/error.h"
#include "base/run_control.h"
#include "pipeline/model_loader.h"
#include "pipeline/prepared_prompt.h"
#include "records/token_layout.h"
#include "verification/checks_vision.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <stop_token>
#include <vector>

namespace armillary::verification {

struct Registration {
    std::vector<SpotResponse> spots;
    at::Tensor response;          // [spots,rows,columns] how far each token moved, L2, on the CPU
    std::int64_t spotPixels = 0;  // side of the square, in pixels of the encoder's input
};

// Image tokens of the first picture in `layout`: one SigLIP pass for the grey picture and one a spot, each spot one token wide (56
// pixels for Gemma 3). Errors: InvalidInput (no picture), Cancelled.
[[nodiscard]] Result<Registration> registerImageTokens(const pipeline::LoadedModels& models, const TokenLayout& layout,
                                                       int spots, RunObserver& observer, const std::stop_token& stop);

// World tokens of latent frame 0 at the prompt's world size and pixel range: one encoding for the grey picture and one a spot of 56
// pixels, or a quarter of a small picture. Errors: InvalidInput (no world, tokens that stand for no place), Cancelled.
[[nodiscard]] Result<Registration> registerWorldTokens(const pipeline::LoadedModels& models,
                                                       const pipeline::PreparedPrompt& prompt, int spots,
                                                       RunObserver& observer, const std::stop_token& stop);

}  // namespace armillary::verification
