// t-SNE: vectors as points of a plane whose neighbourhoods are those of the full space. Distances between clusters and sizes
// of clusters mean nothing.
//
// van der Maaten and Hinton 2008 with the protocol of Kobak and Berens 2019 (Nature Communications 10:5416): PCA to 50,
// perplexity 30, start from the first two principal components scaled to a standard deviation of 1e-4, learning rate
// max(200, n / 12), exaggeration 12 for the first 250 of 1,000 steps, momentum 0.5 then 0.8, gains of Jacobs 1988. Repulsion by
// Barnes and Hut (van der Maaten 2014); attraction over the 3 x perplexity nearest neighbours. Gradient without the factor 4.
// Thread rule: runs on the caller's thread, above 4,800 points on LibTorch's too. A seed gives one map on one machine; another number
// of LibTorch's threads rounds the principal components differently, and a map follows such differences.
#pragma once

#include "embedding/point_map.h"

namespace armillary::embedding {

struct TsneOptions {
    bool normalise = true;         // vectors divided by their norms first
    std::int64_t components = 50;  // of the PCA before
    double perplexity = 30;        // cut to (n - 1) / 3
    std::int64_t steps = 1000;
    std::int64_t exaggeratedSteps = 250;
    double exaggeration = 12;
    double learningRate = 0;  // 0: max(200, n / 12)
    double theta = 0.5;       // of Barnes and Hut; 0: exact
    std::uint64_t seed = 0;   // of the randomised PCA and of what parts equal points
};

// As used: perplexity and learning rate that follow from n.
[[nodiscard]] TsneOptions tsneDefaultsFor(std::int64_t points, TsneOptions options);

// Rows must be finite. Fewer than four vectors, or all of them equal: points of NaN with a caution. Errors: Cancelled.
[[nodiscard]] Result<PointMap> tsne(const Matrix& vectors, const TsneOptions& options, const std::stop_token& stop,
                                    const MapProgress& progress = {});

// Repulsion as the step uses it, for checks: F_i = sum_j (y_i - y_j) / (1 + d_ij^2)^2, not yet divided by Z, and
// Z = sum over i != j of 1 / (1 + d_ij^2).
struct TsneRepulsion {
    std::vector<double> forces;  // [n, 2]
    double z = 0;
};
[[nodiscard]] TsneRepulsion tsneRepulsion(const std::vector<double>& points, double theta);

}  // namespace armillary::embedding
