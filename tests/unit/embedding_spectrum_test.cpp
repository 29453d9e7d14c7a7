#include "embedding/spectrum.h"

#include "embedding_random_matrix.h"

#include <gtest/gtest.h>

#include <cmath>

namespace armillary::embedding {
namespace {

using test::gaussian;

Matrix diagonal(const std::vector<float>& values)
{
    const auto n = static_cast<std::int64_t>(values.size());
    Matrix out{n, n, std::vector<float>(static_cast<std::size_t>(n * n), 0.F)};
    for (std::int64_t i = 0; i < n; ++i)
        out.row(i)[i] = values[static_cast<std::size_t>(i)];
    return out;
}

TEST(Spectrum, OfDiagonalMatricesByHand)
{
    const auto equal = spectrum(diagonal({2, 2, 2, 2}), false, 0, 0, {});
    ASSERT_TRUE(equal);
    EXPECT_NEAR(equal->measures.effectiveRank, 4, 1e-9);
    EXPECT_NEAR(equal->measures.participationRatio, 4, 1e-9);
    EXPECT_EQ(equal->measures.rank, 4);
    EXPECT_EQ(equal->measures.componentsFor90, 4);

    // p = 1/2, 1/4, 1/4: exp(1.5 ln 2); squares 4, 1, 1: (6)^2 / 18.
    const auto mixed = spectrum(diagonal({-2, 1, 1, 0}), false, 0, 0, {});
    ASSERT_TRUE(mixed);
    EXPECT_NEAR(mixed->measures.effectiveRank, std::exp(1.5 * std::log(2.0)), 1e-9);
    EXPECT_NEAR(mixed->measures.participationRatio, 2, 1e-9);
    EXPECT_EQ(mixed->measures.rank, 3);
    EXPECT_NEAR(mixed->singularValues[0], 2, 1e-9);
    EXPECT_NEAR(mixed->singularValues[3], 0, 1e-9);
}

TEST(Spectrum, CountsComponentsForAShareExactly)
{
    const SpectrumMeasures ten = spectrumMeasures(std::vector<double>(10, 1.0));
    EXPECT_EQ(ten.componentsFor90, 9);
    EXPECT_EQ(ten.componentsFor95, 10);
    EXPECT_EQ(ten.componentsFor99, 10);
    const SpectrumMeasures one = spectrumMeasures({10, 1, 0.1});
    EXPECT_EQ(one.componentsFor95, 1);  // 100 of 101.01
    EXPECT_EQ(one.componentsFor99, 1);  // 0.99000...
}

TEST(Spectrum, ALinearProjectorOfFewChannelsLeavesFewDirections)
{
    // 50 vectors of 40 dimensions that are products of 3 numbers each.
    const Matrix few = gaussian(50, 3, 1), projector = gaussian(3, 40, 2);
    Matrix x{50, 40, std::vector<float>(2000, 0.F)};
    for (std::int64_t i = 0; i < 50; ++i) {
        for (std::int64_t c = 0; c < 40; ++c) {
            for (std::int64_t k = 0; k < 3; ++k)
                x.row(i)[c] += few.row(i)[k] * projector.row(k)[c];
        }
    }
    const auto got = spectrum(x, true, 20, 3, {});
    ASSERT_TRUE(got);
    EXPECT_EQ(got->measures.rank, 3);
    EXPECT_LE(got->measures.effectiveRank, 3 + 1e-4);
    EXPECT_GT(got->effectiveRankNull.low, 20) << "columns without relations fill all directions";
    EXPECT_NEAR(got->effectiveRankNull.pValue, 1.0 / 21, 1e-12);
}

TEST(Spectrum, UnrelatedColumnsLieInTheirBand)
{
    const auto got = spectrum(gaussian(60, 20, 5), true, 40, 6, {});
    ASSERT_TRUE(got);
    EXPECT_GT(got->effectiveRankNull.pValue, 0.02);
    EXPECT_NEAR(got->measures.effectiveRank, got->effectiveRankNull.mean, 6 * got->effectiveRankNull.deviation);
    EXPECT_TRUE(got->cautions.empty());
    EXPECT_FALSE(spectrum(gaussian(20, 60, 5), true, 1, 6, {})->cautions.empty()) << "n < D is said";
}

TEST(Spectrum, OfEqualVectorsAndOfOneIsNaN)
{
    for (const Matrix& x : {Matrix{6, 3, std::vector<float>(18, 7.1F)}, Matrix{1, 3, {1, 2, 3}}, Matrix{0, 3, {}},
                            Matrix{4, 2, std::vector<float>(8, 0.F)}}) {
        const auto got = spectrum(x, true, 5, 0, {});
        ASSERT_TRUE(got);
        EXPECT_TRUE(std::isnan(got->measures.effectiveRank));
        EXPECT_EQ(got->measures.rank, 0);
        EXPECT_FALSE(got->cautions.empty());
    }
    std::stop_source stop;
    stop.request_stop();
    EXPECT_EQ(spectrum(gaussian(9, 3, 1), true, 5, 0, stop.get_token()).error().code, ErrorCode::Cancelled);
}

}  // namespace
}  // namespace armillary::embedding
