#include "embedding/modality_gap.h"

#include "embedding_random_matrix.h"

#include <gtest/gtest.h>

#include <cmath>

namespace armillary::embedding {
namespace {

using test::gaussian;

TEST(ModalityGap, OfFourVectorsByHand)
{
    // Unit vectors (1,0) and (0.6,0.8) against (0,1) and (0,1): means (0.8,0.4) and (0,1).
    const Matrix x{2, 2, {5, 0, 3, 4}};
    const Matrix y{2, 2, {0, 2, 0, 7}};
    const auto got = modalityGap(x, y, {}, {});
    ASSERT_TRUE(got);
    EXPECT_NEAR(got->gap, 1.0, 1e-6);  // |(0.8, -0.6)|
    EXPECT_NEAR(got->insideX, 0.6, 1e-6);
    EXPECT_NEAR(got->insideY, 1.0, 1e-6);
    EXPECT_NEAR(got->across, 0.4, 1e-6);
    EXPECT_TRUE(std::isnan(got->probeAuc)) << "too few for folds";
    EXPECT_FALSE(got->cautions.empty());
}

TEST(ModalityGap, OfOneCloudIsInsideItsBand)
{
    const auto got = modalityGap(gaussian(80, 10, 1), gaussian(60, 10, 2), {}, {});
    ASSERT_TRUE(got);
    EXPECT_GE(got->gapNull.pValue, 0.03);
    EXPECT_LT(got->gap, 2 * got->gapNull.high);
    EXPECT_NEAR(got->probeAuc, 0.5, 0.15);
    EXPECT_NEAR(got->probeNull.mean, 0.5, 0.05);
    EXPECT_GT(got->probeNull.pValue, 0.02);
    EXPECT_EQ(got->probeNull.draws, 200);
}

TEST(ModalityGap, OfTwoCloudsIsFound)
{
    const auto got = modalityGap(gaussian(80, 10, 1, 1.5F), gaussian(60, 10, 2, -1.5F), {}, {});
    ASSERT_TRUE(got);
    EXPECT_GT(got->gap, got->gapNull.high);
    EXPECT_NEAR(got->gapNull.pValue, 1.0 / 201, 1e-12);
    EXPECT_GT(got->probeAuc, 0.99);
    EXPECT_LT(got->probeNull.high, 0.75);
    EXPECT_LT(got->across, got->insideX);
}

TEST(ModalityGap, DegenerateSidesGiveNaNWithACaution)
{
    const auto none = modalityGap(Matrix{0, 3, {}}, gaussian(5, 3, 1), {}, {});
    ASSERT_TRUE(none);
    EXPECT_TRUE(std::isnan(none->gap));
    EXPECT_FALSE(none->cautions.empty());
    const auto zeros = modalityGap(Matrix{20, 3, std::vector<float>(60, 0.F)}, gaussian(20, 3, 1), {}, {});
    ASSERT_TRUE(zeros);
    EXPECT_NEAR(zeros->across, 0, 1e-12);
    EXPECT_EQ(modalityGap(gaussian(5, 3, 1), gaussian(5, 4, 1), {}, {}).error().code, ErrorCode::InvalidInput);
    std::stop_source stop;
    stop.request_stop();
    EXPECT_EQ(modalityGap(gaussian(5, 3, 1), gaussian(5, 3, 1), {}, stop.get_token()).error().code,
              ErrorCode::Cancelled);
}

TEST(AreaUnderCurve, CountsPairsAndHalvesTies)
{
    EXPECT_DOUBLE_EQ(areaUnderCurve({2, 3}, {0, 1}), 1);
    EXPECT_DOUBLE_EQ(areaUnderCurve({0}, {1, 2}), 0);
    EXPECT_DOUBLE_EQ(areaUnderCurve({1, 2}, {1, 0}), (0.5 + 1 + 1 + 1) / 4);
    EXPECT_TRUE(std::isnan(areaUnderCurve({}, {1})));
}

}  // namespace
}  // namespace armillary::embedding
