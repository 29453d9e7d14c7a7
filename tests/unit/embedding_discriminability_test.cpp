#include "base/random_source.h"
#include "embedding/discriminability.h"
#include "embedding/latent_pooling.h"

#include "embedding_random_matrix.h"

#include <gtest/gtest.h>

#include <cmath>

namespace armillary::embedding {
namespace {

using test::gaussian;

std::vector<std::int64_t> alternating(std::int64_t count, std::int64_t classes)
{
    std::vector<std::int64_t> out;
    for (std::int64_t i = 0; i < count; ++i)
        out.push_back(i % classes);
    return out;
}

TEST(Discriminability, OfFourPointsByHand)
{
    // Classes {0, 1} and {4, 5} on a line.
    const Matrix x{4, 1, {0, 1, 4, 5}};
    const auto got = discriminability(x, {7, 7, 9, 9}, {.neighbours = 1, .draws = 0}, {});
    ASSERT_TRUE(got);
    EXPECT_EQ(got->classes, 2);
    EXPECT_DOUBLE_EQ(got->accuracy, 1);
    EXPECT_DOUBLE_EQ(got->largestClass, 0.5);
    // Inside 1; outside 4.5, 3.5, 3.5, 4.5.
    EXPECT_NEAR(got->silhouette, (2 * (3.5 / 4.5) + 2 * (2.5 / 3.5)) / 4, 1e-9);
    // Means 0.5 and 4.5 about 2.5: between 2 * 2 * 4 = 16 over 1; within 4 * 0.25 = 1 over 2.
    EXPECT_NEAR(got->fRatio, 32, 1e-5);
    EXPECT_NEAR(got->channelFRatios[0], 32, 1e-5);
    EXPECT_NEAR(got->channelImportance[0], 1, 1e-12);
    EXPECT_TRUE(std::isnan(got->accuracyNull.mean));
}

TEST(Discriminability, MajorityDecidesAndTiesGoToTheNearer)
{
    const Matrix x{4, 1, {0, 1, 2.2F, 3.5F}};
    const auto two = discriminability(x, {1, 1, 2, 2}, {.neighbours = 2, .draws = 0}, {});
    const auto three = discriminability(x, {1, 1, 2, 2}, {.neighbours = 3, .draws = 0}, {});
    ASSERT_TRUE(two && three);
    // k = 2 gives everyone one of each class, nearer first: right for 0, 1 and 3.5, wrong for 2.2.
    EXPECT_DOUBLE_EQ(two->accuracy, 0.75);
    // k = 3: everyone sees one of its own and two others.
    EXPECT_DOUBLE_EQ(three->accuracy, 0);
}

TEST(Discriminability, UnrelatedLabelsLieInTheBandsAndOneChannelCanCarryAll)
{
    Matrix x = gaussian(90, 4, 1);
    const auto labels = alternating(90, 3);
    const auto chance = discriminability(x, labels, {.draws = 100}, {});
    ASSERT_TRUE(chance);
    EXPECT_GT(chance->accuracyNull.pValue, 0.02);
    EXPECT_GT(chance->silhouetteNull.pValue, 0.02);
    EXPECT_GT(chance->fRatioNull.pValue, 0.02);
    EXPECT_NEAR(chance->fRatioNull.mean, 1, 0.15);
    EXPECT_NEAR(chance->accuracyNull.mean, 1.0 / 3, 0.05);
    for (std::int64_t i = 0; i < 90; ++i)
        x.row(i)[2] += 12 * static_cast<float>(i % 3);
    const auto clear = discriminability(x, labels, {.draws = 100}, {});
    ASSERT_TRUE(clear);
    EXPECT_GT(clear->accuracy, 0.95);
    EXPECT_GT(clear->silhouette, clear->silhouetteNull.high);
    EXPECT_GT(clear->fRatio, clear->fRatioNull.high);
    EXPECT_GT(clear->channelImportance[2], 0.9);
    ASSERT_EQ(clear->accuracyLoss.size(), 4U);
    EXPECT_GT(clear->accuracyLoss[2], 0.3) << "without it the classes cannot be told";
    EXPECT_LT(std::abs(clear->accuracyLoss[0]), 0.1);
}

TEST(Discriminability, StandardisingUndoesTheScaleOfAChannel)
{
    Matrix x = gaussian(60, 2, 2);
    for (std::int64_t i = 0; i < 60; ++i) {
        x.row(i)[0] = x.row(i)[0] * 0.001F + 0.01F * static_cast<float>(i % 2);
        x.row(i)[1] *= 1000;
    }
    const auto raw = discriminability(x, alternating(60, 2), {.draws = 0}, {});
    const auto scaled = discriminability(x, alternating(60, 2), {.draws = 0, .standardise = true}, {});
    EXPECT_LT(raw->accuracy, 0.8);
    EXPECT_GT(scaled->accuracy, 0.95);
    EXPECT_NEAR(raw->channelFRatios[0], scaled->channelFRatios[0], 1e-3 * raw->channelFRatios[0]);
}

TEST(Discriminability, DegenerateSetsGiveNaNWithACaution)
{
    for (const auto& [x, labels] : {std::pair{Matrix{0, 2, {}}, std::vector<std::int64_t>{}},
                                    {gaussian(5, 2, 1), {1, 1, 1, 1, 1}},
                                    {gaussian(2, 2, 1), {0, 1}}}) {
        const auto got = discriminability(x, labels, {}, {});
        ASSERT_TRUE(got);
        EXPECT_TRUE(std::isnan(got->accuracy));
        EXPECT_FALSE(got->cautions.empty());
    }
    const auto flat = discriminability(Matrix{6, 2, std::vector<float>(12, 3.3F)}, alternating(6, 2), {.draws = 3}, {});
    ASSERT_TRUE(flat);
    EXPECT_TRUE(std::isnan(flat->fRatio));
    EXPECT_FALSE(flat->cautions.empty());
    EXPECT_DOUBLE_EQ(flat->silhouette, 0);
    const auto single = discriminability(gaussian(4, 2, 1), {0, 1, 2, 3}, {.draws = 3}, {});
    ASSERT_TRUE(single);
    EXPECT_TRUE(std::isnan(single->fRatio));
    EXPECT_DOUBLE_EQ(single->silhouette, 0);
    EXPECT_EQ(discriminability(gaussian(4, 2, 1), {0, 1}, {}, {}).error().code, ErrorCode::InvalidInput);
    std::stop_source stop;
    stop.request_stop();
    EXPECT_EQ(discriminability(gaussian(4, 2, 1), {0, 1, 0, 1}, {}, stop.get_token()).error().code,
              ErrorCode::Cancelled);
}

// One channel of two latent frames of 2 x 2: 1 2 3 4 and 5 6 7 8; a second of zeros but one NaN.
TensorSnapshot smallLatents()
{
    std::vector<float> values = {1, 2, 3, 4, 5, 6, 7, 8};
    values.insert(values.end(), {0, 0, NAN, 0, 0, 0, 0, 0});
    return snapshotFromFloats({2, 2, 2, 2}, values);
}

TEST(LatentPooling, OfSmallLatentsByHand)
{
    const TensorSnapshot latents = smallLatents();
    const auto pooled = [&](LatentPooling how) { return *pooledLatents(latents, how); };
    using Floats = std::vector<float>;
    EXPECT_EQ(pooled(LatentPooling::Mean), (Floats{4.5F, 0}));
    EXPECT_EQ(pooled(LatentPooling::Maximum), (Floats{8, 0}));
    EXPECT_EQ(pooled(LatentPooling::MinimumMaximum), (Floats{1, 0, 8, 0}));
    EXPECT_EQ(pooled(LatentPooling::LastFrame), (Floats{6.5F, 0}));
    EXPECT_EQ(pooled(LatentPooling::Quadrants), (Floats{3, 4, 5, 6, 0, 0, 0, 0}));
    EXPECT_NEAR(pooled(LatentPooling::Deviation)[0], std::sqrt(5.25), 1e-6);
    EXPECT_EQ(pooled(LatentPooling::Flat).size(), 16U);
    EXPECT_EQ(pooled(LatentPooling::Flat)[10], 0) << "NaN becomes 0";
    EXPECT_EQ(pooled(LatentPooling::Sixteenths).size(), 32U);
    EXPECT_FALSE(pooledLatents(snapshotFromFloats({2, 2}, {1, 2, 3, 4}), LatentPooling::Mean));
}

TEST(LatentPooling, FindsThePoolingThatHoldsTheLabel)
{
    // The label stands in the top left quadrant against the bottom right: means over all of space do not see it.
    RandomSource random(3);
    std::vector<TensorSnapshot> latents;
    std::vector<std::int64_t> labels;
    for (int i = 0; i < 40; ++i) {
        std::vector<float> values;
        for (int at = 0; at < 16; ++at) {
            const float sign = i % 2 == 0 ? 1.F : -1.F;
            const float mark = at == 0 ? sign : at == 15 ? -sign : 0.F;
            values.push_back(8 * mark + static_cast<float>(random.normal()));
        }
        latents.push_back(snapshotFromFloats({1, 1, 4, 4}, values));
        labels.push_back(i % 2);
    }
    std::vector<const TensorSnapshot*> pointers;
    for (const TensorSnapshot& each : latents)
        pointers.push_back(&each);
    const auto got = comparePoolings(pointers, labels, {.draws = 20}, {});
    ASSERT_TRUE(got);
    ASSERT_EQ(got->size(), latentPoolingNames().size());
    EXPECT_LT((*got)[static_cast<std::size_t>(LatentPooling::Mean)].measures.accuracy, 0.8);
    EXPECT_GT((*got)[static_cast<std::size_t>(LatentPooling::Quadrants)].measures.accuracy, 0.95);
    EXPECT_EQ((*got)[static_cast<std::size_t>(LatentPooling::Quadrants)].dimensions, 4);
    latents[3] = snapshotFromFloats({1, 1, 2, 2}, {1, 2, 3, 4});
    EXPECT_FALSE(comparePoolings(pointers, labels, {}, {}));
    labels.pop_back();
    EXPECT_FALSE(comparePoolings(pointers, labels, {}, {}));
}

}  // namespace
}  // namespace armillary::embedding
