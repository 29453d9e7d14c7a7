// World latents [C,T,h,w] as one vector each, in the ways that are compared, and how well each tells labelled latents apart.
// Thread rule: pure functions.
#pragma once

#include "embedding/discriminability.h"

#include <stop_token>

namespace armillary::embedding {

// How latents [C,T,h,w] become one vector.
enum class LatentPooling {
    Mean,            // of each channel over time and space: [C]
    Maximum,         // [C]
    Minimum,         // [C]
    MinimumMaximum,  // [2C]
    Deviation,       // of each channel: [C]
    MeanDeviation,   // [2C]
    Quadrants,       // means of 2 x 2 parts of the picture: [4C]
    Sixteenths,      // means of 4 x 4 parts: [16C]
    LastFrame,       // mean of the last latent frame: [C]
    Flat,            // everything: [C*T*h*w]
};
[[nodiscard]] const std::vector<std::string>& latentPoolingNames();  // in the order of LatentPooling

// Non-finite values are left out of means and extremes; a part without any other is 0. Errors: InvalidInput (no latents).
[[nodiscard]] Result<std::vector<float>> pooledLatents(const TensorSnapshot& latents, LatentPooling pooling);

struct PoolingComparison {
    LatentPooling pooling = LatentPooling::Mean;
    std::int64_t dimensions = 0;
    Discriminability measures;
};
// Every pooling of the same labelled latents. Errors: InvalidInput (not one label a latent, latents of different shapes),
// Cancelled.
[[nodiscard]] Result<std::vector<PoolingComparison>> comparePoolings(const std::vector<const TensorSnapshot*>& latents,
                                                                     const std::vector<std::int64_t>& labels,
                                                                     const DiscriminabilityOptions& options,
                                                                     const std::stop_token& stop);

}  // namespace armillary::embedding
