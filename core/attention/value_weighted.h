// How much of a position's attention output each key really writes: the norm of its values through the output projection
// (arXiv 2004.10102), not its weight alone.
// Thread rule: pure functions.
#pragma once

#include "attention/record_attention.h"

#include <cstdint>
#include <span>
#include <vector>

namespace armillary::attention {

struct ValueWeighted {
    std::int64_t layer = 0;
    std::int64_t position = 0;
    std::vector<float> norms;      // [P] |sum_h A_hj V_j W_O,h|
    std::vector<float> headNorms;  // [H,P] |A_hj V_j W_O,h|
    std::vector<float> output;     // [D] the sum over all keys: what the layer's attention adds at this position
    double frozenScale = 1;        // 1 / rms(attention output) of the norm that follows; 1 without it
};

// `outputProjection` is W_O as stored, [D, H*C] row-major. Gemma 3 normalises after attention: with `normFactor` [D] (1 + weight of
// that norm; empty = none) every key's part is multiplied by it and by the scale that the whole output gets, held fixed.
// Errors: InvalidInput (no row of the position, no `value.{l}`, a matrix of another size).
[[nodiscard]] Result<ValueWeighted> valueWeightedRow(const RecordAttention& attention, std::int64_t layer,
                                                     std::int64_t position, std::span<const float> outputProjection,
                                                     std::span<const float> normFactor);

}  // namespace armillary::attention
