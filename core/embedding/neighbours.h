// Which vectors lie near which: nearest neighbours in the full space, cosines between segments, and how well a picture of
// points keeps neighbourhoods.
// Thread rule: pure functions; LibTorch's threads are used. Long ones ask the stop token between blocks.
#pragma once

#include "embedding/token_groups.h"

#include <stop_token>

namespace armillary::embedding {

enum class Metric { Cosine, Euclid };

// k neighbours a query, nearest first.
struct Neighbours {
    std::int64_t count = 0;             // k
    std::vector<std::int64_t> indices;  // [queries, k]
    std::vector<float> distances;       // [queries, k]: 1 - cosine, or the Euclidean distance
};

// `skipSame`: query i is not its own neighbour i (both matrices are the same). k is cut to what there is; a vector of zeros
// has the cosine 0 with every other. Rows must be finite. Blocks of 512 queries: n = 4,200, D = 2,560 takes seconds and
// 10 MB. Errors: InvalidInput (widths differ), Cancelled.
[[nodiscard]] Result<Neighbours> nearestNeighbours(const Matrix& queries, const Matrix& among, std::int64_t k,
                                                   Metric metric, bool skipSame, const std::stop_token& stop);

// Cosines of rows: [left.rows, right.rows].
[[nodiscard]] Matrix cosines(const Matrix& left, const Matrix& right);

// Cosines of pairs inside a group (each pair once, none with itself) or across two groups.
struct CosineSummary {
    std::string left, right;
    double mean = 0;                       // of all pairs, exact
    double low = 0, median = 0, high = 0;  // 5, 50 and 95 % of the sampled pairs
    std::int64_t pairs = 0;                // sampled
    std::vector<std::int64_t> histogram;   // of the sampled pairs, from -1 to 1
};
// For each pair of groups, a group with itself included, in order. At most `most` tokens a group enter quantiles and
// histogram, spread evenly. NaN where a group is too small. Errors: Cancelled.
[[nodiscard]] Result<std::vector<CosineSummary>> cosineSummaries(const Matrix& vectors,
                                                                 const std::vector<TokenGroup>& groups,
                                                                 std::int64_t most, std::int64_t bins,
                                                                 const std::stop_token& stop);

// 1 - 2/(n k (2n - 3k - 1)) sum_i sum of (rank_i(j) - k) over the k neighbours j of i in the map that are not among its k in
// the input space (Venna and Kaski 2001). 1: every neighbour in the map is one in truth; 0.5 and below: chance. NaN unless
// 1 <= k < n/2. `input` and `map` have equal rows. Errors: Cancelled.
[[nodiscard]] Result<double> trustworthiness(const Matrix& input, const Matrix& map, std::int64_t k, Metric inputMetric,
                                             const std::stop_token& stop);

}  // namespace armillary::embedding
