// How many directions vectors really use: effective rank, participation ratio, components for a share of the variance, beside
// what columns without any relation would give.
//
// Effective rank exp(-sum p log p) with p = sigma / sum of sigma (Roy and Vetterli 2007); participation ratio
// (sum of lambda)^2 / sum of lambda^2 with lambda = sigma^2. A linear projector of 16 latent channels gives at most 16 (17 with
// a mean that is left in).
// Thread rule: pure functions; LibTorch's threads are used.
#pragma once

#include "embedding/matrix.h"
#include "embedding/null_band.h"

#include <stop_token>

namespace armillary::embedding {

struct SpectrumMeasures {
    double effectiveRank = 0;
    double participationRatio = 0;
    std::int64_t rank = 0;  // singular values above 1e-6 of the largest
    std::int64_t componentsFor90 = 0, componentsFor95 = 0,
                 componentsFor99 = 0;  // of the sum of sigma^2; 0 without variance
};

// Of singular values, largest first. NaN and 0 when all are 0.
[[nodiscard]] SpectrumMeasures spectrumMeasures(const std::vector<double>& singularValues);

struct Spectrum {
    std::vector<double> singularValues;  // largest first, min(n, D)
    SpectrumMeasures measures;
    NullBand effectiveRankNull;  // every column in an order of its own: same marginals, no relations
    NullBand participationNull;
    std::vector<std::string> cautions;
};

// `centre`: columns less their means first. Null draws each take a decomposition: about a second at min(n, D) = 1,000. Rows
// must be finite. Errors: Cancelled.
[[nodiscard]] Result<Spectrum> spectrum(const Matrix& vectors, bool centre, std::int64_t draws, std::uint64_t seed,
                                        const std::stop_token& stop);

}  // namespace armillary::embedding
