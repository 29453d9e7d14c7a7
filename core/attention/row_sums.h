// Sums over a part of an attention row, in double: rows have thousands of small weights.
// Thread rule: pure functions.
#pragma once

#include "records/model_facts.h"

#include <cstdint>
#include <span>

namespace armillary::attention {

// Four sums side by side, because one would wait for each of its additions.
[[nodiscard]] inline double sumOf(std::span<const float> row, const PositionBlock& keys)
{
    double sums[4] = {0, 0, 0, 0};
    std::int64_t key = keys.begin;
    const float* weights = row.data();
    for (; key + 4 <= keys.end; key += 4) {
        for (std::int64_t lane = 0; lane < 4; ++lane)
            sums[lane] += weights[key + lane];
    }
    for (; key < keys.end; ++key)
        sums[0] += weights[key];
    return sums[0] + sums[1] + sums[2] + sums[3];
}

// Sum of weight times key position.
[[nodiscard]] inline double momentOf(std::span<const float> row, const PositionBlock& keys)
{
    double sums[4] = {0, 0, 0, 0};
    std::int64_t key = keys.begin;
    const float* weights = row.data();
    for (; key + 4 <= keys.end; key += 4) {
        for (std::int64_t lane = 0; lane < 4; ++lane)
            sums[lane] += static_cast<double>(weights[key + lane]) * static_cast<double>(key + lane);
    }
    for (; key < keys.end; ++key)
        sums[0] += static_cast<double>(weights[key]) * static_cast<double>(key);
    return sums[0] + sums[1] + sums[2] + sums[3];
}

}  // namespace armillary::attention
