#include "embedding/nearest_words.h"

#include "embedding_random_matrix.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace armillary::embedding {
namespace {

using test::gaussian;

TEST(NearestWords, AreThoseOfANaiveLoopOverBlocks)
{
    const TensorSnapshot words = snapshotFromMatrix(gaussian(53, 6, 1));
    const Matrix tokens = gaussian(9, 6, 2);
    const auto table = tableOfSnapshot(words);
    ASSERT_TRUE(table);
    const auto got = nearestWords(tokens, *table, {.count = 3, .noiseDraws = 20, .blockRows = 10}, {});
    ASSERT_TRUE(got);
    const Matrix all = *matrixFromSnapshot(words);
    for (std::int64_t i = 0; i < tokens.rows; ++i) {
        std::vector<std::pair<double, std::int64_t>> ranked;
        for (std::int64_t word = 0; word < all.rows; ++word) {
            double dot = 0, left = 0, right = 0;
            for (std::int64_t c = 0; c < 6; ++c) {
                dot += static_cast<double>(tokens.row(i)[c]) * all.row(word)[c];
                left += std::pow(tokens.row(i)[c], 2);
                right += std::pow(all.row(word)[c], 2);
            }
            ranked.emplace_back(-dot / std::sqrt(left * right), word);
        }
        std::sort(ranked.begin(), ranked.end());
        for (std::size_t at = 0; at < 3; ++at) {
            EXPECT_EQ(got->tokens.ids[static_cast<std::size_t>(i) * 3 + at], ranked[at].second);
            EXPECT_NEAR(got->tokens.cosines[static_cast<std::size_t>(i) * 3 + at], -ranked[at].first, 1e-5);
        }
    }
    EXPECT_EQ(got->noise.ids.size(), 60U);
    EXPECT_EQ(got->pValues.size(), 9U);
}

TEST(NearestWords, NoiseIsNotBeatenByNoiseButByWordsThemselves)
{
    const TensorSnapshot words = snapshotFromMatrix(gaussian(400, 16, 3));
    const auto table = *tableOfSnapshot(words);
    const auto noise = nearestWords(gaussian(200, 16, 4), table, {.noiseDraws = 400}, {});
    ASSERT_TRUE(noise);
    EXPECT_NEAR(noise->beyondNoise, 0.05, 0.05);
    EXPECT_NEAR(noise->meanBest, noise->noiseMean, 0.03);
    EXPECT_GT(noise->sharedWords, 0.3);
    const auto real =
        nearestWords(chosenRows(*matrixFromSnapshot(words), evenlyChosen(400, 100)), table, {.noiseDraws = 400}, {});
    ASSERT_TRUE(real);
    EXPECT_EQ(real->beyondNoise, 1);
    EXPECT_NEAR(real->meanBest, 1, 1e-5);
    EXPECT_NEAR(real->pValues[0], 1.0 / 401, 1e-12);
}

TEST(NearestWords, TheNullHasTheMeanAndCovarianceOfTheTokens)
{
    Matrix tokens = gaussian(40, 2, 5);
    for (std::int64_t i = 0; i < 40; ++i) {
        tokens.row(i)[1] = 0.8F * tokens.row(i)[0] + 0.1F * tokens.row(i)[1] - 3;
        tokens.row(i)[0] += 7;
    }
    const auto moments = [](const Matrix& x) {
        const auto means = columnMeans(x);
        std::vector<double> out = means;
        for (const auto& [a, b] : {std::pair{0, 0}, {0, 1}, {1, 1}}) {
            double sum = 0;
            for (std::int64_t i = 0; i < x.rows; ++i)
                sum += (x.row(i)[a] - means[static_cast<std::size_t>(a)]) *
                       (x.row(i)[b] - means[static_cast<std::size_t>(b)]);
            out.push_back(sum / static_cast<double>(x.rows - 1));
        }
        return out;
    };
    const auto want = moments(tokens);
    const auto got = moments(gaussianLike(tokens, 20000, 6));
    for (std::size_t i = 0; i < want.size(); ++i)
        EXPECT_NEAR(got[i], want[i], 0.03) << i;
    EXPECT_EQ(gaussianLike(tokens, 5, 6).values, gaussianLike(tokens, 5, 6).values);
}

TEST(NearestWords, RefuseWhatDoesNotFitAndSurviveBrokenWords)
{
    Matrix broken = gaussian(5, 3, 1);
    broken.row(2)[1] = NAN;
    const TensorSnapshot words = snapshotFromMatrix(broken);
    const auto table = *tableOfSnapshot(words);
    EXPECT_EQ(nearestWords(gaussian(2, 4, 1), table, {}, {}).error().code, ErrorCode::InvalidInput);
    EXPECT_EQ(nearestWords(gaussian(2, 3, 1), EmbeddingTable{}, {}, {}).error().code, ErrorCode::InvalidInput);
    EXPECT_FALSE(tableOfSnapshot(snapshotFromFloats({4}, {1, 2, 3, 4})));
    const auto got = nearestWords(chosenRows(broken, {0, 1, 3}), table, {.count = 4, .noiseDraws = 0}, {});
    ASSERT_TRUE(got);
    EXPECT_EQ(std::count(got->tokens.ids.begin(), got->tokens.ids.end(), 2), 0);
    EXPECT_TRUE(std::isnan(got->noiseHigh));
    EXPECT_EQ(nearestWords(gaussian(1, 3, 1), table, {}, {})->cautions.size(), 1U);
    EXPECT_EQ(nearestWords(Matrix{0, 3, {}}, table, {}, {})->tokens.ids.size(), 0U);
    std::stop_source stop;
    stop.request_stop();
    EXPECT_EQ(nearestWords(gaussian(2, 3, 1), table, {}, stop.get_token()).error().code, ErrorCode::Cancelled);
}

}  // namespace
}  // namespace armillary::embedding
