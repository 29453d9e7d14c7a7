// UMAP: vectors as points of a plane that keep a weighted graph of nearest neighbours. Distances between clusters mean nothing.
//
// McInnes, Healy, Melville 2018 (arXiv 1802.03426): 15 neighbours (the vector itself is the first), min_dist 0.1, cosine;
// widths so that memberships sum to log2(neighbours); union a + b - ab; 500 epochs (200 above 10,000 points) of sampled
// attraction with 5 repulsions each. Start from the first two principal components stretched to +-10 with a trace of noise,
// not from the spectral embedding: for a record both give the same clusters, and this one repeats exactly.
// Thread rule: the neighbours use LibTorch's threads, the descent runs on the caller's alone: a seed gives one map on one
// machine (another number of threads rounds the distances differently).
#pragma once

#include "embedding/point_map.h"

namespace armillary::embedding {

struct UmapOptions {
    bool normalise = true;        // cosine distances; off: Euclidean distances of the vectors as they are
    std::int64_t components = 0;  // of a PCA before; 0: none
    std::int64_t neighbours = 15;
    double minDistance = 0.1;
    double spread = 1;
    std::int64_t epochs = 0;      // 0: 500, above 10,000 points 200
    std::int64_t repulsions = 5;  // for each attraction
    std::uint64_t seed = 0;
};

// Rows must be finite. Fewer than four vectors, or all of them equal: points of NaN with a caution. Errors: Cancelled.
[[nodiscard]] Result<PointMap> umap(const Matrix& vectors, const UmapOptions& options, const std::stop_token& stop,
                                    const MapProgress& progress = {});

// a and b of 1 / (1 + a x^(2b)), least squares against 1 up to `minDistance` and exp(-(x - minDistance) / spread) beyond, over
// 300 places from 0 to 3 spread.
struct UmapCurve {
    double a = 0, b = 0;
};
[[nodiscard]] UmapCurve umapCurve(double minDistance, double spread);

}  // namespace armillary::embedding
