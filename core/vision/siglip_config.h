// Numbers of the SigLIP tower in a Gemma 3 snapshot; missing fields take the defaults of transformers' SiglipVisionConfig.
// Thread rule: plain values.
#pragma once

#include "base/error.h"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <string>

namespace armillary::vision {

struct SiglipConfig {
    std::int64_t hiddenSize = 768;  // Dv
    std::int64_t intermediateSize = 3072;
    std::int64_t layerCount = 12;
    std::int64_t heads = 12;
    std::int64_t channels = 3;
    std::int64_t imagePixels = 224;  // a side
    std::int64_t patchPixels = 16;   // a side
    double normEpsilon = 1e-6;

    [[nodiscard]] std::int64_t patchesPerSide() const { return imagePixels / patchPixels; }
};

// From the `vision_config` object of the config.json at `path`; `tokensPerImage` is what the projector pools the patches to.
// Errors: FileRead (wrong types), ModelMismatch (numbers that do not fit, another encoder or activation).
[[nodiscard]] Result<SiglipConfig> readSiglipConfig(const nlohmann::json& object, const std::string& path,
                                                    std::int64_t tokensPerImage);

// The side of a square grid of `tokensPerImage` tokens; 0 when the number is no square.
[[nodiscard]] std::int64_t tokensPerSide(std::int64_t tokensPerImage);

}  // namespace armillary::vision
