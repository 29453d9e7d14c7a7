#include "study/surprisal.h"

#include "engine/model_analyses.h"
#include "support/study_fixture.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace armillary::study {
namespace {

using test::answeredBy;
using test::loadedPipeline;

Result<AnalysisResult> analysed(pipeline::QuestionPipeline& pipeline, const RunRecord& record,
                                const AnalysisRequest& request, const std::stop_token& stop = {})
{
    SilentObserver observer;
    return engine::analyse(pipeline, record, request, observer, stop);
}

double bitsFrom(const at::Tensor& logits, std::int64_t id)
{
    const at::Tensor wide = logits.to(at::kDouble);
    return (at::logsumexp(wide, {0}) - wide[id]).item<double>() / std::log(2.0);
}

// Surprisal of `targets[row]` at `row` - 1, straight from a forward pass over `embeds`.
std::vector<double> directBits(const language::LanguageModel& model, const at::Tensor& embeds,
                               const std::vector<std::int64_t>& targets, std::int64_t used)
{
    SilentObserver observer;
    tensors::NoTaps taps;
    language::KvCache cache = model.makeCache();
    const auto hidden = model.forward(embeds, cache, {}, taps, observer, {});
    const at::Tensor logits = model.logits(*hidden, used);
    std::vector<double> out{std::numeric_limits<double>::quiet_NaN()};
    for (std::size_t row = 1; row < targets.size(); ++row)
        out.push_back(targets[row] < 0 ? out.front()
                                       : bitsFrom(logits[static_cast<std::int64_t>(row) - 1], targets[row]));
    return out;
}

TEST(Surprisal, FollowsTheLogitsOfTheRun)
{
    const auto pipeline = loadedPipeline("models/gemma-tiny");
    Question question = test::questionAbout({"media/astronaut.png"}, "What is happening in this image?", 6);
    question.capture.parts = {Capture::Logits, Capture::PromptLogits};
    const auto record = answeredBy(*pipeline, question);
    const auto result = analysed(*pipeline, *record, {"surprisal", {{"top", "3"}}});
    ASSERT_TRUE(result) << result.error().message;

    const at::Tensor prompt = test::recorded(*record, "logits.prompt");
    const at::Tensor answer = test::recorded(*record, "logits");
    const AnalysisTable& tokens = result->tables.front();
    const std::int64_t length = record->layout->size();
    ASSERT_EQ(static_cast<std::int64_t>(tokens.rows.size()), length + 6);
    EXPECT_EQ(std::get<std::string>(tokens.rows[0][3]), "");  // nothing comes before <bos>
    double total = 0;
    for (std::int64_t p = 1; p < length + 6; ++p) {
        const auto& row = tokens.rows[static_cast<std::size_t>(p)];
        const bool isImage = p < length && record->layout->kinds[static_cast<std::size_t>(p)] == TokenKind::Image;
        if (isImage) {
            EXPECT_EQ(std::get<std::string>(row[3]), "") << p;
            EXPECT_EQ(std::get<std::string>(row[4]), "") << p;
            continue;
        }
        const std::int64_t id = p < length ? record->layout->ids[static_cast<std::size_t>(p)]
                                           : record->generated[static_cast<std::size_t>(p - length)].id;
        const at::Tensor logits = p - 1 < length ? prompt[p - 1] : answer[p - length];
        EXPECT_NEAR(std::get<double>(row[3]), bitsFrom(logits, id), 1e-4) << p;
        EXPECT_NEAR(std::get<double>(row[5]), logits.gt(logits[id]).sum().item<double>(), 0) << p;
        if (p >= length)
            total += bitsFrom(logits, id);
    }
    EXPECT_NEAR(result->number("answer_bits").value(), total, 1e-3);
    EXPECT_NEAR(result->number("answer_perplexity").value(), std::exp2(total / 6), 1e-3);
    EXPECT_LT(result->number("recomputation_error_probability").value(), 1e-5);
    EXPECT_LT(result->number("recomputation_error_logit").value(), 1e-3);

    // The first alternative of a greedy token is the token itself.
    const AnalysisTable& alternatives = result->tables[1];
    std::int64_t seen = 0;
    for (const auto& row : alternatives.rows) {
        const auto position = static_cast<std::int64_t>(std::get<double>(row[0]));
        if (position < length || std::get<double>(row[1]) != 0)
            continue;
        const TokenPiece& token = record->generated[static_cast<std::size_t>(position - length)];
        EXPECT_EQ(std::get<double>(row[2]), static_cast<double>(token.id));
        EXPECT_NEAR(std::get<double>(row[4]), token.probability, 1e-5);
        ++seen;
    }
    EXPECT_EQ(seen, 6);
}

TEST(Surprisal, SaysHowFarItIsFromTheRun)
{
    const auto pipeline = loadedPipeline("models/gemma-tiny");
    const auto record = answeredBy(*pipeline, test::questionAbout({}, "Hello there", 3));
    RunRecord other = *record;
    other.generated[1].probability += 0.25F;
    const auto result = analysed(*pipeline, other, {"surprisal", {{"scope", "answer"}}});
    ASSERT_TRUE(result);
    EXPECT_NEAR(result->number("recomputation_error_probability").value(), 0.25, 1e-4);
    EXPECT_FALSE(result->cautions.empty());
    EXPECT_EQ(result->tables.front().rows.size(), 3U);
}

TEST(Surprisal, OfARunWithoutAnAnswer)
{
    const auto pipeline = loadedPipeline("models/gemma-tiny");
    RunRecord record = *answeredBy(*pipeline, test::questionAbout({}, "Hello there", 1));
    record.generated.clear();
    const auto result = analysed(*pipeline, record, {"surprisal", {}});
    ASSERT_TRUE(result);
    EXPECT_TRUE(std::isnan(result->number("answer_bits").value()));
    EXPECT_TRUE(std::isnan(result->number("recomputation_error_probability").value()));
    EXPECT_GT(result->number("prompt_text_bits").value(), 0);
    EXPECT_EQ(result->cautions.size(), 2U);
}

TEST(Surprisal, RefusesRecordsOfOtherModelsAndWrongArguments)
{
    const auto pipeline = loadedPipeline("models/gemma-tiny");
    const auto record = answeredBy(*pipeline, test::questionAbout({"media/astronaut.png"}, "Hello", 1));
    const auto codeOf = [&](const RunRecord& changed, const AnalysisRequest& request) {
        const auto result = analysed(*pipeline, changed, request);
        return result ? ErrorCode::Internal : result.error().code;
    };
    RunRecord other = *record;
    other.settings["model_hash"] = "0000";
    EXPECT_EQ(codeOf(other, {"surprisal", {}}), ErrorCode::InvalidInput);
    other = *record;
    other.question.media.front().frames.clear();
    EXPECT_EQ(codeOf(other, {"surprisal", {}}), ErrorCode::InvalidInput);
    other = *record;
    other.question.turns.back().text = "Another question";
    EXPECT_EQ(codeOf(other, {"surprisal", {}}), ErrorCode::InvalidInput);
    EXPECT_EQ(codeOf(RunRecord(), {"surprisal", {}}), ErrorCode::InvalidInput);
    EXPECT_EQ(codeOf(*record, {"surprisal", {{"top", "0"}}}), ErrorCode::InvalidInput);
    EXPECT_EQ(codeOf(*record, {"surprisal", {{"scope", "some"}}}), ErrorCode::InvalidInput);
    EXPECT_EQ(codeOf(*record, {"surprisal-change", {}}), ErrorCode::InvalidInput);  // no world
}

TEST(Surprisal, Stops)
{
    const auto pipeline = loadedPipeline("models/gemma-tiny");
    const auto record = answeredBy(*pipeline, test::questionAbout({}, "Hello", 1));
    std::stop_source source;
    source.request_stop();
    const auto result = analysed(*pipeline, *record, {"surprisal", {}}, source.get_token());
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, ErrorCode::Cancelled);
}

// The direct computation: the same rows with zeros in the world's slots, or without them, in a pass of the test's own.
TEST(SurprisalChange, IsThatOfPassesWithAndWithoutTheWorld)
{
    const auto pipeline = loadedPipeline("", "models/theworld-tiny/spatial-linear");
    const auto record = answeredBy(*pipeline, test::worldQuestion("What will the red car do next?", 5));
    const language::LanguageModel& model = *pipeline->models().language;
    SilentObserver observer;
    const auto prompt = pipeline->prepare(record->question, observer, {});
    ASSERT_TRUE(prompt);
    ASSERT_TRUE(prompt->blocks.empty());  // causal, so that the test's passes need no blocks
    ASSERT_EQ(prompt->plan.worldRows.size(), 64U);
    std::vector<std::int64_t> answer;
    for (const TokenPiece& token : record->generated)
        answer.push_back(token.id);
    const at::Tensor embeds = at::cat({prompt->embeds, model.embed(answer)});
    std::vector<std::int64_t> targets;
    for (std::int64_t i = 0; i < record->layout->size(); ++i) {
        const TokenKind kind = record->layout->kinds[static_cast<std::size_t>(i)];
        targets.push_back(kind == TokenKind::Image || kind == TokenKind::World
                              ? -1
                              : record->layout->ids[static_cast<std::size_t>(i)]);
    }
    targets.insert(targets.end(), answer.begin(), answer.end());
    const std::int64_t used = prompt->plan.vocabularyRows;
    const std::vector<double> with = directBits(model, embeds, targets, used);

    at::Tensor zeroed = embeds.clone();
    std::vector<std::int64_t> kept;
    std::vector<std::int64_t> keptTargets;
    for (std::int64_t row = 0; row < embeds.size(0); ++row) {
        const bool isWorld =
            row < record->layout->size() && record->layout->kinds[static_cast<std::size_t>(row)] == TokenKind::World;
        if (isWorld) {
            zeroed[row].zero_();
            continue;
        }
        kept.push_back(row);
        keptTargets.push_back(targets[static_cast<std::size_t>(row)]);
    }
    const std::vector<double> without = directBits(model, zeroed, targets, used);
    const std::vector<double> removed =
        directBits(model, embeds.index_select(0, at::tensor(kept, at::kLong)), keptTargets, used);

    const auto byZeros = surprisalChange(*pipeline, *record, WorldAblation::Zeroed, observer, {});
    const auto byRemoval = surprisalChange(*pipeline, *record, WorldAblation::Removed, observer, {});
    ASSERT_TRUE(byZeros);
    ASSERT_TRUE(byRemoval);
    std::size_t scored = 0;
    for (std::size_t row = 1; row < targets.size(); ++row)
        scored += targets[row] >= 0 ? 1 : 0;
    ASSERT_EQ(byZeros->positions.size(), scored);
    ASSERT_EQ(byRemoval->positions.size(), scored);
    double most = 0;
    for (std::size_t i = 0; i < scored; ++i) {
        const auto position = static_cast<std::size_t>(byZeros->positions[i]);
        EXPECT_NEAR(byZeros->withBits[i], with[position], 1e-4);
        EXPECT_NEAR(byZeros->withoutBits[i], without[position], 1e-4);
        const auto at = std::find(kept.begin(), kept.end(), byRemoval->positions[i]) - kept.begin();
        EXPECT_NEAR(byRemoval->withoutBits[i], removed[static_cast<std::size_t>(at)], 1e-4);
        most = std::max(most, std::abs(byZeros->withoutBits[i] - byRemoval->withoutBits[i]));
    }
    EXPECT_GT(most, 1e-2) << "zeroing and removing must not be the same thing";

    const auto result = analysed(*pipeline, *record, {"surprisal-change", {}});
    ASSERT_TRUE(result) << result.error().message;
    EXPECT_EQ(result->request.arguments.at("without"), "zeroed");
    double total = 0;
    for (std::size_t i = 0; i < scored; ++i) {
        if (byZeros->positions[i] >= record->layout->size())
            total += byZeros->withoutBits[i] - byZeros->withBits[i];
    }
    EXPECT_NEAR(result->number("answer_change_bits").value(), total, 1e-6);
    EXPECT_LT(result->number("recomputation_error_probability").value(), 1e-5);
}

}  // namespace
}  // namespace armillary::study
