#include "inspect/latent_stats.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>

namespace armillary::inspect {
namespace {

TensorSnapshot snapshot(std::vector<std::int64_t> shape, const std::vector<float>& values)
{
    auto bytes = std::make_shared<std::vector<std::uint8_t>>(values.size() * sizeof(float));
    std::memcpy(bytes->data(), values.data(), bytes->size());
    return {ElementType::Float32, std::move(shape), std::move(bytes)};
}

// Two channels, two latent frames, 1x2 places.
TensorSnapshot smallLatents()
{
    return snapshot({2, 2, 1, 2}, {1, 3, 5, 7, -3, -3, -1, 3});
}

TEST(LatentStats, NormalisedLatentsComeBackInTheRawScale)
{
    const LatentReference reference{{10, -1}, {2, 0.5}};
    const auto stats = channelStats(smallLatents(), true, reference, std::nullopt);
    ASSERT_TRUE(stats) << stats.error().message;
    ASSERT_EQ(stats->size(), 2u);
    // Channel 0: normalised mean (1+3+5+7)/4 = 4, deviation sqrt(5).
    EXPECT_DOUBLE_EQ((*stats)[0].meanSigmas, 4);
    EXPECT_DOUBLE_EQ((*stats)[0].mean, 18);
    EXPECT_NEAR((*stats)[0].deviation, 2 * std::sqrt(5.0), 1e-12);
    EXPECT_DOUBLE_EQ((*stats)[0].beyondTwoSigma, 0.75);
    EXPECT_TRUE((*stats)[0].isUnusual);
    // Channel 1: mean -1, so it lies within two sigma although half of its values do not.
    EXPECT_DOUBLE_EQ((*stats)[1].meanSigmas, -1);
    EXPECT_DOUBLE_EQ((*stats)[1].mean, -1.5);
    EXPECT_DOUBLE_EQ((*stats)[1].beyondTwoSigma, 0.75);
    EXPECT_FALSE((*stats)[1].isUnusual);
}

TEST(LatentStats, RawLatentsAreMeasuredAgainstTheReference)
{
    const auto stats = channelStats(smallLatents(), false, {{4, 0}, {1, 1}}, 1);
    ASSERT_TRUE(stats);
    EXPECT_DOUBLE_EQ((*stats)[0].mean, 6);        // (5 + 7) / 2
    EXPECT_DOUBLE_EQ((*stats)[0].meanSigmas, 2);  // at two sigma, not beyond
    EXPECT_FALSE((*stats)[0].isUnusual);
    EXPECT_DOUBLE_EQ((*stats)[0].deviation, 1);
    EXPECT_DOUBLE_EQ((*stats)[0].beyondTwoSigma, 0.5);
    EXPECT_DOUBLE_EQ((*stats)[1].mean, 1);  // (-1 + 3) / 2
}

TEST(LatentStats, ValuesThatAreNoNumbersAreCountedAndLeftOut)
{
    const float nan = std::numeric_limits<float>::quiet_NaN();
    const float infinite = std::numeric_limits<float>::infinity();
    const auto stats = channelStats(snapshot({1, 1, 2, 2}, {1, nan, 2, infinite}), true, {{0}, {1}}, std::nullopt);
    ASSERT_TRUE(stats);
    EXPECT_EQ((*stats)[0].nonFinite, 2);
    EXPECT_DOUBLE_EQ((*stats)[0].mean, 1.5);
}

TEST(LatentStats, WrongShapesGetASentence)
{
    const LatentReference reference{{0}, {1}};
    EXPECT_FALSE(channelStats(smallLatents(), true, reference, std::nullopt));
    EXPECT_FALSE(channelStats(snapshot({4}, {1, 2, 3, 4}), true, reference, std::nullopt));
    const auto noFrame = channelStats(smallLatents(), true, {{0, 0}, {1, 1}}, 2);
    ASSERT_FALSE(noFrame);
    EXPECT_NE(noFrame.error().message.find("no latent frame 2"), std::string::npos) << noFrame.error().message;
    // A shape that promises more than the bytes hold.
    EXPECT_FALSE(channelStats(snapshot({1, 1, 2, 3}, {1, 2}), true, reference, std::nullopt));
    EXPECT_FALSE(latentReference(snapshot({2}, {0, 0}), snapshot({2}, {1, 0})));
    EXPECT_FALSE(latentReference(snapshot({2}, {0, 0}), snapshot({1}, {1})));
    EXPECT_TRUE(latentReference(snapshot({2}, {0, 0}), snapshot({2}, {1, 2})));
}

TEST(LatentStats, MapsPickOneChannelAndFrame)
{
    const auto map = latentMap(smallLatents(), 1, 1);
    ASSERT_TRUE(map);
    EXPECT_EQ(map->rows, 1);
    EXPECT_EQ(map->columns, 2);
    EXPECT_EQ(map->values, (std::vector<float>{-1, 3}));
    EXPECT_FLOAT_EQ(map->lowest, -1);
    EXPECT_FLOAT_EQ(map->highest, 3);
    EXPECT_FALSE(latentMap(smallLatents(), 2, 0));
    EXPECT_FALSE(latentMap(smallLatents(), 0, -1));
}

// Three seeds at one place: 1, 2, 6 has mean 3 and variance (4 + 1 + 9) / 2 = 7; the other channel agrees (variance 0),
// so their mean is 3.5.
TEST(LatentStats, VarianceOverSeedsIsTheMeanOverChannels)
{
    const TensorSnapshot one = snapshot({2, 1, 1, 2}, {1, 4, 8, 8});
    const TensorSnapshot two = snapshot({2, 1, 1, 2}, {2, 4, 8, 8});
    const TensorSnapshot three = snapshot({2, 1, 1, 2}, {6, 4, 8, 8});
    const auto map = varianceMap({&one, &two, &three}, 0);
    ASSERT_TRUE(map) << map.error().message;
    ASSERT_EQ(map->values.size(), 2u);
    EXPECT_FLOAT_EQ(map->values[0], 3.5F);
    EXPECT_FLOAT_EQ(map->values[1], 0.0F);
    EXPECT_FLOAT_EQ(map->highest, 3.5F);
    EXPECT_FALSE(varianceMap({&one}, 0));
    const TensorSnapshot other = smallLatents();
    EXPECT_FALSE(varianceMap({&one, &other}, 0));
}

}  // namespace
}  // namespace armillary::inspect
