// What t-SNE and UMAP share: how vectors are made ready, and the plane map they give.
// Thread rule: plain values and pure functions.
#pragma once

#include "embedding/matrix.h"
#include "embedding/neighbours.h"

#include <functional>
#include <optional>
#include <stop_token>

namespace armillary::embedding {

// Told the share that is done, 0 ... 1, from the calling thread, some ten times a second at most.
using MapProgress = std::function<void(double done)>;

struct PointMap {
    Matrix points;               // [n, 2]
    double trustworthiness = 0;  // over 10 neighbours (fewer below 21 points); NaN where n is too small
    std::vector<double> trace;   // t-SNE: KL divergence in nats after each 50 steps, its true P; empty for UMAP
    std::vector<std::string> cautions;
};

// The answer where no map can be made: fewer than 4 vectors, or all of them equal. Points that are no numbers, and a caution.
[[nodiscard]] std::optional<PointMap> mapOfTooLittle(const Matrix& vectors, bool normalise, const char* method);

// Vectors divided by their norms where `normalise` says so (without it a few long tokens decide the whole picture,
// tensorboard issue 6271), then their first `components` principal components (0: all dimensions). Errors: Cancelled.
[[nodiscard]] Result<Matrix> mapInput(const Matrix& vectors, bool normalise, std::int64_t components,
                                      std::uint64_t seed, const std::stop_token& stop);

// The first two principal components, [n, 2]; columns of zeros where there are none. Errors: Cancelled.
[[nodiscard]] Result<Matrix> planeOfComponents(const Matrix& vectors, std::uint64_t seed, const std::stop_token& stop);

// Of the map against the vectors it was made of. Errors: Cancelled.
[[nodiscard]] Result<double> mapTrust(const Matrix& vectors, bool normalise, const Matrix& points,
                                      const std::stop_token& stop);

}  // namespace armillary::embedding
