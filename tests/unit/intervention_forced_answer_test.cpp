#include "intervention/forced_answer.h"

#include "support/study_fixture.h"

#include <ATen/ATen.h>

#include <cmath>
#include <limits>
#include <numeric>

namespace armillary::intervention {
namespace {

using test::matches;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

at::Tensor logOf(const std::vector<double>& probabilities)
{
    return at::tensor(probabilities, at::kDouble).log().unsqueeze(0);
}

TEST(AnswerEffect, IsTheHandCheckedOne)
{
    // KL((1/2, 1/4, 1/4) || (1/4, 1/2, 1/4)) = 1/2 log2 2 + 1/4 log2 1/2 = 1/4 bit.
    const AnswerEffect effect = effectOn({0}, logOf({0.5, 0.25, 0.25}), logOf({0.25, 0.5, 0.25}));
    EXPECT_NEAR(effect.nextTokenKlBits(), 0.25, 1e-12);
    EXPECT_NEAR(effect.surprisalBits[0], 1, 1e-12);
    EXPECT_NEAR(effect.surprisalChangeBits[0], 1, 1e-12);
    EXPECT_NEAR(effect.maxAbsLogit, std::log(2.0), 1e-12);
    EXPECT_NEAR(effect.probabilityTrue, 0.5, 1e-12);
    EXPECT_NEAR(effect.probabilityChanged, 0.25, 1e-12);
    EXPECT_FALSE(effect.sameNextToken);
    EXPECT_EQ(effect.top1Agreement, 0);
}

TEST(AnswerEffect, CountsEveryPlaceOfTheAnswer)
{
    const at::Tensor truth = at::cat({logOf({0.5, 0.25, 0.25}), logOf({0.125, 0.75, 0.125})});
    const at::Tensor changed = at::cat({logOf({0.25, 0.5, 0.25}), logOf({0.125, 0.75, 0.125})});
    const AnswerEffect effect = effectOn({0, 2}, truth, changed);
    EXPECT_NEAR(effect.meanKlBits(), 0.125, 1e-12);
    EXPECT_NEAR(effect.totalSurprisalChangeBits(), 1, 1e-12);
    EXPECT_NEAR(effect.meanSurprisalChangeBits(), 0.5, 1e-12);
    EXPECT_NEAR(effect.surprisalBits[1], 3, 1e-12);
    EXPECT_EQ(effect.top1Agreement, 0.5);
}

TEST(AnswerEffect, ComparesTheVocabularyThatBothKnow)
{
    // The changed side knows a fourth token; over the first three the two agree.
    const AnswerEffect effect = effectOn({1}, logOf({0.5, 0.25, 0.25}), logOf({0.25, 0.125, 0.125, 0.5}));
    EXPECT_NEAR(effect.nextTokenKlBits(), 0, 1e-12);
    EXPECT_NEAR(effect.surprisalChangeBits[0], 0, 1e-12);
    EXPECT_TRUE(effect.sameNextToken);
}

TEST(AnswerEffect, RuledOutTokensAddNothingAndNansShow)
{
    const at::Tensor ruledOut = at::tensor({0.0, 0.0, -kInfinity}, at::kDouble).unsqueeze(0);
    const AnswerEffect same = effectOn({0}, ruledOut, ruledOut);
    EXPECT_EQ(same.nextTokenKlBits(), 0);
    EXPECT_EQ(same.maxAbsLogit, 0);
    const at::Tensor broken = at::tensor({0.0, std::nan(""), 1.0}, at::kDouble).unsqueeze(0);
    const AnswerEffect effect = effectOn({0}, ruledOut, broken);
    EXPECT_TRUE(std::isnan(effect.nextTokenKlBits()));
    EXPECT_TRUE(std::isnan(effect.surprisalChangeBits[0]));
    EXPECT_TRUE(std::isnan(effect.maxAbsLogit));
}

class ForcedAnswerOverAWorld : public ::testing::Test {
protected:
    void SetUp() override
    {
        pipeline = test::loadedPipeline("models/gemma-tiny", "models/theworld-tiny/spatial-mlp");
        Question question = test::worldQuestion("What is happening?", 5);
        question.imageAttention = ImageAttention::Bidirectional;
        record = test::answeredBy(*pipeline, question);
        SilentObserver observer;
        auto prepared = pipeline->prepare(question, observer, {});
        ASSERT_TRUE(prepared);
        prompt = std::move(*prepared);
        for (const TokenPiece& token : record->generated)
            answer.push_back(token.id);
        ASSERT_EQ(answer.size(), 5u);
    }

    // Every row of prompt and answer at once, nothing reused.
    at::Tensor direct(const at::Tensor& embeds) const
    {
        const language::LanguageModel& model = *pipeline->models().language;
        const at::Tensor rows = at::cat({embeds, model.embed({answer.begin(), answer.end() - 1})});
        language::KvCache cache = model.makeCache();
        tensors::NoTaps taps;
        SilentObserver observer;
        const auto hidden = model.forward(rows, cache, prompt.blocks, taps, observer, {});
        return model.logits(hidden->slice(0, embeds.size(0) - 1), prompt.plan.vocabularyRows);
    }

    std::unique_ptr<pipeline::QuestionPipeline> pipeline;
    std::shared_ptr<const RunRecord> record;
    pipeline::PreparedPrompt prompt;
    std::vector<std::int64_t> answer;
};

TEST_F(ForcedAnswerOverAWorld, GivesTheRunsOwnProbabilities)
{
    const auto forced = ForcedAnswer::run(pipeline->models(), prompt, answer, {});
    ASSERT_TRUE(forced);
    const at::Tensor probabilities = forced->logits().softmax(-1);
    for (std::size_t i = 0; i < answer.size(); ++i)
        EXPECT_NEAR(probabilities[static_cast<std::int64_t>(i)][answer[i]].item<float>(),
                    record->generated[i].probability, 1e-5);
    EXPECT_TRUE(matches(direct(prompt.embeds), forced->logits(), {0, 1e-4, false}));
}

// Changed rows one after another, late ones before early ones and back: what is reused is the true run's, always.
TEST_F(ForcedAnswerOverAWorld, ReusesOnlyWhatIsUnchanged)
{
    auto forced = ForcedAnswer::run(pipeline->models(), prompt, answer, {});
    ASSERT_TRUE(forced);
    const std::int64_t length = prompt.embeds.size(0);
    // One row inside the picture, which sees both ways: its whole block has to run again.
    const std::int64_t inPicture = prompt.plan.imageRows[5];
    ASSERT_EQ(prompt.blocks.size(), 1u);
    for (const std::int64_t row : {length - 3, std::int64_t{4}, inPicture, length - 1, std::int64_t{20}, length - 2}) {
        at::Tensor changed = prompt.embeds.clone();
        changed[row] *= -2;
        const auto logits = forced->logitsBehind({changed, prompt.blocks}, row, {}, {});
        ASSERT_TRUE(logits);
        EXPECT_TRUE(matches(direct(changed), *logits, {0, 1e-4, false})) << row;
        EXPECT_GT((*logits - forced->logits()).abs().max().item<float>(), 1e-3F) << row;
    }
    // The run before changed row length - 2, so that one is computed again; then only the last one and the answer's.
    for (const std::int64_t rows : {6, 5}) {
        const auto last = forced->logitsBehind({prompt.embeds, prompt.blocks}, length - 1, {}, {});
        ASSERT_TRUE(last);
        EXPECT_TRUE(matches(forced->logits(), *last, {0, 1e-4, false}));
        EXPECT_EQ(forced->latestRows(), rows);
    }
}

TEST_F(ForcedAnswerOverAWorld, AnswersByItselfAsTheRunDid)
{
    auto forced = ForcedAnswer::run(pipeline->models(), prompt, answer, {});
    ASSERT_TRUE(forced);
    RunRecord bare;
    bare.question = record->question;
    const auto own = answerOf(pipeline->models(), prompt, bare, 5, {});
    ASSERT_TRUE(own);
    EXPECT_EQ(*own, answer);  // greedy, as the run
    EXPECT_EQ(answerText(pipeline->models(), *own), record->answer);
    const auto kept = answerOf(pipeline->models(), prompt, *record, 3, {});
    ASSERT_TRUE(kept);
    EXPECT_EQ(*kept, std::vector<std::int64_t>(answer.begin(), answer.begin() + 3));

    at::Tensor changed = prompt.embeds.clone();
    changed.slice(0, 1, 30) *= -3;
    ASSERT_TRUE(forced->logitsBehind({changed, prompt.blocks}, 1, {}, {}));
    const auto other = forced->answerBehindLatest(5, {});
    ASSERT_TRUE(other);
    EXPECT_NE(*other, answer);
    ASSERT_TRUE(forced->logitsBehind({prompt.embeds, prompt.blocks}, 1, {}, {}));
    const auto again = forced->answerBehindLatest(5, {});
    ASSERT_TRUE(again);
    // An end token ends it: the run ignored those.
    ASSERT_LE(again->size(), answer.size());
    EXPECT_EQ(*again,
              std::vector<std::int64_t>(answer.begin(), answer.begin() + static_cast<std::ptrdiff_t>(again->size())));
}

TEST_F(ForcedAnswerOverAWorld, StopsAndGoesOn)
{
    auto forced = ForcedAnswer::run(pipeline->models(), prompt, answer, {});
    ASSERT_TRUE(forced);
    std::stop_source source;
    source.request_stop();
    at::Tensor changed = prompt.embeds.clone();
    changed[4] *= -2;
    const auto stopped = forced->logitsBehind({changed, prompt.blocks}, 4, {}, source.get_token());
    ASSERT_FALSE(stopped);
    EXPECT_EQ(stopped.error().code, ErrorCode::Cancelled);
    changed = prompt.embeds.clone();
    const auto logits = forced->logitsBehind({changed, prompt.blocks}, prompt.embeds.size(0) - 1, {}, {});
    ASSERT_TRUE(logits);
    EXPECT_TRUE(matches(forced->logits(), *logits, {0, 1e-4, false}));
}

}  // namespace
}  // namespace armillary::intervention
