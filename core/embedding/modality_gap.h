// How far two kinds of token lie apart: the gap of their mean directions, how well a line tells them apart, and cosines inside
// each and across. A gap is normal (Liang et al. 2022, arXiv 2203.02053); a change of it is the signal.
// Thread rule: pure functions; LibTorch's threads are used.
#pragma once

#include "embedding/matrix.h"
#include "embedding/null_band.h"

#include <stop_token>

namespace armillary::embedding {

struct ModalityGapOptions {
    std::int64_t folds = 5;
    std::int64_t draws = 200;      // labels permuted
    std::int64_t probeMost = 500;  // tokens of each side in the probe, spread evenly
    double ridge = 1e-2;           // of the mean diagonal of the Gram matrix
    std::uint64_t seed = 0;
};

struct ModalityGap {
    double gap = 0;  // |mean of unit vectors of x - that of y|: 0 ... 2
    NullBand gapNull;
    double probeAuc = 0;  // of a ridge classifier on unit vectors, out of fold; 0.5: cannot be told apart
    NullBand probeNull;
    double insideX = 0, insideY = 0, across = 0;  // mean cosines of pairs, exact; none with itself
    std::vector<std::string> cautions;
};

// Widths must agree, rows be finite. NaN with a caution where a side is too small. Errors: InvalidInput, Cancelled.
[[nodiscard]] Result<ModalityGap> modalityGap(const Matrix& x, const Matrix& y, const ModalityGapOptions& options,
                                              const std::stop_token& stop);

// Share of pairs (one of each) in which the positive has the higher score, ties half: the area under the ROC curve. NaN
// when a side is empty.
[[nodiscard]] double areaUnderCurve(const std::vector<double>& positives, const std::vector<double>& negatives);

}  // namespace armillary::embedding
