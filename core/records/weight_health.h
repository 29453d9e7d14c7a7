// What the numbers of weights are like: how many are broken, where they lie, how far they stray; per tensor, per part, as a whole.
// Thread rule: plain values; immutable once made; may cross threads.
#pragma once

#include "records/tensor_snapshot.h"

#include <cstdint>
#include <string>
#include <vector>

namespace armillary {

// Everything but the counts of broken numbers is of the finite ones.
struct WeightHealth {
    std::int64_t elements = 0;
    std::int64_t nans = 0;
    std::int64_t infinities = 0;  // of either sign
    std::int64_t zeros = 0;
    std::int64_t subnormals = 0;  // in the format they are stored in
    std::int64_t outliers = 0;    // further than kOutlierSigmas standard deviations from the mean
    double min = 0;
    double max = 0;
    double mean = 0;
    double deviation = 0;  // standard, of the whole set
    double norm = 0;       // root of the sum of squares
    double kurtosis = 0;   // 3: as of a normal distribution; 0 where all numbers are equal
    double low = 0;        // a thousandth of the numbers is smaller
    double median = 0;
    double high = 0;  // a thousandth is larger
    // Even bins from histogramLow to histogramHigh; what lies outside is counted beside.
    std::vector<std::int64_t> histogram;
    double histogramLow = 0;
    double histogramHigh = 0;
    std::int64_t below = 0;
    std::int64_t above = 0;
    // Numbers by magnitude: entry i counts those with 2^(firstExponent+i) <= |x| < 2^(firstExponent+i+1), zeros left out.
    std::vector<std::int64_t> byExponent;
    int firstExponent = 0;

    [[nodiscard]] std::int64_t finite() const { return elements - nans - infinities; }
};

inline constexpr double kOutlierSigmas = 6;

struct TensorHealth {
    std::string name;  // in full
    std::string part;
    ElementType type = ElementType::Float32;
    std::vector<std::int64_t> shape;
    WeightHealth health;
};

struct PartHealth {
    std::string name;
    std::int64_t tensors = 0;
    WeightHealth health;
};

struct SnapshotHealth {
    std::string folder;
    std::vector<TensorHealth> tensors;  // in the order of their names, numbers by value
    std::vector<PartHealth> parts;      // in the order of their names
    WeightHealth whole;
    std::int64_t bytes = 0;  // that were read
    double seconds = 0;      // that took
};

struct WeightFinding {
    bool isFault = false;  // no trained weights have this
    std::string sentence;
};

// What a reader should know of these numbers; empty: nothing strikes. `isVector`: scales and biases are often all equal.
[[nodiscard]] std::vector<WeightFinding> findingsOf(const WeightHealth& health, bool isVector);

}  // namespace armillary
