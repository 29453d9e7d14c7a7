// Lengths of token vectors and which of them stand out of their segment.
//
// A token is an outlier when (norm - median) / MAD lies above the threshold; median and MAD (the median of |norm - median|,
// not rescaled) are of its own segment, so that image tokens are not held against words. After the registers of vision
// transformers (Darcet et al. 2023, arXiv 2309.16588); the default threshold 6 is a starting value.
// Thread rule: pure functions; 4,200 x 2,560 takes some milliseconds.
#pragma once

#include "embedding/token_groups.h"

namespace armillary::embedding {

struct NormSummary {
    std::string group;
    std::int64_t count = 0;      // of finite vectors
    std::int64_t nonFinite = 0;  // vectors with NaN or infinite values, left out of everything else
    double mean = 0, median = 0, mad = 0;
    double lowest = 0, lowQuarter = 0, highQuarter = 0, highest = 0;
    std::int64_t outliers = 0;
    std::vector<std::int64_t> histogram;  // equal steps from TokenNorms::lowest to highest
};

struct TokenNorms {
    std::vector<double> norms;   // [n]; NaN for vectors that are not finite
    std::vector<double> scores;  // [n], (norm - median) / MAD; NaN outside the groups and where the MAD is 0
    std::vector<NormSummary> groups;
    double lowest = 0, highest = 0;  // of all finite norms in the groups: the range of every histogram
};

[[nodiscard]] TokenNorms tokenNorms(const Matrix& vectors, const std::vector<TokenGroup>& groups, double threshold,
                                    std::int64_t bins);

}  // namespace armillary::embedding
