// A matrix of normally distributed numbers, the same for a seed.
#pragma once

#include "base/random_source.h"
#include "embedding/matrix.h"

#include <cstdint>
#include <vector>

namespace armillary::test {

inline embedding::Matrix gaussian(std::int64_t rows, std::int64_t columns, std::uint64_t seed, float shift = 0)
{
    RandomSource random(seed);
    embedding::Matrix out{rows, columns, std::vector<float>(static_cast<std::size_t>(rows * columns))};
    for (float& value : out.values)
        value = static_cast<float>(random.normal()) + shift;
    return out;
}

}  // namespace armillary::test
