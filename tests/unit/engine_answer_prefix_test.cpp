#include "support/engine_fixture.h"

#include <gmock/gmock.h>

#include <limits>

namespace armillary {
namespace {

constexpr auto kModel = "models/gemma-tiny";

Question coffee(int tokens)
{
    Question question = test::questionAbout({"media/coffee.png"}, "What is this?", tokens);
    question.capture.parts = {Capture::Logits};
    return question;
}

std::vector<std::int64_t> firstIds(const RunRecord& record, std::size_t count)
{
    std::vector<std::int64_t> ids;
    for (std::size_t i = 0; i < count; ++i)
        ids.push_back(record.generated[i].id);
    return ids;
}

// Probabilities as numbers, not within a tolerance: who chose a token changes nothing of what the model computes.
void expectSameAnswer(const RunRecord& a, const RunRecord& b)
{
    ASSERT_EQ(a.generated.size(), b.generated.size());
    for (std::size_t i = 0; i < a.generated.size(); ++i) {
        EXPECT_EQ(a.generated[i].id, b.generated[i].id) << i;
        EXPECT_EQ(a.generated[i].piece, b.generated[i].piece) << i;
        EXPECT_EQ(a.generated[i].text, b.generated[i].text) << i;
        EXPECT_EQ(a.generated[i].position, b.generated[i].position) << i;
        EXPECT_EQ(a.generated[i].probability, b.generated[i].probability) << i;
        EXPECT_EQ(a.generated[i].alternatives, b.generated[i].alternatives) << i;
    }
    EXPECT_EQ(a.answer, b.answer);
    EXPECT_EQ(a.stopReason, b.stopReason);
    EXPECT_TRUE(at::equal(test::recorded(a, "logits"), test::recorded(b, "logits")));
    EXPECT_TRUE(at::equal(test::recorded(a, "attention.rows.0"), test::recorded(b, "attention.rows.0")));
}

TEST(AnswerPrefix, TheRunsOwnFirstTokensChangeNothing)
{
    const auto free = test::answered(*test::loadedEngine(kModel), coffee(8));
    ASSERT_TRUE(free);
    for (const std::size_t count : {1U, 3U, 8U}) {
        Question question = coffee(8);
        question.answerPrefix = firstIds(*free, count);
        const auto forced = test::answered(*test::loadedEngine(kModel), question);
        ASSERT_TRUE(forced);
        SCOPED_TRACE(count);
        expectSameAnswer(*free, *forced);
    }
}

TEST(AnswerPrefix, DrawsGoOnAsIfTheModelHadChosen)
{
    Question question = coffee(8);
    question.sampling.temperature = 1.3;
    question.sampling.seed = 7;
    const auto free = test::answered(*test::loadedEngine(kModel), question);
    ASSERT_TRUE(free);
    question.answerPrefix = firstIds(*free, 4);
    const auto forced = test::answered(*test::loadedEngine(kModel), question);
    ASSERT_TRUE(forced);
    expectSameAnswer(*free, *forced);
}

TEST(AnswerPrefix, ABranchTakesTheAlternativeAndKeepsThePromptInTheCache)
{
    const auto engine = test::loadedEngine(kModel);
    const auto free = test::answered(*engine, coffee(8));
    ASSERT_TRUE(free);
    const auto [other, probability] = free->generated[2].alternatives[1];
    Question question = coffee(8);
    question.answerPrefix = firstIds(*free, 2);
    question.answerPrefix.push_back(other);
    const auto branch = test::answered(*engine, question);
    ASSERT_TRUE(branch);
    ASSERT_EQ(branch->generated.size(), 8u);
    EXPECT_EQ(firstIds(*branch, 3), question.answerPrefix);
    // The last position of the prompt is computed anew, alone in place of in one product with the others.
    EXPECT_NEAR(branch->generated[2].probability, probability, 1e-5);
    EXPECT_EQ(branch->generated[2].alternatives.front().first, free->generated[2].id);
    EXPECT_EQ(branch->cost.reusedTokens, branch->layout->size() - 1);
    EXPECT_EQ(branch->question.answerPrefix, question.answerPrefix);

    const auto alone = test::answered(*test::loadedEngine(kModel), question);
    ASSERT_TRUE(alone);
    EXPECT_EQ(firstIds(*alone, 8), firstIds(*branch, 8));
}

TEST(AnswerPrefix, AnEndTokenEndsOnlyAtItsEnd)
{
    const auto engine = test::loadedEngine(kModel);
    Question question = coffee(6);
    question.sampling.ignoreEos = false;
    question.answerPrefix = {13, 5, 13};
    const auto record = test::answered(*engine, question);
    ASSERT_TRUE(record);
    EXPECT_EQ(firstIds(*record, record->generated.size()), question.answerPrefix);
    EXPECT_EQ(record->stopReason, StopReason::EndOfTurn);
}

TEST(AnswerPrefix, ImpossibleOnesGetASentence)
{
    const auto engine = test::loadedEngine(kModel);
    const auto sentenceFor = [&](std::vector<std::int64_t> prefix) {
        Question question = coffee(4);
        question.answerPrefix = std::move(prefix);
        SilentObserver observer;
        const auto record = engine->ask(question, observer, {});
        EXPECT_FALSE(record);
        return record ? std::string() : record.error().message;
    };
    EXPECT_THAT(sentenceFor({1, 2, 3, 4, 5}), testing::HasSubstr("5 given tokens"));
    EXPECT_THAT(sentenceFor({1, -1}), testing::HasSubstr("token -1"));
    EXPECT_THAT(sentenceFor({std::numeric_limits<std::int64_t>::max()}), testing::HasSubstr("ids end at"));
}

TEST(AnswerPrefix, TheRecordSaysItAndNamesWhatWasChosenAmong)
{
    Question question = coffee(4);
    question.answerPrefix = {5, 6};
    const auto record = test::answered(*test::loadedEngine(kModel), question);
    ASSERT_TRUE(record);
    EXPECT_EQ(record->settings.at("answer_prefix"), "5,6");
    for (const TokenPiece& token : record->generated) {
        for (const auto& [id, probability] : token.alternatives)
            EXPECT_TRUE(record->vocabulary.contains(id)) << id;
    }
    // Kept logits name the best fifty of each of four tokens.
    EXPECT_GE(record->vocabulary.size(), 50U);
    EXPECT_LE(record->vocabulary.size(), 200U);
    question.capture.parts.clear();
    const auto plain = test::answered(*test::loadedEngine(kModel), question);
    ASSERT_TRUE(plain);
    EXPECT_LE(plain->vocabulary.size(), 40U);
}

}  // namespace
}  // namespace armillary
