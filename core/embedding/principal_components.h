// Principal components of vectors, and colours from the first three of them.
//
// Exact: eigenvectors of the smaller of the two Gram matrices in float64. Randomised: range finder with power iterations
// (Halko, Martinsson, Tropp 2011, arXiv 0909.4061) from a seed, for the leading components of large n x D. The sign of a
// component is chosen so that its scores have a positive skew: the same picture in another run gives the same colours.
// Thread rule: pure functions; LibTorch's threads are used.
#pragma once

#include "embedding/matrix.h"

#include <array>
#include <stop_token>

namespace armillary::embedding {

enum class PcaMethod { Automatic, Exact, Randomised };

struct PcaOptions {
    std::int64_t components = 3;
    PcaMethod method = PcaMethod::Automatic;  // exact up to min(n, D) = 1,024
    std::uint64_t seed = 0;                   // of the randomised method
    std::int64_t powerIterations = 7;
    std::int64_t extraDirections = 10;
};

struct PrincipalComponents {
    std::vector<double> means;      // [D]
    Matrix axes;                    // [k, D], orthonormal
    Matrix scores;                  // [n, k]: (x - mean) on the axes
    std::vector<double> variances;  // [k], divided by n - 1, largest first
    std::vector<double> shares;     // [k], of the total variance
    double totalVariance = 0;
    bool isRandomised = false;
    std::vector<std::string> cautions;
};

// Fewer components than asked for where the vectors have no more directions; none when all are equal or n < 2. Rows must be
// finite. Errors: Cancelled.
[[nodiscard]] Result<PrincipalComponents> principalComponents(const Matrix& vectors, const PcaOptions& options,
                                                              const std::stop_token& stop);

// Scores of other vectors on the same axes: [vectors.rows, k]; widths must agree.
[[nodiscard]] Matrix scoresOn(const PrincipalComponents& basis, const Matrix& vectors);

// Red, green, blue of each row in 0 ... 1 out of its first three scores: each component clipped at its 1 and 99 % quantiles
// over all rows and stretched between them (Oquab et al. 2023, arXiv 2304.07193). 0.5 where there is no such component.
// One call for everything that is shown side by side: another basis or range would make colours flicker. [n, 3]
[[nodiscard]] Matrix coloursFromScores(const Matrix& scores);

}  // namespace armillary::embedding
