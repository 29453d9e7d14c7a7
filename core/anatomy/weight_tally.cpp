#include "anatomy/weight_tally.h"

#include "anatomy/number_reader.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

namespace armillary::anatomy {
namespace {

constexpr std::size_t kPrefixes = std::size_t{1} << 16;
constexpr std::size_t kBins = 48;
constexpr double kHistogramSigmas = 5;
constexpr double kTail = 1e-3;
// Fewer elements than a counter of 32 bits can hold.
constexpr std::size_t kBlockBytes = std::size_t{8} << 20;

float valueOf(std::size_t prefix)
{
    return std::bit_cast<float>(static_cast<std::uint32_t>(prefix) << 16);
}

// Calls `each(value, count)` for every counted finite prefix, rising by value.
template <class Each>
void forRising(const std::vector<std::uint64_t>& counts, Each each)
{
    constexpr std::size_t kSign = 0x8000;
    constexpr std::size_t kInfinite = 0x7F80;
    for (std::size_t i = kSign + kInfinite; i-- > kSign;) {
        if (counts[i] > 0)
            each(static_cast<double>(valueOf(i)), counts[i]);
    }
    for (std::size_t i = 0; i < kInfinite; ++i) {
        if (counts[i] > 0)
            each(static_cast<double>(valueOf(i)), counts[i]);
    }
}

}  // namespace

WeightTally::WeightTally()
    : m_counts(kPrefixes),
      m_min(std::numeric_limits<double>::infinity()),
      m_max(-std::numeric_limits<double>::infinity())
{}

void WeightTally::note(float value, std::uint64_t count, bool isSubnormal)
{
    const auto times = static_cast<std::int64_t>(count);
    m_elements += times;
    if (std::isnan(value)) {
        m_nans += times;
        return;
    }
    if (std::isinf(value)) {
        m_infinities += times;
        return;
    }
    if (value == 0)
        m_zeros += times;
    if (isSubnormal)
        m_subnormals += times;
    const double wide = value;
    m_sum += wide * static_cast<double>(count);
    m_squares += wide * wide * static_cast<double>(count);
    m_min = std::min(m_min, wide);
    m_max = std::max(m_max, wide);
    m_counts[std::bit_cast<std::uint32_t>(value) >> 16] += count;
}

void WeightTally::addPatterns(ElementType type, std::span<const std::uint8_t> bytes)
{
    const std::span<const float> values = patternValues(type);
    // Two tables: neighbours are often equal, and a counter just written is slow to read again.
    std::vector<std::uint32_t> even(values.size()), odd(values.size());
    const auto count = [&](auto pattern) {
        constexpr std::size_t width = sizeof pattern;
        const std::size_t elements = bytes.size() / width;
        std::size_t i = 0;
        for (; i + 1 < elements; i += 2) {
            std::memcpy(&pattern, bytes.data() + i * width, width);
            ++even[pattern];
            std::memcpy(&pattern, bytes.data() + (i + 1) * width, width);
            ++odd[pattern];
        }
        if (i < elements) {
            std::memcpy(&pattern, bytes.data() + i * width, width);
            ++even[pattern];
        }
    };
    if (elementBytes(type) == 1)
        count(std::uint8_t{});
    else
        count(std::uint16_t{});
    for (std::size_t pattern = 0; pattern < values.size(); ++pattern) {
        const std::uint64_t times = std::uint64_t{even[pattern]} + odd[pattern];
        if (times > 0)
            note(values[pattern], times, isSubnormalPattern(type, static_cast<std::uint32_t>(pattern)));
    }
}

void WeightTally::addFloats(std::span<const float> values)
{
    for (const float value : values) {
        const auto bits = std::bit_cast<std::uint32_t>(value);
        const std::uint32_t magnitude = bits & 0x7FFFFFFF;
        if (magnitude >= 0x7F800000 || magnitude < 0x00800000) {
            note(value, 1, magnitude != 0 && magnitude < 0x00800000);
            continue;
        }
        ++m_elements;
        ++m_counts[bits >> 16];
        const double wide = value;
        m_sum += wide;
        m_squares += wide * wide;
        m_min = std::min(m_min, wide);
        m_max = std::max(m_max, wide);
    }
}

void WeightTally::add(ElementType type, std::span<const std::uint8_t> bytes)
{
    const auto width = static_cast<std::size_t>(elementBytes(type));
    if (!patternValues(type).empty()) {
        for (std::size_t at = 0; at < bytes.size(); at += kBlockBytes)
            addPatterns(type, bytes.subspan(at, std::min(kBlockBytes, bytes.size() - at)));
        return;
    }
    std::array<float, 4096> block;
    const std::size_t elements = bytes.size() / width;
    for (std::size_t at = 0; at < elements; at += block.size()) {
        const std::span<float> part = std::span(block).first(std::min(block.size(), elements - at));
        readNumbers(type, bytes.subspan(at * width, part.size() * width), part);
        addFloats(part);
    }
}

void WeightTally::add(const WeightTally& other)
{
    for (std::size_t i = 0; i < kPrefixes; ++i)
        m_counts[i] += other.m_counts[i];
    m_elements += other.m_elements;
    m_nans += other.m_nans;
    m_infinities += other.m_infinities;
    m_zeros += other.m_zeros;
    m_subnormals += other.m_subnormals;
    m_sum += other.m_sum;
    m_squares += other.m_squares;
    m_min = std::min(m_min, other.m_min);
    m_max = std::max(m_max, other.m_max);
}

WeightHealth WeightTally::health() const
{
    WeightHealth out;
    out.elements = m_elements;
    out.nans = m_nans;
    out.infinities = m_infinities;
    out.zeros = m_zeros;
    out.subnormals = m_subnormals;
    const auto finite = static_cast<double>(out.finite());
    if (out.finite() <= 0)
        return out;
    out.min = m_min;
    out.max = m_max;
    out.mean = std::clamp(m_sum / finite, m_min, m_max);
    out.deviation = m_min == m_max ? 0 : std::sqrt(std::max(0.0, m_squares / finite - out.mean * out.mean));
    out.norm = std::sqrt(m_squares);
    out.histogramLow = std::max(m_min, out.mean - kHistogramSigmas * out.deviation);
    out.histogramHigh = std::min(m_max, out.mean + kHistogramSigmas * out.deviation);
    const double width = out.histogramHigh - out.histogramLow;
    out.histogram.assign(width > 0 ? kBins : 1, 0);

    double seen = 0, fourth = 0;
    bool hasLow = false, hasMedian = false, hasHigh = false;
    std::vector<std::int64_t> exponents(256);
    forRising(m_counts, [&](double value, std::uint64_t count) {
        const auto times = static_cast<double>(count);
        seen += times;
        const auto reach = [&](double share, bool& has, double& quantile) {
            if (!has && seen >= share * finite) {
                has = true;
                quantile = std::clamp(value, m_min, m_max);
            }
        };
        reach(kTail, hasLow, out.low);
        reach(0.5, hasMedian, out.median);
        reach(1 - kTail, hasHigh, out.high);
        const double away = value - out.mean;
        fourth += away * away * away * away * times;
        if (out.deviation > 0 && std::abs(away) > kOutlierSigmas * out.deviation)
            out.outliers += static_cast<std::int64_t>(count);
        if (value != 0)
            exponents[std::bit_cast<std::uint32_t>(static_cast<float>(value)) >> 23 & 0xFF] +=
                static_cast<std::int64_t>(count);
        // Cut towards zero, a number at the very edge may fall out by less than its last bit.
        const double inside = std::clamp(value, m_min, m_max);
        if (inside < out.histogramLow) {
            out.below += static_cast<std::int64_t>(count);
        } else if (inside > out.histogramHigh) {
            out.above += static_cast<std::int64_t>(count);
        } else {
            const double at = width > 0 ? (inside - out.histogramLow) / width * static_cast<double>(kBins) : 0;
            out.histogram[std::min(static_cast<std::size_t>(at), out.histogram.size() - 1)] +=
                static_cast<std::int64_t>(count);
        }
    });
    if (out.deviation > 0)
        out.kurtosis = fourth / finite / std::pow(out.deviation, 4);
    const auto isCounted = [](std::int64_t count) { return count > 0; };
    const auto first = std::find_if(exponents.begin(), exponents.end(), isCounted);
    if (first != exponents.end()) {
        const auto last = std::find_if(exponents.rbegin(), exponents.rend(), isCounted).base();
        constexpr int kBias = 127;
        out.firstExponent = static_cast<int>(first - exponents.begin()) - kBias;
        out.byExponent.assign(first, last);
    }
    return out;
}

}  // namespace armillary::anatomy
