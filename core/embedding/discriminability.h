// How well vectors tell labelled things apart: the measures that TheWorld's own study of world latents uses.
//
// k-NN accuracy is leave-one-out by Euclidean distance, the majority of k, ties to the nearer; silhouette is Rousseeuw's
// (1987), mean of (b - a) / max(a, b), 0 for a class of one; F-ratio is between-class over within-class mean square, summed over
// all dimensions, and for each dimension by itself: its importance is its share of the sum of those. Null bands permute labels.
// Thread rule: pure functions; LibTorch's threads are used.
#pragma once

#include "embedding/matrix.h"
#include "embedding/null_band.h"

#include <stop_token>

namespace armillary::embedding {

struct DiscriminabilityOptions {
    std::int64_t neighbours = 5;
    std::int64_t draws = 200;
    std::uint64_t seed = 0;
    bool standardise = false;            // each dimension to mean 0 and deviation 1 first
    std::int64_t leaveOutChannels = 64;  // up to this many dimensions, accuracy without each is measured too
};

struct Discriminability {
    std::int64_t samples = 0;
    std::int64_t classes = 0;
    double largestClass = 0;  // share: the accuracy of always naming it
    double accuracy = 0;
    NullBand accuracyNull;
    double silhouette = 0;
    NullBand silhouetteNull;
    double fRatio = 0;  // infinite when nothing varies inside classes
    NullBand fRatioNull;
    std::vector<double> channelFRatios;     // [D]
    std::vector<double> channelImportance;  // [D], shares that sum to 1; NaN where no finite ratio is above 0
    std::vector<double> accuracyLoss;  // [D] accuracy less that without the dimension; empty above leaveOutChannels
    std::vector<std::string> cautions;
};

// `labels` are any numbers, one a row. NaN with a caution below two classes or three samples. Rows must be finite. Memory
// n^2 floats. Errors: InvalidInput (not one label a row), Cancelled.
[[nodiscard]] Result<Discriminability> discriminability(const Matrix& vectors, const std::vector<std::int64_t>& labels,
                                                        const DiscriminabilityOptions& options,
                                                        const std::stop_token& stop);

}  // namespace armillary::embedding
