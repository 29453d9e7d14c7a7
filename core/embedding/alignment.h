// How far two sets of vectors of the same n things tell the same story, whatever their widths: linear CKA, mutual nearest
// neighbours, Procrustes distance and SVCCA, each beside what chance gives.
//
// x is [n, Dx], y is [n, Dy]; row i of both is the same thing. All of them ignore a rotation and a common scale of either side.
// Thread rule: pure functions; LibTorch's threads are used; long ones ask the stop token between draws.
#pragma once

#include "embedding/matrix.h"
#include "embedding/null_band.h"

#include <optional>
#include <stop_token>

namespace armillary::embedding {

// |Yc^T Xc|^2 / (|Xc^T Xc| |Yc^T Yc|), Frobenius (Kornblith et al. 2019, arXiv 1905.00414). 0 ... 1; inflated when n < D.
// NaN when a side has no variance or n < 2.
[[nodiscard]] double linearCka(const Matrix& x, const Matrix& y);
// The same out of the unbiased HSIC (Song et al. 2012; Nguyen et al. 2021): about 0 for unrelated vectors at any width, may be
// below 0. NaN when n < 4 or a side has no variance.
[[nodiscard]] double unbiasedCka(const Matrix& x, const Matrix& y);
// Mean over i of |N_k(x_i) and N_k(y_i)| / k by cosine (Huh et al. 2024, arXiv 2405.07987). Chance is k / (n - 1). NaN when
// n <= k or a side has no variance.
[[nodiscard]] double mutualNeighbours(const Matrix& x, const Matrix& y, std::int64_t k);
// |X|^2 + |Y|^2 - 2 |X^T Y|_* of the centred sides scaled to norm 1: 0 (one turns into the other) ... 2 (Ding et al. 2021,
// arXiv 2108.01661). NaN as linearCka.
[[nodiscard]] double procrustesDistance(const Matrix& x, const Matrix& y);
// Mean canonical correlation of the directions that keep 99 % of each side's variance, over the smaller number of them
// (Raghu et al. 2017, arXiv 1706.05806). Says nothing when the directions come near n: then NaN.
struct Svcca {
    double value = 0;
    std::int64_t directionsX = 0, directionsY = 0;
};
[[nodiscard]] Svcca svcca(const Matrix& x, const Matrix& y, double keptVariance = 0.99);

struct AlignedMeasure {
    std::string name;  // "linear CKA", "unbiased CKA", "mutual kNN", "Procrustes distance", "SVCCA"
    double value = 0;
    NullBand permuted;
    std::optional<NullBand> shifted;  // where the pairs are a full grid
};

struct AlignmentOptions {
    std::int64_t neighbours = 10;
    std::int64_t draws = 200;    // of CKA and mutual kNN
    std::int64_t svdDraws = 50;  // of Procrustes and SVCCA, each of which takes a decomposition
    std::uint64_t seed = 0;
    std::int64_t gridRows = 0;  // both above 0: row i of x and y is cell (i / columns, i % columns)
    std::int64_t gridColumns = 0;
};

struct Alignment {
    std::int64_t pairs = 0;
    std::vector<AlignedMeasure> measures;
    std::int64_t directionsX = 0, directionsY = 0;  // of SVCCA
    double chanceNeighbours = 0;                    // k / (n - 1)
    std::vector<std::string> cautions;
};

// Rows must be finite. Errors: InvalidInput (unequal numbers of rows, a grid that does not hold them), Cancelled.
[[nodiscard]] Result<Alignment> alignment(const Matrix& x, const Matrix& y, const AlignmentOptions& options,
                                          const std::stop_token& stop);

// Both sides, centred and scaled to norm 1, on the first `components` principal components of x, y after its best rotation
// onto x (orthogonal Procrustes): world tokens drawn on the axes of image tokens. Widths may differ. Sums of squared
// distances over all components are the Procrustes distance. Fewer columns where x has no more directions; none when a side
// has no variance. [n, components] each.
struct TurnedPair {
    Matrix x;
    Matrix y;
};
[[nodiscard]] TurnedPair turnedOnto(const Matrix& x, const Matrix& y, std::int64_t components);

}  // namespace armillary::embedding
