#include "anatomy/weight_tally.h"

#include "anatomy/number_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <numeric>
#include <random>

namespace armillary::anatomy {
namespace {

using ::testing::ElementsAre;

template <class T>
std::vector<std::uint8_t> bytesOf(const std::vector<T>& values)
{
    std::vector<std::uint8_t> out(values.size() * sizeof(T));
    std::memcpy(out.data(), values.data(), out.size());
    return out;
}

WeightHealth healthOf(ElementType type, const std::vector<std::uint8_t>& bytes)
{
    WeightTally tally;
    tally.add(type, bytes);
    return tally.health();
}

std::uint16_t bfloat(float value)
{
    return static_cast<std::uint16_t>(std::bit_cast<std::uint32_t>(value) >> 16);
}

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();

TEST(WeightTally, CountsWhatIsBrokenInFloat32)
{
    const float subnormal = std::numeric_limits<float>::denorm_min();
    const WeightHealth health =
        healthOf(ElementType::Float32,
                 bytesOf<float>({kNan, kInfinity, -kInfinity, 0.F, -0.F, subnormal, -subnormal, 3.F, -1.F}));
    EXPECT_EQ(health.elements, 9);
    EXPECT_EQ(health.nans, 1);
    EXPECT_EQ(health.infinities, 2);
    EXPECT_EQ(health.zeros, 2);
    EXPECT_EQ(health.subnormals, 2);
    EXPECT_EQ(health.finite(), 6);
    EXPECT_EQ(health.min, -1);
    EXPECT_EQ(health.max, 3);
    EXPECT_DOUBLE_EQ(health.mean, 2.0 / 6);
    EXPECT_DOUBLE_EQ(health.norm, std::sqrt(10.0));
    EXPECT_NEAR(health.deviation, std::sqrt(10.0 / 6 - 4.0 / 36), 1e-12);
}

TEST(WeightTally, CountsWhatIsBrokenInSixteenBits)
{
    // NaN, both infinities, both zeros, a subnormal and two numbers, as bfloat16 and as float16.
    const WeightHealth brain =
        healthOf(ElementType::BFloat16,
                 bytesOf<std::uint16_t>({0x7FC0, 0x7F80, 0xFF80, 0, 0x8000, 1, bfloat(2.F), bfloat(-4.F)}));
    const WeightHealth half =
        healthOf(ElementType::Float16, bytesOf<std::uint16_t>({0x7E00, 0x7C00, 0xFC00, 0, 0x8000, 1, 0x4000, 0xC400}));
    for (const WeightHealth* health : {&brain, &half}) {
        EXPECT_EQ(health->elements, 8);
        EXPECT_EQ(health->nans, 1);
        EXPECT_EQ(health->infinities, 2);
        EXPECT_EQ(health->zeros, 2);
        EXPECT_EQ(health->subnormals, 1);
        EXPECT_EQ(health->min, -4);
        EXPECT_EQ(health->max, 2);
        EXPECT_NEAR(health->mean, -2.0 / 5, 1e-7);
        EXPECT_NEAR(health->norm, std::sqrt(20.0), 1e-7);
    }
}

TEST(WeightTally, CountsWhatIsBrokenInEightBits)
{
    // E4M3 has no infinity: 0x7F and 0xFF are NaN, 0x7E is 448, its least subnormal is 2^-9.
    const WeightHealth e4m3 =
        healthOf(ElementType::Float8E4M3, bytesOf<std::uint8_t>({0x7F, 0xFF, 0x7E, 0x01, 0x00, 0x80, 0x38}));
    EXPECT_EQ(e4m3.nans, 2);
    EXPECT_EQ(e4m3.infinities, 0);
    EXPECT_EQ(e4m3.subnormals, 1);
    EXPECT_EQ(e4m3.zeros, 2);
    EXPECT_EQ(e4m3.max, 448);
    EXPECT_EQ(e4m3.min, 0);
    EXPECT_NEAR(e4m3.mean, (448 + std::ldexp(1.0, -9) + 1) / 5, 1e-9);
    // E5M2 is float16 cut in half: 0x7C infinite, 0x7B 57344, least subnormal 2^-16.
    const WeightHealth e5m2 =
        healthOf(ElementType::Float8E5M2, bytesOf<std::uint8_t>({0x7C, 0xFC, 0x7E, 0x7B, 0x01, 0x00}));
    EXPECT_EQ(e5m2.infinities, 2);
    EXPECT_EQ(e5m2.nans, 1);
    EXPECT_EQ(e5m2.subnormals, 1);
    EXPECT_EQ(e5m2.max, 57344);
    EXPECT_EQ(e5m2.min, 0);
}

TEST(WeightTally, ReadsIntegers)
{
    const WeightHealth bytes = healthOf(ElementType::Int8, bytesOf<std::int8_t>({-128, 0, 127}));
    EXPECT_EQ(bytes.min, -128);
    EXPECT_EQ(bytes.max, 127);
    EXPECT_EQ(bytes.zeros, 1);
    EXPECT_EQ(bytes.subnormals, 0);
    EXPECT_EQ(healthOf(ElementType::UInt8, {200, 0}).max, 200);
    EXPECT_EQ(healthOf(ElementType::Int16, bytesOf<std::int16_t>({-300, 7})).min, -300);
    EXPECT_EQ(healthOf(ElementType::Int32, bytesOf<std::int32_t>({-70000, 7})).min, -70000);
    EXPECT_EQ(healthOf(ElementType::Int64, bytesOf<std::int64_t>({-70000, 7})).mean, -69993.0 / 2);
    EXPECT_EQ(healthOf(ElementType::Float64, bytesOf<double>({0.5, 1.5})).mean, 1);
}

TEST(WeightTally, KnowsANormalDistributionAndItsOutliers)
{
    std::mt19937 random(7);
    std::normal_distribution<float> normal(0.25F, 0.5F);
    std::vector<float> wide(200'000);
    for (float& value : wide)
        value = normal(random);
    wide[10] = 9;  // 17 deviations off
    wide[20] = -8;
    std::vector<std::uint16_t> narrow;
    for (const float value : wide)
        narrow.push_back(bfloat(value));
    const double bins = 48;
    for (const WeightHealth& health :
         {healthOf(ElementType::Float32, bytesOf(wide)), healthOf(ElementType::BFloat16, bytesOf(narrow))}) {
        EXPECT_NEAR(health.mean, 0.25, 0.005);
        EXPECT_NEAR(health.deviation, 0.5, 0.005);
        EXPECT_NEAR(health.median, 0.25, 0.01);
        EXPECT_NEAR(health.low, 0.25 - 3.09 * 0.5, 0.05);
        EXPECT_NEAR(health.high, 0.25 + 3.09 * 0.5, 0.05);
        EXPECT_NEAR(health.kurtosis, 3.9, 0.6);
        EXPECT_EQ(health.outliers, 2);
        EXPECT_EQ(health.min, -8);
        EXPECT_EQ(health.max, 9);
        // One more or less for the rounding of those that lie at the edge.
        const auto outside = [&](auto isOut) { return std::count_if(wide.begin(), wide.end(), isOut); };
        EXPECT_NEAR(static_cast<double>(health.below),
                    static_cast<double>(outside([&](float value) { return value < health.histogramLow; })), 1);
        EXPECT_NEAR(static_cast<double>(health.above),
                    static_cast<double>(outside([&](float value) { return value > health.histogramHigh; })), 1);
        EXPECT_GE(health.below, 1);
        EXPECT_GE(health.above, 1);
        ASSERT_EQ(health.histogram.size(), bins);
        EXPECT_EQ(std::accumulate(health.histogram.begin(), health.histogram.end(), std::int64_t{0}),
                  200'000 - health.below - health.above);
        // The two bins in the middle hold the numbers within 1/48 of ten deviations from the mean.
        const double share = static_cast<double>(health.histogram[23] + health.histogram[24]) / 200'000;
        EXPECT_NEAR(share, std::erf(10.0 / bins / std::sqrt(2.0)), 0.012);
    }
}

TEST(WeightTally, MagnitudesByPowersOfTwo)
{
    const WeightHealth health =
        healthOf(ElementType::Float32, bytesOf<float>({0.F, 1.F, -1.5F, 1.99F, 0.25F, 8.F, 0.3F}));
    EXPECT_EQ(health.firstExponent, -2);
    EXPECT_THAT(health.byExponent, ElementsAre(2, 0, 3, 0, 0, 1));
}

TEST(WeightTally, EqualNumbersHaveNoSpread)
{
    const WeightHealth health = healthOf(ElementType::BFloat16, bytesOf<std::uint16_t>({0x3F80, 0x3F80, 0x3F80}));
    EXPECT_EQ(health.deviation, 0);
    EXPECT_EQ(health.kurtosis, 0);
    EXPECT_EQ(health.outliers, 0);
    EXPECT_THAT(health.histogram, ElementsAre(3));
    EXPECT_EQ(health.median, 1);
}

TEST(WeightTally, NothingAndNothingFiniteAreNoFault)
{
    EXPECT_EQ(WeightTally().health().elements, 0);
    const WeightHealth broken = healthOf(ElementType::Float32, bytesOf<float>({kNan, kNan}));
    EXPECT_EQ(broken.finite(), 0);
    EXPECT_TRUE(broken.histogram.empty());
    EXPECT_EQ(broken.mean, 0);
}

TEST(WeightTally, JoinedTalliesAreTheTallyOfTheJoin)
{
    const std::vector<float> first = {1, -2, 0, 30}, second = {0.5F, kNan, -7, 4};
    WeightTally a, b, joined;
    a.add(ElementType::Float32, bytesOf(first));
    b.add(ElementType::Float32, bytesOf(second));
    a.add(b);
    joined.add(ElementType::Float32, bytesOf(first));
    joined.add(ElementType::Float32, bytesOf(second));
    const WeightHealth left = a.health(), right = joined.health();
    EXPECT_EQ(left.elements, 8);
    EXPECT_EQ(left.nans, 1);
    EXPECT_EQ(left.min, -7);
    EXPECT_DOUBLE_EQ(left.mean, right.mean);
    EXPECT_DOUBLE_EQ(left.deviation, right.deviation);
    EXPECT_EQ(left.histogram, right.histogram);
    EXPECT_EQ(left.byExponent, right.byExponent);
}

// What findings say of a tensor.
std::vector<std::string> sentences(const WeightHealth& health, bool isVector)
{
    std::vector<std::string> out;
    for (const WeightFinding& finding : findingsOf(health, isVector))
        out.push_back((finding.isFault ? "! " : "") + finding.sentence);
    return out;
}

TEST(WeightFindings, TellWhatStrikes)
{
    EXPECT_THAT(sentences(healthOf(ElementType::Float32, bytesOf<float>({1, 2, -3, 0.1F})), false), ElementsAre());
    EXPECT_THAT(sentences(healthOf(ElementType::Float32, bytesOf<float>({kNan, kInfinity, 1, 2})), false),
                ElementsAre("! 1 NaN", "! 1 infinite"));
    const std::vector<std::uint8_t> zeros = bytesOf<float>({0, 0, 0});
    EXPECT_THAT(sentences(healthOf(ElementType::Float32, zeros), false), ElementsAre("! all zeros"));
    // Biases may well be.
    EXPECT_THAT(sentences(healthOf(ElementType::Float32, zeros), true), ElementsAre("all zeros"));
    EXPECT_THAT(sentences(healthOf(ElementType::Float32, bytesOf<float>({2, 2})), true), ElementsAre("all equal to 2"));
    EXPECT_THAT(sentences(healthOf(ElementType::Float32, bytesOf<float>({0, 0, 1, -1})), false),
                ElementsAre("50 % zeros"));
    EXPECT_THAT(sentences(healthOf(ElementType::BFloat16, bytesOf<std::uint16_t>({1, 2, 0x3F80, 0xBF80})), false),
                ElementsAre("50 % subnormal"));
    std::vector<float> far(5000, 0.F);
    for (std::size_t i = 0; i < far.size(); ++i)
        far[i] = i % 2 == 0 ? 1.F : -1.F;
    far[0] = 60;
    const auto sentence = sentences(healthOf(ElementType::Float32, bytesOf(far)), false);
    EXPECT_THAT(sentence, ElementsAre());  // one in 5,000 and 46 deviations: just below both limits
    far[0] = 4000;
    EXPECT_THAT(sentences(healthOf(ElementType::Float32, bytesOf(far)), false),
                ElementsAre(::testing::HasSubstr("deviations off")));
}

TEST(NumberReader, PatternsAndBlocksAgree)
{
    for (const ElementType type : {ElementType::BFloat16, ElementType::Float16, ElementType::Int16}) {
        const std::vector<std::uint16_t> patterns = {0, 1, 0x3C00, 0x4049, 0x7BFF, 0x8001, 0xC000};
        std::vector<float> read(patterns.size());
        readNumbers(type, bytesOf(patterns), read);
        for (std::size_t i = 0; i < patterns.size(); ++i)
            EXPECT_EQ(read[i], patternValues(type)[patterns[i]]) << i;
    }
    EXPECT_EQ(patternValues(ElementType::Float16)[0x3C00], 1.F);
    EXPECT_EQ(patternValues(ElementType::Float8E4M3)[0x38], 1.F);
    EXPECT_EQ(patternValues(ElementType::Float8E5M2)[0x3C], 1.F);
    EXPECT_TRUE(patternValues(ElementType::Float32).empty());
}

}  // namespace
}  // namespace armillary::anatomy
