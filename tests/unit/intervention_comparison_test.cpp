#include "intervention/comparison.h"

#include "engine/model_analyses.h"
#include "intervention/comparison_identities.h"
#include "intervention/knock_out.h"
#include "support/study_fixture.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <map>

namespace armillary::intervention {
namespace {

Question smallQuestion(int maxNewTokens = 3)
{
    Question question = test::questionAbout({"media/coffee.png"}, "What will the red car do next?", maxNewTokens);
    question.world.heightPixels = question.world.widthPixels = 48;
    return question;
}

std::unique_ptr<pipeline::QuestionPipeline> notes()
{
    return test::loadedPipeline("models/gemma-tiny", "models/theworld-tiny/seed");
}

Result<Comparison> compared(pipeline::QuestionPipeline& pipeline, const Question& question,
                            const ComparisonOptions& options = {})
{
    SilentObserver observer;
    return compareOptions(pipeline, question, options, observer, {});
}

const ComparisonRow& rowNamed(const Comparison& comparison, const std::string& name)
{
    const auto found = std::find_if(comparison.rows.begin(), comparison.rows.end(),
                                    [&name](const ComparisonRow& row) { return row.variant == name; });
    if (found == comparison.rows.end())
        throw std::runtime_error("there is no row " + name);
    return *found;
}

// Every option's row against the run that asking that option gives.
TEST(Comparison, RowsAreTheRunsOfTheirOptions)
{
    const auto pipeline = notes();
    Question question = smallQuestion();
    question.capture.parts = {Capture::Logits, Capture::Attention};
    const auto comparison = compared(*pipeline, question, {"options", "", false, 32, 0});
    ASSERT_TRUE(comparison) << comparison.error().message;
    EXPECT_EQ(comparison->reference, "5");
    ASSERT_EQ(comparison->rows.size(), 7u);
    const auto run = [&](FusionOption fusion) {
        Question asked = question;
        asked.world.fusion = fusion;
        return test::answeredBy(*pipeline, asked);
    };
    const auto reference = run(FusionOption::Brackets);
    const at::Tensor truth = test::recorded(*reference, "logits")[0].to(at::kDouble);
    for (const auto& [name, fusion] : {std::pair("1", FusionOption::Prepend), std::pair("2", FusionOption::Scatter),
                                       std::pair("3", FusionOption::None), std::pair("4a", FusionOption::Repeated),
                                       std::pair("4b", FusionOption::Pooled), std::pair("4c", FusionOption::Indexed),
                                       std::pair("5", FusionOption::Brackets)}) {
        const ComparisonRow& row = rowNamed(*comparison, name);
        const auto record = run(fusion);
        EXPECT_EQ(row.reason, "");
        EXPECT_EQ(row.positions, record->layout->size()) << name;
        EXPECT_EQ(row.answer, record->answer) << name;
        EXPECT_EQ(row.isAnswerDifferent, record->answer != reference->answer) << name;
        EXPECT_GT(row.prefillMilliseconds, 0);
        EXPECT_GT(row.tokensPerSecond, 0);
        EXPECT_GT(row.peakMemoryBytes, 0);

        const at::Tensor own = test::recorded(*record, "logits")[0].to(at::kDouble);
        const std::int64_t shared = std::min(truth.size(0), own.size(0));
        const at::Tensor p = truth.narrow(0, 0, shared).log_softmax(0), q = own.narrow(0, 0, shared).log_softmax(0);
        const double kl =
            at::where(p.exp() > 0, p.exp() * (p - q), at::zeros_like(p)).sum().item<double>() / std::log(2.0);
        EXPECT_NEAR(row.effect.nextTokenKlBits(), kl, 1e-5) << name;
        EXPECT_EQ(row.effect.sameNextToken, record->generated[0].id == reference->generated[0].id) << name;

        // Attention of the last prompt row, from the recorded maps.
        double mass = 0, lift = 0;
        int seeing = 0;
        const std::int64_t last = record->layout->size() - 1;
        for (int layer = 0; layer < 7; ++layer) {
            const at::Tensor weights =
                test::recorded(*record, "attention." + std::to_string(layer)).select(1, last).mean(0);
            const std::int64_t first = layer == 5 ? 0 : std::max<std::int64_t>(0, last - 31);
            double here = 0;
            int seen = 0;
            for (std::int64_t i = 0; i <= last; ++i) {
                const bool isWorld = record->layout->kinds[static_cast<std::size_t>(i)] == TokenKind::World;
                here += isWorld ? weights[i].item<double>() : 0;
                seen += isWorld && i >= first ? 1 : 0;
            }
            mass += here / 7;
            if (seen > 0) {
                lift += here * static_cast<double>(last + 1 - first) / seen;
                ++seeing;
            }
        }
        EXPECT_NEAR(row.attention.worldMass, mass, 1e-5) << name;
        if (seeing > 0) {
            EXPECT_NEAR(row.attention.worldLift, lift / seeing, 1e-4) << name;
        } else {
            EXPECT_TRUE(std::isnan(row.attention.worldLift)) << name;
        }
        if (fusion != FusionOption::None) {
            RunRecord bare;
            bare.question = question;
            bare.question.world.fusion = fusion;
            SilentObserver observer;
            const auto cut = engine::analyse(*pipeline, bare,
                                             {"knock-out", {{"sources", "world"}, {"controls", "off"}}}, observer, {});
            ASSERT_TRUE(cut);
            EXPECT_NEAR(row.knockOutEffect, *cut->number("relative_probability_change.world"), 1e-5) << name;
        } else {
            EXPECT_TRUE(std::isnan(row.knockOutEffect));
        }
    }
    const ComparisonRow& five = rowNamed(*comparison, "5");
    EXPECT_EQ(five.effect.nextTokenKlBits(), 0);
    EXPECT_EQ(five.input.text, 0);
    EXPECT_TRUE(five.input.onlyHere.empty());
    // All world tokens are the same rows; the pooled one has no partner.
    EXPECT_EQ(rowNamed(*comparison, "1").input.world, 0);
    EXPECT_TRUE(std::isnan(rowNamed(*comparison, "4b").input.world));
    // In front of the picture 5 has brackets and two runs of newlines, which option 1's prompt joins into one token.
    EXPECT_EQ(rowNamed(*comparison, "1").input.onlyThere,
              (std::vector<std::string>{"\n", "<the_world_start>", "<the_world_end>", "\n\n"}));
    EXPECT_EQ(rowNamed(*comparison, "1").input.onlyHere, (std::vector<std::string>{"\n\n\n"}));
}

TEST(Comparison, SettingsChangeWhatTheyName)
{
    const auto pipeline = notes();
    const Question question = smallQuestion();
    const auto comparison = compared(*pipeline, question, {"5,settings", "", false, 32, 3});
    ASSERT_TRUE(comparison) << comparison.error().message;
    const auto run = [&](const Question& asked) { return test::answeredBy(*pipeline, asked); };
    Question asked = question;
    asked.imageAttention = ImageAttention::Bidirectional;
    EXPECT_EQ(rowNamed(*comparison, "5-image-bidirectional").answer, run(asked)->answer);
    EXPECT_EQ(rowNamed(*comparison, "5-image-bidirectional").input.world, 0);
    EXPECT_GT(rowNamed(*comparison, "5-image-bidirectional").effect.nextTokenKlBits(), 0);
    const ComparisonRow& scaled = rowNamed(*comparison, "5-latents-normalised");
    const ComparisonRow& ranged = rowNamed(*comparison, "5-pixels-0..255");
    EXPECT_GT(scaled.input.world, 0);
    EXPECT_GT(ranged.input.world, scaled.input.world);
    EXPECT_EQ(scaled.input.image, 0);
    EXPECT_EQ(scaled.input.text, 0);
    const ComparisonRow& after = rowNamed(*comparison, "5-world-after-image");
    EXPECT_EQ(after.reason, "");
    EXPECT_EQ(after.input.world, 0);
    EXPECT_EQ(after.input.image, 0);
    EXPECT_GT(after.effect.nextTokenKlBits(), 0);
    EXPECT_GT(rowNamed(*comparison, "5-random-projection").input.world, 0);
    const ComparisonRow& empty = rowNamed(*comparison, "5-no-world");
    EXPECT_EQ(empty.positions, rowNamed(*comparison, "5").positions - 36);
    EXPECT_EQ(empty.attention.worldMass, 0);
    EXPECT_TRUE(std::isnan(empty.knockOutEffect));
    // A still picture has no clip and no rollout to compare with: reasons, not failures.
    EXPECT_NE(rowNamed(*comparison, "5-world-clip").reason, "");
    EXPECT_NE(rowNamed(*comparison, "5-world-rollout").reason, "");
}

TEST(Comparison, TheWorldStandsBehindThePicture)
{
    for (const std::string checkpoint : {"models/theworld-tiny/seed", "models/theworld-tiny/spatial-mlp"}) {
        const auto pipeline = test::loadedPipeline("models/gemma-tiny", checkpoint);
        const std::vector<Variant> all = variantsOf(pipeline->models(), smallQuestion());
        const auto found = std::find_if(all.begin(), all.end(),
                                        [](const Variant& each) { return each.name == "5-world-after-image"; });
        ASSERT_NE(found, all.end());
        SilentObserver observer;
        const auto prompt = prepareVariant(*pipeline, *found, 0, observer, {});
        ASSERT_TRUE(prompt) << prompt.error().message;
        EXPECT_GT(prompt->plan.worldRows.front(), prompt->plan.imageRows.back()) << checkpoint;
        EXPECT_EQ(prompt->plan.layout->count(TokenKind::Bracket), 2) << checkpoint;
        EXPECT_EQ(prompt->plan.layout->count(TokenKind::Image), 16) << checkpoint;
    }
}

TEST(Comparison, IdentitiesHoldOnEveryKindOfCheckpoint)
{
    for (const std::string checkpoint : {"models/theworld-tiny/seed", "models/theworld-tiny/spatial-mlp",
                                         "models/theworld-tiny/spatial-mlp-language"}) {
        const auto pipeline = test::loadedPipeline("models/gemma-tiny", checkpoint);
        Question question = smallQuestion();
        question.world.heightPixels = question.world.widthPixels = 64;
        const auto comparison = compared(*pipeline, question, {"5", "", true, 32, 0});
        ASSERT_TRUE(comparison) << comparison.error().message;
        ASSERT_EQ(comparison->identities.size(), 7u);
        for (const Identity& identity : comparison->identities) {
            EXPECT_TRUE(identity.isChecked) << checkpoint << ": " << identity.name << ": " << identity.detail;
            EXPECT_TRUE(identity.holds) << checkpoint << ": " << identity.name << ": " << identity.detail;
            EXPECT_FALSE(identity.detail.empty());
        }
        EXPECT_EQ(comparison->identities[0].difference, 0);
        EXPECT_GT(comparison->identities.back().difference, 0);
    }
}

// 4a against 5 with one thing wrong at a time.
TEST(Comparison, RepeatedAgainstBracketsCanFail)
{
    const auto pipeline = notes();
    SilentObserver observer;
    const auto prepared = [&](FusionOption fusion) {
        Question question = smallQuestion();
        question.world.fusion = fusion;
        return *pipeline->prepare(question, observer, {});
    };
    const pipeline::PreparedPrompt repeated = prepared(FusionOption::Repeated),
                                   brackets = prepared(FusionOption::Brackets);
    const Identity whole = repeatedIsBrackets(repeated, brackets);
    EXPECT_TRUE(whole.holds) << whole.detail;
    // 35 spaces stand between 36 placeholders; the one behind the last is trimmed.
    EXPECT_NE(whole.detail.find("4a holds 35 white-space tokens"), std::string::npos) << whole.detail;
    EXPECT_NE(whole.detail.find("5 holds 2 brackets"), std::string::npos) << whole.detail;

    pipeline::PreparedPrompt moved = repeated;
    moved.embeds = repeated.embeds.clone();
    moved.embeds[repeated.plan.worldRows[3]] += 0.5;
    EXPECT_FALSE(repeatedIsBrackets(moved, brackets).holds);
    EXPECT_NEAR(repeatedIsBrackets(moved, brackets).difference, 0.5, 1e-6);

    pipeline::PreparedPrompt stranger = repeated;
    auto layout = std::make_shared<TokenLayout>(*repeated.plan.layout);
    const std::size_t last = layout->ids.size() - 4;
    ASSERT_EQ(layout->kinds[last], TokenKind::Text);
    layout->ids[last] = 77;
    layout->pieces[last] = "green";
    stranger.plan.layout = layout;
    EXPECT_FALSE(repeatedIsBrackets(stranger, brackets).holds);
}

TEST(Comparison, PairsTextByItsIds)
{
    const auto promptOf = [](const std::vector<std::int64_t>& ids, const std::vector<TokenKind>& kinds) {
        pipeline::PreparedPrompt prompt;
        auto layout = std::make_shared<TokenLayout>();
        for (std::size_t i = 0; i < ids.size(); ++i) {
            layout->ids.push_back(ids[i]);
            layout->kinds.push_back(kinds[i]);
            layout->origins.emplace_back();
            layout->pieces.push_back(std::to_string(ids[i]));
        }
        prompt.plan.layout = std::move(layout);
        prompt.embeds = at::arange(static_cast<std::int64_t>(ids.size()), at::kFloat).unsqueeze(1);
        return prompt;
    };
    using enum TokenKind;
    const auto a = promptOf({2, 10, -1, -1, 11, 12}, {Control, Text, World, World, Text, Text});
    const auto b = promptOf({2, 11, 13, -1, -1, 12}, {Control, Text, Text, World, World, Text});
    const InputDifference difference = inputDifference(a, b);
    EXPECT_EQ(difference.onlyHere, (std::vector<std::string>{"10"}));
    EXPECT_EQ(difference.onlyThere, (std::vector<std::string>{"13"}));
    EXPECT_EQ(difference.text, 3);  // 2-2: 0; 11 at 4 against 1: 3; 12 at 5 against 5: 0
    EXPECT_EQ(difference.world, 1);
    EXPECT_TRUE(std::isnan(difference.image));
    const InputDifference alone = inputDifference(promptOf({}, {}), b);
    EXPECT_TRUE(std::isnan(alone.text));
    EXPECT_EQ(alone.onlyThere.size(), 4u);
}

TEST(Comparison, WithoutWorldTokensLayoutAndRowsAgree)
{
    const auto pipeline = notes();
    SilentObserver observer;
    Question question = smallQuestion();
    question.imageAttention = ImageAttention::Bidirectional;
    const auto five = pipeline->prepare(question, observer, {});
    ASSERT_TRUE(five);
    const pipeline::PreparedPrompt bare = withoutWorldTokens(*five);
    EXPECT_EQ(bare.plan.layout->size(), bare.embeds.size(0));
    EXPECT_EQ(bare.plan.layout->count(TokenKind::World), 0);
    const at::Tensor image = bare.embeds.index_select(0, at::tensor(bare.plan.imageRows, at::kLong));
    EXPECT_TRUE(at::equal(image, five->imageRows));
    ASSERT_EQ(bare.blocks.size(), 1u);
    EXPECT_EQ(bare.blocks[0].begin, bare.plan.imageRows.front());
    EXPECT_EQ(bare.plan.imageBlocks, bare.blocks);
}

TEST(Comparison, RandomProjectionKeepsTheNorm)
{
    at::manual_seed(1);
    const at::Tensor latents = at::randn({16, 2, 3, 4}), like = at::randn({24, 64}) * 7;
    const at::Tensor tokens = randomProjection(latents, like, 5);
    EXPECT_EQ(tokens.sizes(), like.sizes());
    EXPECT_NEAR(tokens.norm(2, 1).mean().item<double>(), like.norm(2, 1).mean().item<double>(), 1e-3);
    EXPECT_TRUE(at::equal(tokens, randomProjection(latents, like, 5)));
    EXPECT_FALSE(at::equal(tokens, randomProjection(latents, like, 6)));
    // Linear in the latents, token by token in the order frame, row, column: a latent cell of zeros becomes a zero.
    at::Tensor one = latents.clone();
    one.select(1, 1).select(1, 2).select(1, 3).zero_();
    EXPECT_EQ(randomProjection(one, like, 5)[23].abs().max().item<float>(), 0.F);
}

TEST(Comparison, PlainGemmaSaysWhatItCannot)
{
    const auto pipeline = test::loadedPipeline("models/gemma-tiny");
    const auto comparison = compared(*pipeline, test::questionAbout({"media/coffee.png"}, "What is it?", 2));
    ASSERT_TRUE(comparison) << comparison.error().message;
    EXPECT_EQ(comparison->reference, "3");
    for (const ComparisonRow& row : comparison->rows)
        EXPECT_EQ(row.reason.empty(), row.option == "3") << row.variant;
    for (const Identity& identity : comparison->identities)
        EXPECT_EQ(identity.isChecked, identity.name == "option 3 = plain Gemma") << identity.detail;
    EXPECT_FALSE(
        compared(*pipeline, test::questionAbout({"media/coffee.png"}, "What is it?", 2), {"5", "5", true, 32, 0}));
}

TEST(Comparison, ByName)
{
    const auto pipeline = notes();
    RunRecord record;
    record.question = smallQuestion();
    SilentObserver observer;
    const auto result =
        engine::analyse(*pipeline, record, {"compare", {{"rows", "3,4b,5,5-world-clip"}}}, observer, {});
    ASSERT_TRUE(result) << result.error().message;
    ASSERT_EQ(result->tables.size(), 2u);
    ASSERT_EQ(result->tables[0].rows.size(), 4u);
    for (const AnalysisTable& table : result->tables)
        for (const auto& row : table.rows)
            EXPECT_EQ(row.size(), table.columns.size());
    EXPECT_EQ(std::get<std::string>(result->tables[0].rows[1][1]), "4b");
    EXPECT_NE(std::get<std::string>(result->tables[0].rows[3].back()), "");
    EXPECT_EQ(*result->number("identities_broken"), 0);
    EXPECT_EQ(*result->number("identities_unchecked"), 0);
    for (const std::string rows : {"6", "", "5,six"})
        EXPECT_FALSE(engine::analyse(*pipeline, record, {"compare", {{"rows", rows}}}, observer, {})) << rows;
    EXPECT_FALSE(engine::analyse(*pipeline, record, {"compare", {{"reference", "6"}}}, observer, {}));
    std::stop_source source;
    source.request_stop();
    const auto stopped = engine::analyse(*pipeline, record, {"compare", {}}, observer, source.get_token());
    ASSERT_FALSE(stopped);
    EXPECT_EQ(stopped.error().code, ErrorCode::Cancelled);
}

}  // namespace
}  // namespace armillary::intervention
