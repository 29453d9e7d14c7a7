#include "study/relevancy.h"

#include "engine/model_analyses.h"
#include "language/decoder_backward.h"
#include "support/derived_models.h"
#include "support/reference_gemma.h"
#include "support/study_fixture.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace armillary::study {
namespace {

using test::answeredBy;
using test::loadedPipeline;
using test::wide;

// The model in float64 with whole attention maps, through LibTorch's own gradients: the formulas of the papers as they stand.
struct Reference {
    std::vector<at::Tensor> maps;  // [L] of [H,S,S] with their gradients
    at::Tensor embeds;             // [S,D] with its gradient
    at::Tensor logits;             // [used] of row `position`
};

Reference referenceOf(const language::LanguageModel& model, const ForcedSequence& sequence, std::int64_t position)
{
    const std::int64_t length = sequence.rows();
    const at::Tensor embeds = wide(sequence.embeds).clone().set_requires_grad(true);
    Reference out{{}, embeds, {}};
    at::Tensor x = embeds;
    for (std::int64_t layer = 0; layer < model.config().layerCount; ++layer) {
        const nn::AttentionMask mask{model.config().isGlobal(layer) ? 0 : model.config().slidingWindow,
                                     sequence.blocks};
        out.maps.emplace_back();
        x = test::referenceLayer(model.layer(layer), mask, model.rotary(layer, 0, length), x, out.maps.back());
    }
    const std::int64_t table = model.headTable().size(0);
    const std::int64_t used = sequence.vocabularyRows > 0 ? std::min(table, sequence.vocabularyRows) : table;
    out.logits =
        at::matmul(wide(model.headTable().narrow(0, 0, used)), test::referenceNorm(model.finalNorm(), x)[position]);
    return out;
}

// R of all positions, as published: from the bottom layer up, then the row.
at::Tensor relevancyRow(const Reference& reference, std::int64_t position)
{
    const std::int64_t length = reference.embeds.size(0);
    at::Tensor r = at::eye(length, at::kDouble);
    for (const at::Tensor& map : reference.maps)
        r = r + at::matmul((map.grad() * map.detach()).clamp_min(0).mean(0), r);
    return r[position] - at::eye(length, at::kDouble)[position];
}

struct Case {
    const char* name;
    const char* model;
    const char* theWorld;
    RelevancyTarget target;
    std::int64_t index;
};

class RelevancyOf : public ::testing::TestWithParam<Case> {};

TEST_P(RelevancyOf, IsThatOfTheWholeMatrices)
{
    const Case given = GetParam();
    const auto pipeline = loadedPipeline(given.model, given.theWorld);
    const bool hasWorld = std::string(given.theWorld) != "";
    Question question = hasWorld ? test::worldQuestion("What will the red car do next?", 4)
                                 : test::questionAbout({"media/astronaut.png"}, "What is happening in this image?", 4);
    if (hasWorld)
        question.imageAttention = ImageAttention::Bidirectional;
    const auto record = answeredBy(*pipeline, question);
    SilentObserver observer;
    const language::LanguageModel& model = *pipeline->models().language;
    const auto found = relevancy(*pipeline, *record, {given.index, given.target, -1}, observer, {});
    ASSERT_TRUE(found) << found.error().message;
    ASSERT_EQ(found->position, record->layout->size() - 1 + given.index);

    const auto sequence = forcedSequence(*pipeline, *record, observer, {});
    ASSERT_TRUE(sequence);
    ASSERT_FALSE(sequence->blocks.empty());
    const Reference reference = referenceOf(model, *sequence, found->position);
    const std::int64_t token = record->generated[static_cast<std::size_t>(given.index)].id;
    const std::int64_t second = record->generated[static_cast<std::size_t>(given.index)].alternatives[1].first;
    at::Tensor value = reference.logits[token];
    if (given.target == RelevancyTarget::Difference) {
        EXPECT_EQ(found->against, second);
        value = value - reference.logits[second];
    } else if (given.target == RelevancyTarget::LogProbability) {
        value = at::log_softmax(reference.logits, 0)[token];
    }
    value.backward();
    EXPECT_EQ(found->token, token);
    EXPECT_NEAR(found->value, value.item<double>(), 1e-3);
    EXPECT_LT(found->run.probability, 1e-5);
    EXPECT_LT(found->error, 1e-5);
    EXPECT_LT(found->attentionError, 1e-5);

    const at::Tensor gradient = reference.embeds.grad();
    const std::int64_t rows = found->inputGradient.size(0);
    const double largest = gradient.abs().max().item<double>();
    EXPECT_GT(largest, 0);
    EXPECT_LT((wide(found->inputGradient) - gradient.narrow(0, 0, rows)).abs().max().item<double>(), 1e-4 * largest);
    EXPECT_EQ(gradient.slice(0, rows).abs().sum().item<double>(), 0);  // later rows cannot matter

    const at::Tensor want = relevancyRow(reference, found->position);
    const double most = want.abs().max().item<double>();
    EXPECT_GT(most, 0);
    EXPECT_LT((wide(found->relevance) - want).abs().max().item<double>(), 1e-4 * most);
    EXPECT_TRUE(at::allclose(found->byLayer.sum(0), found->relevance, 1e-4, 1e-6 * most));
}

INSTANTIATE_TEST_SUITE_P(
    Models, RelevancyOf,
    ::testing::Values(Case{"Picture", "models/gemma-tiny", "", RelevancyTarget::Logit, 0},
                      Case{"PictureLater", "models/gemma-tiny", "", RelevancyTarget::Difference, 3},
                      Case{"World", "", "models/theworld-tiny/spatial-linear", RelevancyTarget::LogProbability, 1},
                      Case{"WorldDifference", "", "models/theworld-tiny/spatial-mlp", RelevancyTarget::Difference, 0}),
    [](const auto& info) { return info.param.name; });

// The bfloat16 snapshot, whose weights the engine leaves in bfloat16 under float32 activations.
TEST(Relevancy, WidensBfloat16Weights)
{
    SilentObserver observer;
    auto models = pipeline::loadModels({test::derivedModelPath("gemma-tiny-bf16"), "", ""},
                                       {"cpu", NumberFormat::BFloat16, NumberFormat::Float32}, observer, {});
    ASSERT_TRUE(models) << models.error().message;
    pipeline::QuestionPipeline pipeline{std::shared_ptr<const pipeline::LoadedModels>(std::move(*models))};
    const language::LanguageModel& model = *pipeline.models().language;
    ASSERT_EQ(model.headTable().scalar_type(), at::kBFloat16);
    const auto record = answeredBy(pipeline, test::questionAbout({}, "A red car drives along the road", 2));
    const auto found = relevancy(pipeline, *record, {0, RelevancyTarget::LogProbability, -1}, observer, {});
    ASSERT_TRUE(found) << found.error().message;
    const auto sequence = forcedSequence(pipeline, *record, observer, {});
    ASSERT_TRUE(sequence);
    const Reference reference = referenceOf(model, *sequence, found->position);
    at::log_softmax(reference.logits, 0)[found->token].backward();
    const at::Tensor want = relevancyRow(reference, found->position);
    EXPECT_LT((wide(found->relevance) - want).abs().max().item<double>(), 1e-3 * want.abs().max().item<double>());
    const at::Tensor gradient = reference.embeds.grad().narrow(0, 0, found->inputGradient.size(0));
    EXPECT_LT((wide(found->inputGradient) - gradient).abs().max().item<double>(),
              1e-3 * gradient.abs().max().item<double>());
}

TEST(Relevancy, GivesSegmentsAndRefusesWhatIsNotThere)
{
    const auto pipeline = loadedPipeline("", "models/theworld-tiny/spatial-linear");
    const auto record = answeredBy(*pipeline, test::worldQuestion("What will the red car do next?", 2));
    SilentObserver observer;
    const auto ask = [&](std::map<std::string, std::string> arguments, const std::stop_token& stop = {}) {
        return engine::analyse(*pipeline, *record, {"relevancy", std::move(arguments)}, observer, stop);
    };
    const auto result = ask({{"target", "difference"}});
    ASSERT_TRUE(result) << result.error().message;
    double shares = 0;
    bool hasWorld = false;
    for (const auto& row : result->tables.front().rows) {
        shares += std::get<double>(row[2]);
        hasWorld = hasWorld || std::get<std::string>(row[0]).starts_with("world [");
    }
    EXPECT_TRUE(hasWorld);
    EXPECT_NEAR(shares, 1, 1e-5);
    EXPECT_TRUE(result->number("against").has_value());
    for (const std::map<std::string, std::string>& wrong :
         std::vector<std::map<std::string, std::string>>{{{"token", "2"}},
                                                         {{"target", "gradient"}},
                                                         {{"target", "difference"}, {"against", "1000000"}}}) {
        const auto refused = ask(wrong);
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().code, ErrorCode::InvalidInput);
    }
    std::stop_source source;
    source.request_stop();
    const auto stopped = ask({}, source.get_token());
    ASSERT_FALSE(stopped);
    EXPECT_EQ(stopped.error().code, ErrorCode::Cancelled);
}

// As the engine runs it: weights and activations that LibTorch keeps no gradients of.
TEST(Relevancy, IsTheSameInInferenceMode)
{
    const auto once = [] {
        const auto pipeline = loadedPipeline("models/gemma-tiny");
        const auto record = answeredBy(*pipeline, test::questionAbout({}, "Hello there", 2));
        SilentObserver observer;
        return relevancy(*pipeline, *record, {1, RelevancyTarget::Logit, -1}, observer, {}).value().relevance;
    };
    at::Tensor guarded;
    {
        const c10::InferenceMode mode;
        guarded = once();
    }
    EXPECT_GT(guarded.sum().item<double>(), 0);
    EXPECT_TRUE(at::allclose(once(), guarded, 1e-5, 1e-7));
}

TEST(Relevancy, StopsBetweenTiles)
{
    const auto pipeline = loadedPipeline("models/gemma-tiny");
    const auto record = answeredBy(*pipeline, test::questionAbout({}, "Hello there", 1));
    struct StopAt final : RunObserver {
        std::stop_source source;
        void onStage(std::string_view name, std::int64_t done, std::int64_t) override
        {
            if (name == "Relevancy" && done == 2)
                source.request_stop();
        }
    };
    StopAt observer;
    const auto stopped = relevancy(*pipeline, *record, {}, observer, observer.source.get_token());
    ASSERT_FALSE(stopped);
    EXPECT_EQ(stopped.error().code, ErrorCode::Cancelled);
}

}  // namespace
}  // namespace armillary::study
