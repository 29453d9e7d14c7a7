#include "base/random_source.h"
#include "embedding/neighbours.h"

#include "embedding_random_matrix.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace armillary::embedding {
namespace {

using test::gaussian;

double euclid(const Matrix& x, std::int64_t a, std::int64_t b)
{
    double sum = 0;
    for (std::int64_t c = 0; c < x.columns; ++c)
        sum += std::pow(static_cast<double>(x.row(a)[c]) - x.row(b)[c], 2);
    return std::sqrt(sum);
}

double cosineDistance(const Matrix& x, std::int64_t a, std::int64_t b)
{
    double dot = 0, left = 0, right = 0;
    for (std::int64_t c = 0; c < x.columns; ++c) {
        dot += static_cast<double>(x.row(a)[c]) * x.row(b)[c];
        left += static_cast<double>(x.row(a)[c]) * x.row(a)[c];
        right += static_cast<double>(x.row(b)[c]) * x.row(b)[c];
    }
    return 1 - dot / std::sqrt(left * right);
}

// All others of `i`, nearest first.
template <class Distance>
std::vector<std::int64_t> ranked(const Matrix& x, std::int64_t i, Distance distance)
{
    std::vector<std::pair<double, std::int64_t>> all;
    for (std::int64_t j = 0; j < x.rows; ++j) {
        if (j != i)
            all.emplace_back(distance(x, i, j), j);
    }
    std::sort(all.begin(), all.end());
    std::vector<std::int64_t> out;
    for (const auto& [d, j] : all)
        out.push_back(j);
    return out;
}

TEST(Neighbours, AreThoseOfANaiveLoopInBothMetrics)
{
    const Matrix x = gaussian(600, 7, 1);  // more than one block
    for (const Metric metric : {Metric::Cosine, Metric::Euclid}) {
        const auto found = nearestNeighbours(x, x, 5, metric, true, {});
        ASSERT_TRUE(found);
        for (std::int64_t i = 0; i < x.rows; ++i) {
            const auto want = metric == Metric::Cosine ? ranked(x, i, cosineDistance) : ranked(x, i, euclid);
            for (std::int64_t at = 0; at < 5; ++at)
                ASSERT_EQ(found->indices[static_cast<std::size_t>(i * 5 + at)], want[static_cast<std::size_t>(at)])
                    << i;
        }
        EXPECT_NEAR(found->distances[0],
                    metric == Metric::Cosine ? cosineDistance(x, 0, found->indices[0])
                                             : euclid(x, 0, found->indices[0]),
                    1e-6);
    }
}

TEST(Neighbours, FarFromTheOriginNearPointsStayNear)
{
    Matrix x{4, 2, {10000.F, 0.F, 10000.F, 0.01F, 10000.F, 0.03F, 10000.F, 0.06F}};
    const auto found = nearestNeighbours(x, x, 1, Metric::Euclid, true, {});
    ASSERT_TRUE(found);
    EXPECT_EQ(found->indices, (std::vector<std::int64_t>{1, 0, 1, 2}));
    EXPECT_NEAR(found->distances[3], 0.03, 1e-6);
}

TEST(Neighbours, CutsKAndRefusesOtherWidths)
{
    const Matrix x = gaussian(3, 4, 2);
    EXPECT_EQ(nearestNeighbours(x, x, 10, Metric::Cosine, true, {})->count, 2);
    EXPECT_EQ(nearestNeighbours(x, x, 10, Metric::Cosine, false, {})->count, 3);
    EXPECT_EQ(nearestNeighbours(gaussian(1, 4, 2), gaussian(1, 4, 2), 3, Metric::Cosine, true, {})->count, 0);
    EXPECT_EQ(nearestNeighbours(x, gaussian(3, 5, 2), 1, Metric::Cosine, false, {}).error().code,
              ErrorCode::InvalidInput);
    std::stop_source stop;
    stop.request_stop();
    EXPECT_EQ(nearestNeighbours(x, x, 1, Metric::Cosine, true, stop.get_token()).error().code, ErrorCode::Cancelled);
}

TEST(Cosines, OfKnownVectors)
{
    const Matrix left{2, 2, {1, 0, 0, 0}};
    const Matrix right{3, 2, {2, 0, 0, 5, -1, 1}};
    const Matrix got = cosines(left, right);
    EXPECT_FLOAT_EQ(got.row(0)[0], 1);
    EXPECT_FLOAT_EQ(got.row(0)[1], 0);
    EXPECT_NEAR(got.row(0)[2], -std::sqrt(0.5), 1e-6);
    EXPECT_EQ(got.row(1)[0], 0) << "a vector of zeros has the cosine 0";
}

TEST(Cosines, SummariesAgreeWithAllPairs)
{
    const Matrix x = gaussian(30, 3, 3);
    std::vector<TokenGroup> groups = {{"a", TokenKind::Image, {}}, {"b", TokenKind::World, {}}};
    for (std::int64_t i = 0; i < 30; ++i)
        groups[i < 12 ? 0 : 1].rows.push_back(i);
    const auto got = cosineSummaries(x, groups, 100, 10, {});
    ASSERT_TRUE(got);
    ASSERT_EQ(got->size(), 3U);  // a-a, a-b, b-b
    double inside = 0, across = 0;
    for (std::int64_t i = 0; i < 30; ++i) {
        for (std::int64_t j = i + 1; j < 30; ++j) {
            inside += j < 12 ? 1 - cosineDistance(x, i, j) : 0;
            across += i < 12 && j >= 12 ? 1 - cosineDistance(x, i, j) : 0;
        }
    }
    EXPECT_NEAR((*got)[0].mean, inside / 66, 1e-6);
    EXPECT_EQ((*got)[0].pairs, 66);
    EXPECT_NEAR((*got)[1].mean, across / (12 * 18), 1e-6);
    EXPECT_EQ((*got)[1].pairs, 12 * 18);
    std::int64_t counted = 0;
    for (const std::int64_t count : (*got)[1].histogram)
        counted += count;
    EXPECT_EQ(counted, 12 * 18);
}

TEST(Cosines, AGroupOfOneHasNoPairs)
{
    std::vector<TokenGroup> groups(1);
    groups[0].rows = {0};
    const auto got = cosineSummaries(gaussian(1, 3, 3), groups, 10, 4, {});
    ASSERT_TRUE(got);
    EXPECT_TRUE(std::isnan((*got)[0].mean));
    EXPECT_TRUE(std::isnan((*got)[0].median));
}

TEST(Trustworthiness, IsOneForTheSamePointsAndFallsForShuffledOnes)
{
    const Matrix x = gaussian(200, 2, 4);
    EXPECT_DOUBLE_EQ(*trustworthiness(x, x, 10, Metric::Euclid, {}), 1);
    const Matrix shuffled = chosenRows(x, RandomSource(5).permutation(200));
    EXPECT_NEAR(*trustworthiness(x, shuffled, 10, Metric::Euclid, {}), 0.5, 0.06);
}

// Five points on a line, the last two of which changed places in the map.
TEST(Trustworthiness, OfFivePointsByHand)
{
    const Matrix input{5, 1, {0, 1.1F, 2, 3.5F, 10}};
    const Matrix map{5, 1, {0, 1.1F, 2, 10, 3.5F}};
    // Neighbours in the map: 0->1, 1->2, 2->1, 3->4, 4->2. Ranks in the input: 0: 1 is 1st, 1: 2 is 1st, 2: 1 is 1st,
    // 3: distances 1.5 (2), 2.4 (1), 3.5 (0), 6.5 (4): 4th, penalty 3; 4: 6.5 (3), 8 (2): 2nd, penalty 1.
    EXPECT_NEAR(*trustworthiness(input, map, 1, Metric::Euclid, {}), 1 - 2.0 / (5 * 1 * (10 - 3 - 1)) * 4, 1e-12);
    EXPECT_TRUE(std::isnan(*trustworthiness(input, map, 3, Metric::Euclid, {})));
}

}  // namespace
}  // namespace armillary::embedding
