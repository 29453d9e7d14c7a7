#include "intervention/knock_out.h"

#include "engine/model_analyses.h"
#include "intervention/intervention.h"
#include "support/study_fixture.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <map>

namespace armillary::intervention {
namespace {

using test::matches;

class KnockOut : public ::testing::Test {
protected:
    void SetUp() override
    {
        pipeline = test::loadedPipeline("models/gemma-tiny", "models/theworld-tiny/spatial-mlp");
        question = test::worldQuestion("What is happening?", 4);
        question.imageAttention = ImageAttention::Bidirectional;
        record = test::answeredBy(*pipeline, question);
        SilentObserver observer;
        auto prepared = pipeline->prepare(question, observer, {});
        ASSERT_TRUE(prepared);
        prompt = std::move(*prepared);
        for (const TokenPiece& token : record->generated)
            answer.push_back(token.id);
    }

    // Attention by its definition: every row of prompt and answer at once, no cache, the mask written out pair by pair.
    at::Tensor wholePass(const nn::BlockedEdges& edges, std::int64_t from, std::int64_t to) const
    {
        const language::LanguageModel& model = *pipeline->models().language;
        language::KvCache cache = model.makeCache();
        tensors::NoTaps taps;
        SilentObserver observer;
        const at::Tensor rows = at::cat({prompt.embeds, model.embed({answer.begin(), answer.end() - 1})});
        const auto hidden = model.forward(rows, cache, prompt.blocks, taps, observer, {}, {{edges}, from, to});
        return model.logits(hidden->slice(0, prompt.embeds.size(0) - 1), prompt.plan.vocabularyRows);
    }

    std::unique_ptr<pipeline::QuestionPipeline> pipeline;
    Question question;
    std::shared_ptr<const RunRecord> record;
    pipeline::PreparedPrompt prompt;
    std::vector<std::int64_t> answer;
};

TEST(KnockOutRanges, JoinNeighbours)
{
    EXPECT_EQ(rangesFrom({}), (std::vector<nn::PositionRange>{}));
    EXPECT_EQ(rangesFrom({3, 4, 5, 9, 11, 12}), (std::vector<nn::PositionRange>{{3, 6}, {9, 10}, {11, 13}}));
}

TEST_F(KnockOut, EdgesAreTheOnesNamed)
{
    const TokenLayout& layout = *prompt.plan.layout;
    const std::int64_t last = layout.size() - 1;
    const auto toWorld =
        knockOutEdges(layout, 4, KnockOutTarget::Answer, KnockOutSource::World, KnockOutSource::World, 0);
    ASSERT_TRUE(toWorld);
    EXPECT_EQ(toWorld->edges.queries, (std::vector<nn::PositionRange>{{last, last + 4}}));
    EXPECT_EQ(toWorld->edges.keys, rangesFrom(prompt.plan.worldRows));
    EXPECT_EQ(toWorld->keyCount, 64);
    EXPECT_EQ(toWorld->firstRow, last);
    const auto asked =
        knockOutEdges(layout, 4, KnockOutTarget::Question, KnockOutSource::Image, KnockOutSource::Image, 0);
    ASSERT_TRUE(asked);
    EXPECT_GT(asked->firstRow, prompt.plan.imageRows.back());
    EXPECT_EQ(asked->edges.queries.back().end, last);
    for (const nn::PositionRange& range : asked->edges.queries)
        for (std::int64_t row = range.begin; row < range.end; ++row) {
            const TokenKind kind = layout.kinds[static_cast<std::size_t>(row)];
            EXPECT_TRUE(kind == TokenKind::Text || kind == TokenKind::Control);
        }
    // The world stands before the image, so no image row stands behind a key of the question.
    EXPECT_FALSE(
        knockOutEdges(layout, 4, KnockOutTarget::Image, KnockOutSource::Question, KnockOutSource::Question, 0));

    const auto control =
        knockOutEdges(layout, 4, KnockOutTarget::Last, KnockOutSource::Random, KnockOutSource::Image, 5);
    ASSERT_TRUE(control);
    std::int64_t count = 0;
    for (const nn::PositionRange& range : control->edges.keys)
        for (std::int64_t key = range.begin; key < range.end; ++key, ++count) {
            EXPECT_NE(layout.kinds[static_cast<std::size_t>(key)], TokenKind::Image);
            EXPECT_GT(key, 0);
            EXPECT_LT(key, last);
        }
    EXPECT_EQ(count, 16);
    EXPECT_EQ(control->keysOfSource, 0);
    const auto other = knockOutEdges(layout, 4, KnockOutTarget::Last, KnockOutSource::Random, KnockOutSource::Image, 6);
    EXPECT_NE(other->edges.keys, control->edges.keys);
    // There are fewer than 64 others beside 64 world tokens: the rest comes from them, and says so.
    const auto crowded =
        knockOutEdges(layout, 4, KnockOutTarget::Last, KnockOutSource::Random, KnockOutSource::World, 5);
    ASSERT_TRUE(crowded);
    EXPECT_EQ(crowded->keysOfSource, 64 - (last - 1 - 64));
    EXPECT_EQ(crowded->keyCount, 64);
}

// A row that sees nothing but itself is a sequence of one token: with a single key the weights are 1 and positions drop out.
TEST_F(KnockOut, ARowCutFromEverythingStandsAlone)
{
    const language::LanguageModel& model = *pipeline->models().language;
    const std::int64_t last = prompt.embeds.size(0) - 1;
    auto forced = ForcedAnswer::run(pipeline->models(), prompt, {answer.front()}, {});
    ASSERT_TRUE(forced);
    const nn::BlockedEdges all{{{last, last + 1}}, {{0, last + 1}}};
    const auto logits = forced->logitsWithCuts(last, {{all}, 0, 7}, {});
    ASSERT_TRUE(logits);
    EXPECT_EQ(forced->latestRows(), 1);  // one decode step
    language::KvCache cache = model.makeCache();
    tensors::NoTaps taps;
    SilentObserver observer;
    const auto alone = model.forward(prompt.embeds.slice(0, last), cache, {}, taps, observer, {});
    ASSERT_TRUE(alone);
    EXPECT_TRUE(matches(model.logits(*alone, prompt.plan.vocabularyRows), *logits, {0, 1e-4, false}));
    EXPECT_GT((*logits - forced->logits()).abs().max().item<float>(), 1e-2F);
}

// On cached keys and values, against every row computed again under the mask.
TEST_F(KnockOut, CachedIsAsExactAsAWholePass)
{
    auto forced = ForcedAnswer::run(pipeline->models(), prompt, answer, {});
    ASSERT_TRUE(forced);
    for (const KnockOutTarget target : {KnockOutTarget::Last, KnockOutTarget::QuestionAndAnswer, KnockOutTarget::Answer,
                                        KnockOutTarget::Question, KnockOutTarget::Image}) {
        for (const auto& [from, to] : {std::pair(0, 7), std::pair(2, 4), std::pair(5, 6)}) {
            const auto edges =
                knockOutEdges(*prompt.plan.layout, 4, target, KnockOutSource::World, KnockOutSource::World, 0);
            ASSERT_TRUE(edges);
            const auto cached = forced->logitsWithCuts(edges->firstRow, {{edges->edges}, from, to}, {});
            ASSERT_TRUE(cached);
            EXPECT_TRUE(matches(wholePass(edges->edges, from, to), *cached, {0, 1e-4, false}))
                << knockOutName(target) << from;
            EXPECT_LT(forced->latestRows(), prompt.embeds.size(0));
            // Layers 2 and 3 are local: the world may lie beyond their window of 32.
            if (from == 0) {
                EXPECT_GT((*cached - forced->logits()).abs().max().item<float>(), 1e-4F) << knockOutName(target);
            }
        }
    }
    const auto untouched = forced->logitsWithCuts(3, {{nn::BlockedEdges{{{0, 500}}, {{0, 500}}}}, 4, 4}, {});
    ASSERT_TRUE(untouched);
    EXPECT_TRUE(matches(forced->logits(), *untouched, {0, 1e-4, false}));
}

// A cut in layer 3 leaves the input of layer 3 as it is and changes what comes out.
TEST_F(KnockOut, ActsInItsLayersOnly)
{
    struct Taps final : tensors::TapSink {
        std::map<int, at::Tensor> hidden;
        [[nodiscard]] bool wants(tensors::TapPoint point, int) const override
        {
            return point == tensors::TapPoint::Hidden;
        }
        void take(tensors::TapPoint, int layer, const at::Tensor& tensor) override { hidden[layer] = tensor.clone(); }
    };
    const language::LanguageModel& model = *pipeline->models().language;
    const std::int64_t length = prompt.embeds.size(0);
    const auto hiddenOf = [&](const language::EdgeCuts& cuts) {
        Taps taps;
        SilentObserver observer;
        language::KvCache cache = model.makeCache();
        EXPECT_TRUE(model.forward(prompt.embeds, cache, prompt.blocks, taps, observer, {}, cuts));
        return taps.hidden;
    };
    const auto truth = hiddenOf({});
    const auto cut = hiddenOf({{nn::BlockedEdges{{{length - 5, length}}, {{length - 20, length - 5}}}}, 3, 4});
    for (const int layer : {0, 1, 2, 3})
        EXPECT_TRUE(at::equal(truth.at(layer), cut.at(layer))) << layer;
    for (const int layer : {4, 5, 6, 7})
        EXPECT_GT((truth.at(layer) - cut.at(layer)).abs().max().item<float>(), 1e-3F) << layer;
    EXPECT_TRUE(at::equal(truth.at(4).slice(0, 0, length - 5), cut.at(4).slice(0, 0, length - 5)));
}

TEST_F(KnockOut, SweepsWindowsBesideControls)
{
    SilentObserver observer;
    const auto result =
        engine::analyse(*pipeline, *record, {"knock-out", {{"window", "3"}, {"stride", "2"}}}, observer, {});
    ASSERT_TRUE(result) << result.error().message;
    // Windows [0,3) [2,5) [4,7), for three sources and their controls.
    EXPECT_EQ(result->arrays.at("relative_probability_change").values.shape, (std::vector<std::int64_t>{6, 3}));
    const AnalysisTable& table = result->tables.front();
    ASSERT_EQ(table.rows.size(), 24u);
    for (const auto& row : table.rows) {
        ASSERT_EQ(row.size(), table.columns.size());
        EXPECT_EQ(std::get<double>(row[6]), 1);  // one decode step each
    }
    const auto study = studyKnockOut(*pipeline, *record, {}, observer, {});
    ASSERT_TRUE(study);
    auto forced = ForcedAnswer::run(pipeline->models(), prompt, {answer.front()}, {});
    const auto edges =
        knockOutEdges(*prompt.plan.layout, 1, KnockOutTarget::Last, KnockOutSource::World, KnockOutSource::World, 0);
    const auto logits = forced->logitsWithCuts(edges->firstRow, {{edges->edges}, 0, 7}, {});
    const AnswerEffect effect = effectOn({answer.front()}, forced->logits(), *logits);
    const double relative = (effect.probabilityChanged - effect.probabilityTrue) / effect.probabilityTrue;
    EXPECT_NEAR(*result->number("relative_probability_change.world"), relative, 1e-5);
    EXPECT_NE(*result->number("relative_probability_change.world"),
              *result->number("relative_probability_change.world.control"));
    // The last row looks back 32 positions in local layers: all of the world but the end lies before.
    EXPECT_GT(study->hiddenByWindow, 0);
    std::int64_t hidden = 0;
    for (const std::int64_t row : prompt.plan.worldRows)
        hidden += row <= prompt.embeds.size(0) - 1 - 32 ? 1 : 0;
    EXPECT_EQ(study->hiddenByWindow, hidden);
}

TEST_F(KnockOut, MissingTokensAreAReasonNotAFailure)
{
    Question plain = question;
    plain.world.fusion = FusionOption::None;
    RunRecord bare;
    bare.question = plain;
    SilentObserver observer;
    const auto result =
        engine::analyse(*pipeline, bare, {"knock-out", {{"target", "question-and-answer"}}}, observer, {});
    ASSERT_TRUE(result) << result.error().message;
    EXPECT_NE(std::get<std::string>(result->tables.front().rows[0].back()).find("no world tokens"), std::string::npos);
    EXPECT_TRUE(result->number("relative_probability_change.image"));
    EXPECT_FALSE(engine::analyse(*pipeline, bare, {"knock-out", {{"target", "everyone"}}}, observer, {}));
    EXPECT_FALSE(engine::analyse(*pipeline, bare, {"knock-out", {{"window", "8"}}}, observer, {}));
}

}  // namespace
}  // namespace armillary::intervention
