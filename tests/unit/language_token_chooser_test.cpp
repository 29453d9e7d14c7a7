#include "language/token_chooser.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <map>
#include <numeric>

namespace armillary::language {
namespace {

const std::vector<float> kLogits{0.3F, 2.1F, -1.0F, 1.7F, 0.3F, 3.2F, -0.4F, 1.7F, 0.9F, -2.5F, 2.8F, 0.0F};

at::Tensor row(const std::vector<float>& values)
{
    return at::tensor(values, at::kFloat);
}

// Probabilities that transformers 5.23's TemperatureLogitsWarper, TopKLogitsWarper, TopPLogitsWarper and MinPLogitsWarper, in
// this order, leave of kLogits.
TEST(TokenChooser, CandidatesAreThoseOfTransformers)
{
    struct Case {
        double temperature;
        int topK;
        double topP, minP;
        std::map<std::int64_t, double> want;
    };
    const std::vector<Case> cases{
        {1,
         0,
         1,
         0,
         {{5, 0.364142},
          {10, 0.244091},
          {1, 0.121212},
          {3, 0.081251},
          {7, 0.081251},
          {8, 0.036508},
          {0, 0.020036},
          {4, 0.020036},
          {11, 0.014843},
          {6, 0.009950},
          {2, 0.005461},
          {9, 0.001218}}},
        {0.7,
         0,
         1,
         0,
         {{5, 0.477275},
          {10, 0.269526},
          {1, 0.099153},
          {3, 0.055994},
          {7, 0.055994},
          {8, 0.017857},
          {0, 0.007578},
          {4, 0.007578},
          {11, 0.004937},
          {6, 0.002788},
          {2, 0.001183},
          {9, 0.000139}}},
        {1, 4, 1, 0, {{5, 0.408255}, {10, 0.273661}, {1, 0.135896}, {3, 0.091094}, {7, 0.091094}}},
        {1, 5, 1, 0, {{5, 0.408255}, {10, 0.273661}, {1, 0.135896}, {3, 0.091094}, {7, 0.091094}}},
        {1, 0, 0.8, 0, {{5, 0.449171}, {10, 0.301089}, {1, 0.149516}, {7, 0.100224}}},
        {0.5, 0, 0.5, 0, {{5, 1.0}}},
        {1, 0, 0.0, 0, {{5, 1.0}}},
        {1, 0, 1, 0.3, {{5, 0.499204}, {10, 0.334626}, {1, 0.166170}}},
        {1.3, 6, 0.7, 0.2, {{5, 0.462064}, {10, 0.339682}, {1, 0.198254}}},
        {2.0,
         8,
         0.95,
         0.25,
         {{5, 0.273444}, {10, 0.223877}, {1, 0.157764}, {3, 0.129166}, {7, 0.129166}, {8, 0.086583}}},
    };
    for (std::size_t i = 0; i < cases.size(); ++i) {
        SamplingOptions sampling;
        sampling.temperature = cases[i].temperature;
        sampling.topK = cases[i].topK;
        sampling.topP = cases[i].topP;
        sampling.minP = cases[i].minP;
        const auto got = TokenChooser::candidates(kLogits, sampling);
        ASSERT_EQ(got.size(), cases[i].want.size()) << "case " << i;
        double before = 1;
        for (const auto& [id, probability] : got) {
            ASSERT_TRUE(cases[i].want.contains(id)) << "case " << i << " id " << id;
            EXPECT_NEAR(probability, cases[i].want.at(id), 2e-6) << "case " << i << " id " << id;
            EXPECT_LE(probability, before);
            before = probability;
        }
    }
}

TEST(TokenChooser, TopPNeedsMoreThanTheFirstSortedTokens)
{
    const std::vector<float> flat(3000, 0.5F);
    SamplingOptions sampling;
    sampling.temperature = 1;
    sampling.topP = 0.5;
    EXPECT_EQ(TokenChooser::candidates(flat, sampling).size(), 1500U);
}

TEST(TokenChooser, GreedyTakesTheBestAndTheSmallerIdOfEquals)
{
    TokenChooser chooser(SamplingOptions{});
    EXPECT_EQ(chooser.choose(row(kLogits)).id, 5);
    EXPECT_EQ(chooser.choose(row({0, 4, 1, 4, 4})).id, 1);
    const std::vector<float> equal(40, 1.F);
    EXPECT_EQ(chooser.choose(row(equal)).id, 0);
}

TEST(TokenChooser, ProbabilitiesAreThoseOfThePlainLogits)
{
    SamplingOptions sampling;
    sampling.temperature = 0.01;  // practically greedy, but the probability stays that before temperature
    const ChosenToken chosen = TokenChooser(sampling).choose(row(kLogits));
    EXPECT_EQ(chosen.id, 5);
    EXPECT_NEAR(chosen.probability, 0.364142, 1e-5);
    ASSERT_EQ(chosen.alternatives.size(), 10U);
    const std::vector<std::int64_t> order{5, 10, 1, 3, 7, 8, 0, 4, 11, 6};
    for (std::size_t i = 0; i < order.size(); ++i)
        EXPECT_EQ(chosen.alternatives[i].first, order[i]);
    EXPECT_NEAR(chosen.alternatives[9].second, 0.009950, 1e-5);
    EXPECT_EQ(chosen.logits.sizes(), (std::vector<std::int64_t>{1, 12}));
}

TEST(TokenChooser, FewerTokensThanAlternatives)
{
    const ChosenToken chosen = TokenChooser(SamplingOptions{}).choose(row({0, 1}));
    EXPECT_EQ(chosen.id, 1);
    EXPECT_EQ(chosen.alternatives.size(), 2U);
}

TEST(TokenChooser, DrawsFollowTheProbabilities)
{
    SamplingOptions sampling;
    sampling.temperature = 1;
    sampling.topK = 3;
    sampling.seed = 3;
    TokenChooser chooser(sampling);
    std::map<std::int64_t, int> counts;
    constexpr int kDraws = 4000;
    for (int i = 0; i < kDraws; ++i)
        ++counts[chooser.choose(row(kLogits)).id];
    ASSERT_EQ(counts.size(), 3U);
    for (const auto& [id, probability] : TokenChooser::candidates(kLogits, sampling))
        EXPECT_NEAR(counts[id] / double(kDraws), probability, 0.03) << id;
}

TEST(TokenChooser, ASeedRepeatsItsDraws)
{
    SamplingOptions sampling;
    sampling.temperature = 2;
    const auto draws = [&](std::uint64_t seed) {
        sampling.seed = seed;
        TokenChooser chooser(sampling);
        std::vector<std::int64_t> ids;
        for (int i = 0; i < 20; ++i)
            ids.push_back(chooser.choose(row(kLogits)).id);
        return ids;
    };
    EXPECT_EQ(draws(11), draws(11));
    EXPECT_NE(draws(11), draws(12));
}

TEST(TokenChooser, ATokenPastTheTableIsNeverDrawn)
{
    std::vector<float> logits(20, 0.F);
    logits[7] = -std::numeric_limits<float>::infinity();
    SamplingOptions sampling;
    sampling.temperature = 5;
    TokenChooser chooser(sampling);
    for (int i = 0; i < 500; ++i)
        EXPECT_NE(chooser.choose(row(logits)).id, 7);
}

}  // namespace
}  // namespace armillary::language
