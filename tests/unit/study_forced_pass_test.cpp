#include "study/forced_pass.h"

#include "support/study_fixture.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>

namespace armillary::study {
namespace {

using test::answeredBy;
using test::loadedPipeline;

// <bos>, two world tokens, a word, an image of three, a word | an answer of two.
ForcedSequence smallSequence()
{
    ForcedSequence out;
    out.embeds = at::arange(1, 11, at::kFloat).unsqueeze(1).repeat({1, 4});
    out.blocks = {{4, 7}};
    out.promptRows = 8;
    out.targets = {2, -1, -1, 30, -1, -1, -1, 31, 40, 41};
    out.kinds = {TokenKind::Control, TokenKind::World, TokenKind::World, TokenKind::Text,      TokenKind::Image,
                 TokenKind::Image,   TokenKind::Image, TokenKind::Text,  TokenKind::Generated, TokenKind::Generated};
    for (std::int64_t i = 0; i < 10; ++i) {
        out.pieces.push_back(std::to_string(i));
        out.positions.push_back(i);
    }
    out.worldRows = {1, 2};
    return out;
}

TEST(ForcedSequence, RemovesTheWorldAndShiftsWhatFollows)
{
    const auto out = withoutWorld(smallSequence(), WorldAblation::Removed);
    ASSERT_TRUE(out);
    EXPECT_EQ(out->positions, (std::vector<std::int64_t>{0, 3, 4, 5, 6, 7, 8, 9}));
    EXPECT_EQ(out->targets, (std::vector<std::int64_t>{2, 30, -1, -1, -1, 31, 40, 41}));
    EXPECT_EQ(out->blocks, (language::ImageBlocks{{2, 5}}));
    EXPECT_EQ(out->promptRows, 6);
    EXPECT_EQ(out->answerRows(), 2);
    EXPECT_TRUE(out->worldRows.empty());
    EXPECT_TRUE(at::equal(out->embeds.select(1, 0), at::tensor({1, 4, 5, 6, 7, 8, 9, 10}, at::kFloat)));
    EXPECT_FALSE(withoutWorld(*out, WorldAblation::Zeroed)) << "there is no world left";
}

TEST(ForcedSequence, ZeroesTheWorldInItsSlots)
{
    const ForcedSequence given = smallSequence();
    const auto out = withoutWorld(given, WorldAblation::Zeroed);
    ASSERT_TRUE(out);
    EXPECT_TRUE(at::equal(out->embeds.select(1, 3), at::tensor({1, 0, 0, 4, 5, 6, 7, 8, 9, 10}, at::kFloat)));
    EXPECT_EQ(out->positions, given.positions);
    EXPECT_EQ(given.embeds[1][0].item<float>(), 2) << "the given rows are shared and must not change";
}

TEST(ForcedSequence, IsCutBehindARowButNeverInsideAnImage)
{
    const ForcedSequence given = smallSequence();
    const ForcedSequence inAnswer = firstRows(given, 9);
    EXPECT_EQ(inAnswer.rows(), 9);
    EXPECT_EQ(inAnswer.promptRows, 8);
    const ForcedSequence inImage = firstRows(given, 5);
    EXPECT_EQ(inImage.rows(), 7);
    EXPECT_EQ(inImage.promptRows, 7);
    EXPECT_EQ(inImage.blocks, (language::ImageBlocks{{4, 7}}));
    EXPECT_EQ(inImage.worldRows, given.worldRows);
    EXPECT_EQ(firstRows(given, 4).rows(), 4);
    EXPECT_TRUE(firstRows(given, 4).blocks.empty());
    EXPECT_EQ(firstRows(given, 100).rows(), 10);
}

class ForcedPassOf : public ::testing::Test {
protected:
    std::unique_ptr<pipeline::QuestionPipeline> m_pipeline = loadedPipeline("models/gemma-tiny");
    Question m_question = test::questionAbout({"media/astronaut.png"}, "What is happening in this image?", 5);
    SilentObserver m_observer;
};

TEST_F(ForcedPassOf, GivesTheStatesOfTheRun)
{
    m_question.capture.parts = {Capture::Hidden, Capture::Qkv, Capture::Logits};
    const auto record = answeredBy(*m_pipeline, m_question);
    const language::LanguageModel& model = *m_pipeline->models().language;
    const auto sequence = forcedSequence(*m_pipeline, *record, m_observer, {});
    ASSERT_TRUE(sequence);
    KeptInputs every;
    every.everyRow = true;
    const auto pass = forcedPass(model, *sequence, every, m_observer, {});
    ASSERT_TRUE(pass);
    // The last generated token went through no run.
    const std::int64_t known = record->layout->size() + 4;
    ASSERT_EQ(sequence->rows(), known + 1);
    for (std::int64_t layer = 0; layer < model.config().layerCount; ++layer) {
        const at::Tensor want = test::recorded(*record, "hidden." + std::to_string(layer));
        ASSERT_EQ(want.size(0), known);
        EXPECT_TRUE(at::allclose(pass->inputs[static_cast<std::size_t>(layer)].narrow(0, 0, known), want, 1e-4, 1e-4))
            << layer;
        const at::Tensor keys = test::recorded(*record, "key." + std::to_string(layer));
        EXPECT_TRUE(at::allclose(pass->cache.keys(layer, known), keys, 1e-4, 1e-4)) << layer;
    }
    EXPECT_TRUE(at::allclose(pass->hidden.narrow(0, 0, known), test::recorded(*record, "hidden.7"), 1e-4, 1e-4));

    const auto some = forcedPass(model, *sequence, {false, {3, 12}, 2}, m_observer, {});
    ASSERT_TRUE(some);
    EXPECT_FALSE(some->inputs[1].defined());
    EXPECT_TRUE(at::equal(some->inputs[2], pass->inputs[2].index_select(0, at::tensor({3, 12}))));
    const auto none = forcedPass(model, *sequence, {}, m_observer, {});
    ASSERT_TRUE(none);
    EXPECT_TRUE(
        std::none_of(none->inputs.begin(), none->inputs.end(), [](const at::Tensor& each) { return each.defined(); }));

    const RecomputationError error = recomputationError(model, *sequence, *pass, *record);
    EXPECT_LT(error.probability, 1e-5);
    EXPECT_LT(error.logit, 1e-3);
    EXPECT_EQ(error.embeds, 0);
}

TEST_F(ForcedPassOf, SeesRecordsThatAreNotItsOwn)
{
    m_question.capture.parts = {Capture::Logits};
    RunRecord record = *answeredBy(*m_pipeline, m_question);
    const language::LanguageModel& model = *m_pipeline->models().language;
    const auto sequence = forcedSequence(*m_pipeline, record, m_observer, {});
    ASSERT_TRUE(sequence);
    const auto pass = forcedPass(model, *sequence, {}, m_observer, {});
    ASSERT_TRUE(pass);
    record.tensors["image.embeds"] = tensors::snapshotFromTensor(test::recorded(record, "image.embeds") + 0.125);
    record.tensors["logits"] = tensors::snapshotFromTensor(test::recorded(record, "logits") - 2);
    record.generated[3].probability = std::nanf("");
    const RecomputationError error = recomputationError(model, *sequence, *pass, record);
    EXPECT_NEAR(error.embeds, 0.125, 1e-5);
    EXPECT_NEAR(error.logit, 2, 1e-3);
    EXPECT_TRUE(std::isnan(error.probability));
    AnalysisResult result;
    addError(error, result);
    EXPECT_EQ(result.numbers.size(), 3U);
    EXPECT_EQ(result.cautions.size(), 1U);
}

TEST_F(ForcedPassOf, LeavesTheConversationAsItIs)
{
    const auto first = answeredBy(*m_pipeline, m_question);
    const auto sequence = forcedSequence(*m_pipeline, *first, m_observer, {});
    ASSERT_TRUE(sequence);
    ASSERT_TRUE(forcedPass(*m_pipeline->models().language, *sequence, {}, m_observer, {}));
    const auto again = answeredBy(*m_pipeline, m_question);
    EXPECT_EQ(again->answer, first->answer);
    EXPECT_EQ(again->cost.reusedTokens, first->layout->size() - 1) << "its keys and values were still there";
}

}  // namespace
}  // namespace armillary::study
