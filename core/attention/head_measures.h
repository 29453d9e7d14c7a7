// One number a layer and head: how spread, how far, how sharp, how much to a segment.
// Thread rule: pure functions.
#pragma once

#include "attention/record_attention.h"
#include "attention/segments.h"

#include <cstdint>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

namespace armillary::attention {

// Of one attention row.
enum class HeadMeasure {
    EntropyBits,  // -sum_j A log2 A
    Entropy,      // the same over log2(visible keys), 0 ... 1; a row that sees one key has none
    Distance,     // sum_j A_j |i - j|, in positions
    Maximum,      // max_j A_j
};

struct HeadMatrix {
    std::vector<std::int64_t> layers;  // [n]
    std::int64_t heads = 0;            // H
    std::vector<double> mean;          // [n,H] over the rows that have the measure; NaN where none has
    std::vector<float> byRow;          // [n,H,queries]; NaN where a row has none
    std::int64_t rowsLeftOut = 0;      // rows (of a layer and head) that hold no number
};

// Of the rows at `positions` (rising). `layers` empty: all. Errors: as forEachTile.
[[nodiscard]] Result<HeadMatrix> headMeasure(const RecordAttention& attention, HeadMeasure measure,
                                             std::span<const std::int64_t> layers,
                                             std::span<const std::int64_t> positions, const std::stop_token& stop);

}  // namespace armillary::attention
