#include "intervention/intervention.h"

#include "engine/model_analyses.h"
#include "support/study_fixture.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <set>

namespace armillary::intervention {
namespace {

using test::matches;

Question clipQuestion(int maxNewTokens = 4)
{
    Question question = test::worldQuestion("What is happening?", maxNewTokens);
    question.world.source = WorldSource::Clip;
    Clip& clip = question.media[0];
    const Image other = test::questionAbout({"media/coffee.png"}, "").media[0].frames[0];
    for (int i = 0; i < 4; ++i)
        clip.frames.push_back(other);
    question.stillFrames = {0};
    return question;
}

struct Study {
    explicit Study(const Question& asked, const std::string& theWorld = "models/theworld-tiny/spatial-mlp")
        : pipeline(test::loadedPipeline("models/gemma-tiny", theWorld)), question(asked)
    {
        SilentObserver observer;
        auto prepared = pipeline->prepare(question, observer, {});
        if (!prepared)
            throw std::runtime_error(prepared.error().message);
        prompt = std::move(*prepared);
    }

    at::Tensor world(const at::Tensor& embeds) const
    {
        return embeds.index_select(0, at::tensor(prompt.plan.worldRows, at::kLong));
    }
    at::Tensor image(const at::Tensor& embeds) const
    {
        return embeds.index_select(0, at::tensor(prompt.plan.imageRows, at::kLong));
    }

    std::unique_ptr<pipeline::QuestionPipeline> pipeline;
    Question question;
    pipeline::PreparedPrompt prompt;
};

// Each row of `rows` as one string of bytes, for comparing sets of rows.
std::multiset<std::string> rowSet(const at::Tensor& rows)
{
    std::multiset<std::string> out;
    const at::Tensor flat = rows.contiguous();
    const auto bytes = static_cast<std::size_t>(flat.size(1)) * flat.element_size();
    for (std::int64_t i = 0; i < flat.size(0); ++i)
        out.emplace(static_cast<const char*>(flat[i].data_ptr()), bytes);
    return out;
}

TEST(Intervention, ZeroedAndAveragedAreDoneByHand)
{
    const Study study(test::worldQuestion("What is happening?"));
    for (const auto kind : {InterventionKind::Zeroed, InterventionKind::Averaged}) {
        const auto changed = intervene(study.prompt, {kind, TokenKind::World, 0, NoiseSpread::Covariance, {}});
        ASSERT_TRUE(changed);
        at::Tensor want = study.prompt.embeds.clone();
        const at::Tensor mean = study.world(want).mean(0);
        for (const std::int64_t row : study.prompt.plan.worldRows)
            want[row] = kind == InterventionKind::Zeroed ? at::zeros_like(mean) : mean;
        EXPECT_TRUE(matches(want, changed->rows.embeds, {0, 1e-6, false}));
        EXPECT_EQ(changed->firstChanged, study.prompt.plan.worldRows.front());
        EXPECT_FALSE(at::equal(changed->rows.embeds, study.prompt.embeds));
    }
}

TEST(Intervention, ShufflesMoveRowsAndChangeNone)
{
    const Study study(clipQuestion());
    ASSERT_EQ(study.prompt.worldGrid.latentFrames, 2);
    const std::int64_t cells = study.prompt.worldGrid.rows * study.prompt.worldGrid.columns;
    const at::Tensor truth = study.world(study.prompt.embeds);

    const auto space =
        intervene(study.prompt, {InterventionKind::ShuffledInSpace, TokenKind::World, 7, NoiseSpread::Covariance, {}});
    ASSERT_TRUE(space);
    const at::Tensor moved = study.world(space->rows.embeds);
    EXPECT_FALSE(at::equal(moved, truth));
    // One permutation for both frames: where a cell of frame 0 went, its twin of frame 1 went too.
    for (const std::int64_t frame : {0, 1})
        EXPECT_EQ(rowSet(moved.slice(0, frame * cells, (frame + 1) * cells)),
                  rowSet(truth.slice(0, frame * cells, (frame + 1) * cells)));
    std::vector<std::int64_t> source(static_cast<std::size_t>(cells), -1);
    for (std::int64_t to = 0; to < cells; ++to)
        for (std::int64_t from = 0; from < cells; ++from)
            if (at::equal(moved[to], truth[from]))
                source[static_cast<std::size_t>(to)] = from;
    for (std::int64_t to = 0; to < cells; ++to) {
        ASSERT_GE(source[static_cast<std::size_t>(to)], 0);
        EXPECT_TRUE(at::equal(moved[cells + to], truth[cells + source[static_cast<std::size_t>(to)]]));
    }

    const auto time =
        intervene(study.prompt, {InterventionKind::ShuffledInTime, TokenKind::World, 7, NoiseSpread::Covariance, {}});
    ASSERT_TRUE(time);
    const at::Tensor swapped = study.world(time->rows.embeds);
    EXPECT_TRUE(at::equal(swapped.slice(0, 0, cells), truth.slice(0, cells)));
    EXPECT_TRUE(at::equal(swapped.slice(0, cells), truth.slice(0, 0, cells)));

    const auto again =
        intervene(study.prompt, {InterventionKind::ShuffledInSpace, TokenKind::World, 7, NoiseSpread::Covariance, {}});
    const auto other =
        intervene(study.prompt, {InterventionKind::ShuffledInSpace, TokenKind::World, 8, NoiseSpread::Covariance, {}});
    EXPECT_TRUE(at::equal(again->rows.embeds, space->rows.embeds));
    EXPECT_FALSE(at::equal(other->rows.embeds, space->rows.embeds));
}

TEST(Intervention, WhatCannotBeDoneSaysWhy)
{
    const Study still(test::worldQuestion("What is happening?"));
    const auto time =
        intervene(still.prompt, {InterventionKind::ShuffledInTime, TokenKind::World, 0, NoiseSpread::Covariance, {}});
    ASSERT_FALSE(time);
    EXPECT_NE(time.error().message.find("one latent frame"), std::string::npos);
    EXPECT_FALSE(
        intervene(still.prompt, {InterventionKind::ShuffledInTime, TokenKind::Image, 0, NoiseSpread::Covariance, {}}));
    EXPECT_FALSE(intervene(still.prompt, {InterventionKind::Swapped, TokenKind::World, 0, NoiseSpread::Covariance,
                                          at::zeros({3, 64})}));
    Question pooled = test::worldQuestion("What is happening?");
    pooled.world.fusion = FusionOption::Pooled;
    const Study one(pooled);
    EXPECT_FALSE(
        intervene(one.prompt, {InterventionKind::ShuffledInSpace, TokenKind::World, 0, NoiseSpread::Covariance, {}}));
    const auto mean =
        intervene(one.prompt, {InterventionKind::Averaged, TokenKind::World, 0, NoiseSpread::Covariance, {}});
    ASSERT_TRUE(mean);
    EXPECT_EQ(mean->cautions.size(), 1u);
    Question plain = test::worldQuestion("What is happening?");
    plain.world.fusion = FusionOption::None;
    EXPECT_FALSE(
        intervene(Study(plain).prompt, {InterventionKind::Zeroed, TokenKind::World, 0, NoiseSpread::Covariance, {}}));
}

// Noise has the rows' mean and spread: measured over many seeds, in the directions that the rows themselves span.
TEST(Intervention, NoiseIsMatched)
{
    const Study study(test::worldQuestion("What is happening?"));
    const at::Tensor truth = study.world(study.prompt.embeds).to(at::kDouble);
    const at::Tensor mean = truth.mean(0, true);
    const at::Tensor centred = truth - mean;
    const at::Tensor covariance = at::matmul(centred.t(), centred) / truth.size(0);
    for (const NoiseSpread spread : {NoiseSpread::Covariance, NoiseSpread::PerDimension}) {
        at::Tensor sumMean = at::zeros_like(mean), sumCovariance = at::zeros_like(covariance);
        constexpr int kDraws = 200;
        for (int seed = 0; seed < kDraws; ++seed) {
            const auto changed =
                intervene(study.prompt,
                          {InterventionKind::Noise, TokenKind::World, static_cast<std::uint64_t>(seed), spread, {}});
            ASSERT_TRUE(changed);
            const at::Tensor noise = study.world(changed->rows.embeds).to(at::kDouble);
            sumMean += noise.mean(0, true);
            sumCovariance += at::matmul((noise - mean).t(), noise - mean) / noise.size(0);
        }
        const double scale = covariance.diagonal().sqrt().mean().item<double>();
        EXPECT_LT((sumMean / kDraws - mean).abs().max().item<double>(), 0.1 * scale);
        const at::Tensor got = sumCovariance / kDraws;
        EXPECT_LT(((got.diagonal() - covariance.diagonal()).abs().sum() / covariance.diagonal().sum()).item<double>(),
                  0.05);
        // Only the full spread keeps how dimensions vary together.
        const double error = ((got - covariance).norm() / covariance.norm()).item<double>();
        if (spread == NoiseSpread::Covariance)
            EXPECT_LT(error, 0.1);
        else
            EXPECT_GT(error, 0.3);
    }
}

TEST(Intervention, RemovedRowsMoveTheRestUpWithItsBlocks)
{
    Question question = test::worldQuestion("What is happening?");
    question.imageAttention = ImageAttention::Bidirectional;
    const Study study(question);
    const auto changed =
        intervene(study.prompt, {InterventionKind::Removed, TokenKind::World, 0, NoiseSpread::Covariance, {}});
    ASSERT_TRUE(changed);
    const std::int64_t first = study.prompt.plan.worldRows.front(),
                       count = static_cast<std::int64_t>(study.prompt.plan.worldRows.size());
    EXPECT_TRUE(at::equal(changed->rows.embeds, at::cat({study.prompt.embeds.slice(0, 0, first),
                                                         study.prompt.embeds.slice(0, first + count)})));
    ASSERT_EQ(changed->rows.blocks.size(), 1u);
    EXPECT_EQ(changed->rows.blocks[0].begin, study.prompt.blocks[0].begin - count);
    EXPECT_EQ(changed->rows.blocks[0].end, study.prompt.blocks[0].end - count);
    const auto noImage =
        intervene(study.prompt, {InterventionKind::Removed, TokenKind::Image, 0, NoiseSpread::Covariance, {}});
    ASSERT_TRUE(noImage);
    EXPECT_TRUE(noImage->rows.blocks.empty());
    EXPECT_EQ(noImage->rows.embeds.size(0), study.prompt.embeds.size(0) - 16);
}

TEST(Intervention, SwappedRowsAreThoseOfTheMirroredPicture)
{
    const Study study(test::worldQuestion("What is happening?"));
    SilentObserver observer;
    Question mirrored = study.question;
    const Image& image = mirrored.media[0].frames[0];
    std::vector<std::uint8_t> rgb;
    for (int row = 0; row < image.height(); ++row)
        for (int column = image.width() - 1; column >= 0; --column)
            for (int colour = 0; colour < 3; ++colour)
                rgb.push_back(image.rgb()[static_cast<std::size_t>((row * image.width() + column) * 3 + colour)]);
    mirrored.media[0].frames[0] = Image(image.height(), image.width(), rgb);
    const auto want = study.pipeline->prepare(mirrored, observer, {});
    ASSERT_TRUE(want);
    const auto world = otherRows(*study.pipeline, study.question, TokenKind::World, "mirror", observer, {});
    const auto pictures = otherRows(*study.pipeline, study.question, TokenKind::Image, "mirror", observer, {});
    ASSERT_TRUE(world && pictures);
    EXPECT_TRUE(at::equal(*world, want->worldRows));
    EXPECT_TRUE(at::equal(*pictures, want->imageRows));
    EXPECT_FALSE(at::equal(*world, study.prompt.worldRows));
    EXPECT_FALSE(otherRows(*study.pipeline, study.question, TokenKind::World, "1", observer, {}));
    EXPECT_FALSE(otherRows(*study.pipeline, study.question, TokenKind::World, "cat.png", observer, {}));

    Question two = study.question;
    two.media.push_back(test::questionAbout({"media/coffee.png"}, "").media[0]);
    Question coffee = study.question;
    coffee.media[0] = two.media[1];
    const auto other = otherRows(*study.pipeline, two, TokenKind::World, "1", observer, {});
    const auto direct = study.pipeline->prepare(coffee, observer, {});
    ASSERT_TRUE(other && direct);
    EXPECT_TRUE(at::equal(*other, direct->worldRows));
}

// The measures against logits of whole passes over rows changed by hand.
TEST(InterventionStudy, MeasuresAreThoseOfWholePasses)
{
    const Study study(clipQuestion(4));
    const auto record = test::answeredBy(*study.pipeline, study.question);
    SilentObserver observer;
    InterventionOptions options;
    options.regenerate = true;
    const auto result = studyInterventions(*study.pipeline, *record, options, observer, {});
    ASSERT_TRUE(result) << result.error().message;
    ASSERT_EQ(result->rows.size(), allInterventions().size());
    std::vector<std::int64_t> answer;
    for (const TokenPiece& token : record->generated)
        answer.push_back(token.id);
    EXPECT_EQ(result->answer, answer);
    const language::LanguageModel& model = *study.pipeline->models().language;
    const auto whole = [&](const at::Tensor& embeds) {
        language::KvCache cache = model.makeCache();
        tensors::NoTaps taps;
        const auto hidden = model.forward(at::cat({embeds, model.embed({answer.begin(), answer.end() - 1})}), cache, {},
                                          taps, observer, {});
        return model.logits(hidden->slice(0, embeds.size(0) - 1), study.prompt.plan.vocabularyRows);
    };
    const at::Tensor truth = whole(study.prompt.embeds);
    for (const InterventionRow& row : result->rows) {
        ASSERT_EQ(row.reason, "");
        Intervention intervention{row.kind, TokenKind::World, 0, NoiseSpread::Covariance, {}};
        if (row.kind == InterventionKind::Swapped)
            intervention.otherRows =
                *otherRows(*study.pipeline, study.question, TokenKind::World, "mirror", observer, {});
        const auto changed = intervene(study.prompt, intervention);
        ASSERT_TRUE(changed);
        const at::Tensor logits = whole(changed->rows.embeds);
        const at::Tensor p = truth[0].to(at::kDouble).log_softmax(0), q = logits[0].to(at::kDouble).log_softmax(0);
        const double kl = (p.exp() * (p - q)).nan_to_num(0).sum().item<double>() / std::log(2.0);
        EXPECT_NEAR(row.effect.nextTokenKlBits(), kl, 1e-5) << interventionName(row.kind);
        EXPECT_GT(row.effect.nextTokenKlBits(), 0) << interventionName(row.kind);
        EXPECT_TRUE(row.answer);
        EXPECT_EQ(row.isAnswerDifferent, *row.answer != result->greedyText);
        EXPECT_EQ(row.computedRows, changed->rows.embeds.size(0) + 3 - study.prompt.plan.worldRows.front());
    }
}

TEST(InterventionAnalysis, TellsRowsAndReasons)
{
    const Study study(test::worldQuestion("What is happening?"));
    RunRecord bare;
    bare.question = study.question;
    SilentObserver observer;
    const auto result =
        engine::analyse(*study.pipeline, bare, {"interventions", {{"kinds", "zeroed,shuffled-in-time"}}}, observer, {});
    ASSERT_TRUE(result) << result.error().message;
    const AnalysisTable& effects = result->tables.front();
    ASSERT_EQ(effects.rows.size(), 2u);
    EXPECT_EQ(std::get<std::string>(effects.rows[0].back()), "");
    EXPECT_NE(std::get<std::string>(effects.rows[1].back()), "");
    for (const auto& row : effects.rows)
        EXPECT_EQ(row.size(), effects.columns.size());
    EXPECT_TRUE(result->number("next_token_kl.zeroed"));
    EXPECT_FALSE(result->number("next_token_kl.shuffled-in-time"));
    EXPECT_EQ(result->arrays.at("surprisal_change").values.shape, (std::vector<std::int64_t>{2, 4}));
    EXPECT_FALSE(result->cautions.empty());  // no answer in the record
    EXPECT_FALSE(
        engine::analyse(*study.pipeline, bare, {"interventions", {{"kinds", "zeroed,blackened"}}}, observer, {}));
    EXPECT_FALSE(engine::analyse(*study.pipeline, bare, {"interventions", {{"kinds", ""}}}, observer, {}));
    std::stop_source source;
    source.request_stop();
    const auto stopped = engine::analyse(*study.pipeline, bare, {"interventions", {}}, observer, source.get_token());
    ASSERT_FALSE(stopped);
    EXPECT_EQ(stopped.error().code, ErrorCode::Cancelled);
}

}  // namespace
}  // namespace armillary::intervention
