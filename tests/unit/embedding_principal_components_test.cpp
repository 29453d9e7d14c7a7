#include "embedding/principal_components.h"

#include "embedding_random_matrix.h"

#include <gtest/gtest.h>

#include <cmath>

namespace armillary::embedding {
namespace {

using test::gaussian;

// Columns of falling spread, turned so that no axis is a coordinate.
Matrix stretched(std::int64_t rows, std::int64_t columns, std::uint64_t seed)
{
    Matrix out = gaussian(rows, columns, seed);
    for (std::int64_t i = 0; i < rows; ++i) {
        for (std::int64_t c = 0; c < columns; ++c)
            out.row(i)[c] *= 8.F / static_cast<float>(1 + c);
        for (std::int64_t c = 0; c + 1 < columns; c += 2) {
            const float a = out.row(i)[c];
            const float b = out.row(i)[c + 1];
            out.row(i)[c] = 0.8F * a - 0.6F * b + 3;
            out.row(i)[c + 1] = 0.6F * a + 0.8F * b - 2;
        }
    }
    return out;
}

double dot(const float* a, const float* b, std::int64_t count)
{
    double sum = 0;
    for (std::int64_t i = 0; i < count; ++i)
        sum += static_cast<double>(a[i]) * b[i];
    return sum;
}

// All variance lies on the diagonal.
TEST(PrincipalComponents, OfPointsOnALineByHand)
{
    const Matrix x{3, 2, {1, 1, 2, 2, 6, 6}};
    const auto got = principalComponents(x, {.components = 2}, {});
    ASSERT_TRUE(got);
    ASSERT_EQ(got->axes.rows, 1) << "points on a line have one direction";
    // Skew of (-2, -1, 3) is positive, so the axis points to where the far point lies.
    EXPECT_NEAR(got->axes.row(0)[0], std::sqrt(0.5), 1e-6);
    EXPECT_NEAR(got->axes.row(0)[1], std::sqrt(0.5), 1e-6);
    EXPECT_NEAR(got->variances[0], 14.0, 1e-5);  // 2 * (4 + 1 + 9) / 2
    EXPECT_NEAR(got->shares[0], 1.0, 1e-6);
    EXPECT_NEAR(got->scores.row(2)[0], 3 * std::sqrt(2.0), 1e-5);
    EXPECT_FALSE(got->cautions.empty());
}

TEST(PrincipalComponents, AxesAreOrthonormalAndScoresUncorrelatedForWideAndTallInput)
{
    for (const auto& [rows, columns] : {std::pair<std::int64_t, std::int64_t>{12, 40}, {40, 12}}) {
        const Matrix x = stretched(rows, columns, 3);
        const auto got = principalComponents(x, {.components = 5, .method = PcaMethod::Exact}, {});
        ASSERT_TRUE(got);
        ASSERT_EQ(got->axes.rows, 5);
        double previous = INFINITY;
        for (std::int64_t a = 0; a < 5; ++a) {
            double variance = 0, cubes = 0;
            for (std::int64_t i = 0; i < rows; ++i) {
                variance += std::pow(got->scores.row(i)[a], 2) / static_cast<double>(rows - 1);
                cubes += std::pow(got->scores.row(i)[a], 3);
            }
            EXPECT_NEAR(got->variances[static_cast<std::size_t>(a)], variance, 1e-4 * variance);
            EXPECT_LE(variance, previous);
            EXPECT_GE(cubes, 0) << "signs follow the skew";
            previous = variance;
            for (std::int64_t b = 0; b < 5; ++b)
                EXPECT_NEAR(dot(got->axes.row(a), got->axes.row(b), columns), a == b ? 1 : 0, 1e-5);
        }
    }
}

TEST(PrincipalComponents, RandomisedAgreesWithExactAndRepeatsForItsSeed)
{
    const Matrix x = stretched(300, 60, 5);
    const auto exact = principalComponents(x, {.components = 4, .method = PcaMethod::Exact}, {});
    const auto quick = principalComponents(x, {.components = 4, .method = PcaMethod::Randomised, .seed = 9}, {});
    const auto again = principalComponents(x, {.components = 4, .method = PcaMethod::Randomised, .seed = 9}, {});
    ASSERT_TRUE(exact && quick && again);
    EXPECT_TRUE(quick->isRandomised);
    EXPECT_FALSE(exact->isRandomised);
    EXPECT_EQ(quick->scores.values, again->scores.values);
    for (std::int64_t component = 0; component < 4; ++component) {
        const auto at = static_cast<std::size_t>(component);
        EXPECT_NEAR(quick->variances[at], exact->variances[at], 1e-3 * exact->variances[at]);
        EXPECT_GT(dot(quick->axes.row(component), exact->axes.row(component), 60), 0.999);
    }
}

TEST(PrincipalComponents, EqualVectorsAndOneVectorHaveNone)
{
    Matrix same{5, 3, {}};
    for (int i = 0; i < 5; ++i)
        same.values.insert(same.values.end(), {0.1F, -70.3F, 1e5F});
    for (const Matrix& x : {same, Matrix{1, 3, {1, 2, 3}}, Matrix{0, 3, {}}}) {
        const auto got = principalComponents(x, {}, {});
        ASSERT_TRUE(got);
        EXPECT_EQ(got->axes.rows, 0);
        EXPECT_EQ(got->scores.rows, x.rows);
        EXPECT_FALSE(got->cautions.empty());
    }
}

TEST(PrincipalComponents, ScoresOfTheSameVectorsAreTheirScores)
{
    const Matrix x = stretched(20, 8, 6);
    const auto got = principalComponents(x, {}, {});
    ASSERT_TRUE(got);
    const Matrix again = scoresOn(*got, x);
    for (std::size_t i = 0; i < again.values.size(); ++i)
        EXPECT_NEAR(again.values[i], got->scores.values[i], 1e-4);
}

TEST(Colours, StretchBetweenTheClipsAndAreGreyWithoutComponents)
{
    Matrix scores{101, 1, {}};
    for (int i = 0; i <= 100; ++i)
        scores.values.push_back(static_cast<float>(i));
    scores.values.back() = 1000;  // one far value must not darken all others
    const Matrix got = coloursFromScores(scores);
    ASSERT_EQ(got.columns, 3);
    EXPECT_FLOAT_EQ(got.row(0)[0], 0);
    EXPECT_FLOAT_EQ(got.row(1)[0], 0);   // the 1 % quantile
    EXPECT_FLOAT_EQ(got.row(99)[0], 1);  // the 99 % quantile
    EXPECT_FLOAT_EQ(got.row(100)[0], 1);
    EXPECT_NEAR(got.row(50)[0], 0.5, 1e-6);
    EXPECT_FLOAT_EQ(got.row(50)[1], 0.5);
    EXPECT_FLOAT_EQ(got.row(50)[2], 0.5);
}

TEST(PrincipalComponents, StopsWhenAsked)
{
    std::stop_source stop;
    stop.request_stop();
    EXPECT_EQ(principalComponents(stretched(20, 8, 6), {}, stop.get_token()).error().code, ErrorCode::Cancelled);
}

}  // namespace
}  // namespace armillary::embedding
