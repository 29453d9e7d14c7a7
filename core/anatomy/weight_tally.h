// Counts numbers as they stream by, and says at the end what they are like. Parts are counted by joining their tensors' tallies.
//
// Numbers of one or two bytes are counted by their patterns, so that nothing is computed a number and everything is exact. Wider
// ones are counted by the first 16 bits of their float32 form: their mean, deviation, norm and extremes are exact, their quantiles,
// histogram and outliers see a number cut to that precision (8 bits of mantissa).
// Thread rule: used by one thread.
#pragma once

#include "records/weight_health.h"

#include <cstdint>
#include <span>
#include <vector>

namespace armillary::anatomy {

class WeightTally {
public:
    WeightTally();

    void add(ElementType type, std::span<const std::uint8_t> bytes);
    void add(const WeightTally& other);
    [[nodiscard]] WeightHealth health() const;

private:
    void addPatterns(ElementType type, std::span<const std::uint8_t> bytes);
    void addFloats(std::span<const float> values);
    void note(float value, std::uint64_t count, bool isSubnormal);

    std::vector<std::uint64_t> m_counts;  // by the first 16 bits of float32
    std::int64_t m_elements = 0;
    std::int64_t m_nans = 0;
    std::int64_t m_infinities = 0;
    std::int64_t m_zeros = 0;
    std::int64_t m_subnormals = 0;
    double m_sum = 0;
    double m_squares = 0;
    double m_min;
    double m_max;
};

}  // namespace armillary::anatomy
