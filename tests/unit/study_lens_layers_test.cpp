#include "study/lens_layers.h"

#include "engine/model_analyses.h"
#include "support/golden_case.h"
#include "support/study_fixture.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>

namespace armillary::study {
namespace {

using test::answeredBy;
using test::GoldenCase;
using test::loadedPipeline;

// Reference: hidden states of the golden case, normed and multiplied by hand in float64.
at::Tensor directProbabilities(const language::LanguageModel& model, const at::Tensor& hidden, bool isNormed)
{
    at::Tensor x = hidden.to(at::kDouble).squeeze(0);
    if (!isNormed) {
        x = x / (x.square().mean(-1, true) + model.config().normEpsilon).sqrt();
        x = x * model.finalNorm().factor().to(at::kDouble);
    }
    return at::softmax(at::matmul(x, model.headTable().to(at::kDouble).t()), -1);
}

class LogitLens : public ::testing::Test {
protected:
    std::unique_ptr<pipeline::QuestionPipeline> m_pipeline = loadedPipeline("models/gemma-tiny");
    std::shared_ptr<const RunRecord> m_record =
        answeredBy(*m_pipeline, test::questionAbout({"media/astronaut.png"}, "What is happening in this image?", 3));
    GoldenCase m_golden = GoldenCase::open("cases/gemma/image_text");
    SilentObserver m_observer;
};

TEST_F(LogitLens, ReadsEveryLayerOfTheReference)
{
    const language::LanguageModel& model = *m_pipeline->models().language;
    const std::int64_t layers = model.config().layerCount;
    // An image token and the prompt's last position.
    for (const std::int64_t position : {std::int64_t{10}, m_record->layout->size() - 1}) {
        const auto lens = lensOfPosition(*m_pipeline, *m_record, position, std::nullopt, -1, 8, m_observer, {});
        ASSERT_TRUE(lens) << lens.error().message;
        ASSERT_EQ(static_cast<std::int64_t>(lens->layers.size()), layers + 1);
        for (std::int64_t layer = 0; layer <= layers; ++layer) {
            const at::Tensor want =
                directProbabilities(model, m_golden.tensor(fmt::format("hidden.{}", layer)), layer == layers)[position];
            const at::Tensor ids = lens->reading.ids[layer];
            EXPECT_TRUE(
                at::allclose(lens->reading.probabilities[layer].to(at::kDouble), want.index_select(0, ids), 1e-3, 1e-7))
                << layer;
            const at::Tensor best = std::get<0>(at::topk(want, 8));
            EXPECT_TRUE(at::allclose(lens->reading.probabilities[layer].to(at::kDouble), best, 1e-3, 1e-7)) << layer;
            const double entropy = -(want * want.log2()).sum().item<double>();
            EXPECT_NEAR(lens->reading.entropyBits[layer].item<double>(), entropy, 1e-3) << layer;
        }
        EXPECT_LT(lens->error.probability, 1e-5);
    }
}

TEST_F(LogitLens, DoesNotNormTheLastStateTwice)
{
    const language::LanguageModel& model = *m_pipeline->models().language;
    const std::int64_t last = model.config().layerCount;
    const auto lens = lensOfPosition(*m_pipeline, *m_record, m_record->layout->size() - 1, last, -1, 1, m_observer, {});
    ASSERT_TRUE(lens);
    ASSERT_EQ(lens->layers, std::vector<std::int64_t>{last});
    EXPECT_EQ(lens->reading.ids[0][0].item<std::int64_t>(), m_record->generated.front().id);
    EXPECT_NEAR(lens->reading.probabilities[0][0].item<double>(), m_record->generated.front().probability, 1e-5);
    const at::Tensor twice = directProbabilities(model, m_golden.tensor(fmt::format("hidden.{}", last)), false)[-1];
    EXPECT_GT(std::abs(twice[m_record->generated.front().id].item<double>() - m_record->generated.front().probability),
              1e-3);
}

TEST_F(LogitLens, OneLayerForAllPositionsIsTheSame)
{
    for (const std::int64_t layer : {0, 3, 7}) {
        const auto all = lensOfLayer(*m_pipeline, *m_record, layer, -1, 4, m_observer, {});
        ASSERT_TRUE(all) << all.error().message;
        ASSERT_EQ(static_cast<std::int64_t>(all->positions.size()), m_record->layout->size() + 3);
        for (const std::int64_t position : {std::int64_t{0}, std::int64_t{12}, m_record->layout->size() + 1}) {
            const auto one = lensOfPosition(*m_pipeline, *m_record, position, layer, -1, 4, m_observer, {});
            ASSERT_TRUE(one);
            EXPECT_TRUE(at::equal(all->reading.ids[position], one->reading.ids[0])) << layer << " " << position;
            EXPECT_TRUE(at::allclose(all->reading.probabilities[position], one->reading.probabilities[0], 1e-4, 1e-8));
        }
    }
}

TEST_F(LogitLens, FollowsTheNextTokenOrTheOneAskedFor)
{
    const std::int64_t last = m_record->layout->size() - 1;
    const auto next = lensOfPosition(*m_pipeline, *m_record, last, std::nullopt, -1, 1, m_observer, {});
    const auto asked = lensOfPosition(*m_pipeline, *m_record, last, std::nullopt, 7, 1, m_observer, {});
    const auto image = lensOfPosition(*m_pipeline, *m_record, 10, std::nullopt, -1, 1, m_observer, {});
    ASSERT_TRUE(next && asked && image);
    EXPECT_EQ(next->targets.front(), m_record->generated.front().id);
    EXPECT_NEAR(next->reading.targetProbability[-1].item<double>(), m_record->generated.front().probability, 1e-5);
    EXPECT_EQ(next->reading.targetRank[-1].item<std::int64_t>(), 0);
    EXPECT_EQ(asked->targets.front(), 7);
    EXPECT_EQ(image->targets.front(), -1);  // another image token follows: no word
    EXPECT_TRUE(std::isnan(image->reading.targetProbability[0].item<double>()));
    EXPECT_EQ(image->reading.targetRank[0].item<std::int64_t>(), -1);
}

TEST_F(LogitLens, ReadsWorldTokens)
{
    const auto pipeline = loadedPipeline("", "models/theworld-tiny/spatial-linear");
    Question question = test::worldQuestion("What will the red car do next?", 2);
    question.capture.parts = {Capture::Hidden};
    const auto record = answeredBy(*pipeline, question);
    const language::LanguageModel& model = *pipeline->models().language;
    const std::int64_t world = 20;
    ASSERT_EQ(record->layout->kinds[world], TokenKind::World);
    const auto lens = lensOfPosition(*pipeline, *record, world, std::nullopt, -1, 3, m_observer, {});
    ASSERT_TRUE(lens) << lens.error().message;
    const std::int64_t used = pipeline->prepare(question, m_observer, {})->plan.vocabularyRows;
    ASSERT_GT(used, 0);
    for (std::int64_t layer = 0; layer <= model.config().layerCount; ++layer) {
        at::Tensor x = test::recorded(*record, fmt::format("hidden.{}", layer))[world];
        if (layer < model.config().layerCount)
            x = model.finalNorm().forward(x.unsqueeze(0)).squeeze(0);
        const at::Tensor want = at::softmax(at::matmul(model.headTable().slice(0, 0, used), x), 0);
        EXPECT_TRUE(at::allclose(lens->reading.probabilities[layer], std::get<0>(at::topk(want, 3)), 1e-3, 1e-7))
            << layer;
    }
}

TEST_F(LogitLens, GivesTablesAndRefusesWhatIsNotThere)
{
    const auto ask = [&](std::map<std::string, std::string> arguments) {
        return engine::analyse(*m_pipeline, *m_record, {"logit-lens", std::move(arguments)}, m_observer, {});
    };
    const auto result = ask({{"top", "2"}});
    ASSERT_TRUE(result) << result.error().message;
    EXPECT_EQ(result->tables[0].rows.size(), 16U);  // 8 states, two words each
    EXPECT_EQ(result->tables[1].rows.size(), 8U);
    EXPECT_EQ(result->arrays.at("ids").values.shape, (std::vector<std::int64_t>{8, 2}));
    for (const auto& table : result->tables) {
        for (const auto& row : table.rows)
            EXPECT_EQ(row.size(), table.columns.size());
    }
    for (const std::map<std::string, std::string>& wrong :
         std::vector<std::map<std::string, std::string>>{{{"position", "100000"}},
                                                         {{"layer", "8"}},
                                                         {{"position", "all"}},
                                                         {{"target", "1088"}},
                                                         {{"top", "0"}},
                                                         {{"position", "x"}}}) {
        const auto refused = ask(wrong);
        ASSERT_FALSE(refused) << wrong.begin()->first;
        EXPECT_EQ(refused.error().code, ErrorCode::InvalidInput);
    }
}

TEST(Vocabulary, RowsWithNanStayVisible)
{
    const auto pipeline = loadedPipeline("models/gemma-tiny");
    SilentObserver observer;
    at::Tensor hidden = at::randn({130, 64});  // more than one block of rows
    hidden[129][0] = std::nan("");
    const std::vector<std::int64_t> targets(130, 5);
    const auto reading = readVocabulary(*pipeline->models().language, hidden, targets, 2, 0, observer, {});
    ASSERT_TRUE(reading);
    EXPECT_TRUE(std::isnan(reading->targetProbability[129].item<double>()));
    EXPECT_FALSE(std::isnan(reading->targetProbability[128].item<double>()));
    const at::Tensor want = at::softmax(pipeline->models().language->logits(hidden.narrow(0, 128, 1)), -1)[0];
    EXPECT_NEAR(reading->targetProbability[128].item<double>(), want[5].item<double>(), 1e-7);
}

}  // namespace
}  // namespace armillary::study
