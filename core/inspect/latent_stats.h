// What the latents of a rollout look like channel by channel beside what their autoencoder was trained on, and where
// several rollouts of one condition disagree.
// Thread rule: pure functions; a 16x24x88x160 latent takes some milliseconds.
#pragma once

#include "base/error.h"
#include "records/tensor_snapshot.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace armillary::inspect {

// The autoencoder's own statistics of raw latents ("latents_mean" and "latents_std" of its configuration), [C] each.
struct LatentReference {
    std::vector<double> means;
    std::vector<double> deviations;
};

// Errors: InvalidInput (not two vectors of equal length, a deviation that is not above 0).
[[nodiscard]] Result<LatentReference> latentReference(const TensorSnapshot& means, const TensorSnapshot& deviations);

// One channel of latents in the autoencoder's own (raw) scale. Deviations are of the population.
struct ChannelStats {
    double mean = 0;
    double deviation = 0;
    double referenceMean = 0;
    double referenceDeviation = 1;
    double meanSigmas = 0;       // (mean - referenceMean) / referenceDeviation
    double beyondTwoSigma = 0;   // share of values further than 2 referenceDeviation from referenceMean
    bool isUnusual = false;      // |meanSigmas| > 2
    std::int64_t nonFinite = 0;  // NaN and infinite values, left out of everything above
};

// `latents` is [C,T,h,w]; `areNormalised` says whether they are (raw - mean) / std already. `latentFrame` picks one of T;
// nothing: all of them. Errors: InvalidInput (another rank, channels that do not fit the reference, no such frame).
[[nodiscard]] Result<std::vector<ChannelStats>> channelStats(const TensorSnapshot& latents, bool areNormalised,
                                                             const LatentReference& reference,
                                                             std::optional<std::int64_t> latentFrame);

// A map of values [rows, columns] with its range over finite values.
struct ValueMap {
    std::int64_t rows = 0;
    std::int64_t columns = 0;
    std::vector<float> values;
    float lowest = 0;
    float highest = 0;
};

// Channel `channel` of latent frame `latentFrame` as it is stored. Errors: InvalidInput (no such channel or frame).
[[nodiscard]] Result<ValueMap> latentMap(const TensorSnapshot& latents, std::int64_t channel, std::int64_t latentFrame);

// Where several latents of the same shape [C,T,h,w] differ at `latentFrame`: the variance over them (divided by n - 1),
// mean over channels. Errors: InvalidInput (fewer than two, unequal shapes, no such frame).
[[nodiscard]] Result<ValueMap> varianceMap(const std::vector<const TensorSnapshot*>& latents, std::int64_t latentFrame);

}  // namespace armillary::inspect
