// Attention rollout of one position in row form (arXiv 2005.00928): no matrix of all positions is held.
// Thread rule: pure functions.
#pragma once

#include "attention/record_attention.h"

#include <cstdint>
#include <stop_token>
#include <vector>

namespace armillary::attention {

struct Rollout {
    std::int64_t position = 0;
    std::int64_t keys = 0;        // P
    std::vector<double> share;    // [P] of the position's state on each input position; sums to 1
    std::vector<double> byLayer;  // [L,P] after the layer was passed on the way down; row 0 equals `share`
};

// r starts as 1 at `position`; from the last layer to the first, r <- residual * r + (1 - residual) * r . mean over heads of A.
// It ignores values and the MLPs. Errors: InvalidInput (the record cannot give all rows that are reached, or rows that hold no
// number), Cancelled.
[[nodiscard]] Result<Rollout> attentionRollout(const RecordAttention& attention, std::int64_t position, double residual,
                                               const std::stop_token& stop);

}  // namespace armillary::attention
