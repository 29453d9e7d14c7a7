#include "study/contribution_logit.h"

#include "engine/model_analyses.h"
#include "study/contribution_norms.h"
#include "support/study_fixture.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>

namespace armillary::study {
namespace {

using test::answeredBy;
using test::loadedPipeline;
using test::recorded;

// A run that keeps its attention maps, values and hidden states: the other side of every comparison, in float64.
class Contribution : public ::testing::Test {
protected:
    void ask(const std::string& model, const std::string& theWorld)
    {
        m_pipeline = loadedPipeline(model, theWorld);
        Question question = theWorld.empty()
                                ? test::questionAbout({"media/astronaut.png"}, "What is happening in this image?", 4)
                                : test::worldQuestion("What will the red car do next?", 4);
        question.capture.parts = {Capture::Hidden, Capture::Qkv, Capture::Attention, Capture::Logits};
        m_record = answeredBy(*m_pipeline, question);
    }
    [[nodiscard]] const language::LanguageModel& model() const { return *m_pipeline->models().language; }
    [[nodiscard]] at::Tensor part(const std::string& name, std::int64_t layer) const
    {
        return recorded(*m_record, fmt::format("{}.{}", name, layer)).to(at::kDouble);
    }
    // [S,H,D]: A_hj V_j W_O,h of row i, before any norm.
    [[nodiscard]] at::Tensor unscaled(std::int64_t layer, std::int64_t i) const
    {
        const at::Tensor attention = part("attention", layer);  // [H,n,n]
        const at::Tensor values = part("value", layer);         // [K,n,C]
        const at::Tensor weight = model().layer(layer).parts().output.weight().to(at::kDouble);
        const std::int64_t heads = attention.size(0);
        const std::int64_t width = values.size(2);
        at::Tensor out = at::zeros({attention.size(2), heads, weight.size(0)}, at::kDouble);
        for (std::int64_t head = 0; head < heads; ++head) {
            const at::Tensor value = values[head / (heads / values.size(0))];
            const at::Tensor slice = weight.slice(1, head * width, (head + 1) * width);  // [D,C]
            out.select(1, head).copy_(attention[head][i].unsqueeze(1) * at::matmul(value, slice.t()));
        }
        return out;
    }
    // The frozen scale of the norm behind attention.
    [[nodiscard]] at::Tensor scaleOf(std::int64_t layer, const at::Tensor& mixed) const
    {
        const nn::RmsNorm& norm = model().layer(layer).parts().postAttentionNorm;
        return norm.factor().to(at::kDouble) / (mixed.square().mean() + norm.epsilon()).sqrt();
    }

    std::unique_ptr<pipeline::QuestionPipeline> m_pipeline;
    std::shared_ptr<const RunRecord> m_record;
    SilentObserver m_observer;
};

TEST_F(Contribution, TermsAreThoseOfTheRecordedMapsAndAddUp)
{
    for (const bool hasWorld : {false, true}) {
        ask(hasWorld ? "" : "models/gemma-tiny", hasWorld ? "models/theworld-tiny/spatial-linear" : "");
        const std::int64_t layers = model().config().layerCount;
        for (const std::int64_t index : {0, 2}) {
            const auto found = directContribution(*m_pipeline, *m_record, index, -1, m_observer, {});
            ASSERT_TRUE(found) << found.error().message;
            const std::int64_t i = m_record->layout->size() - 1 + index;
            EXPECT_EQ(found->position, i);
            EXPECT_EQ(found->token, m_record->generated[static_cast<std::size_t>(index)].id);
            EXPECT_EQ(found->against, m_record->generated[static_cast<std::size_t>(index)].alternatives[1].first);
            const at::Tensor logits = recorded(*m_record, "logits")[index];
            EXPECT_NEAR(found->logitDifference, (logits[found->token] - logits[found->against]).item<double>(), 1e-3);
            EXPECT_LT(std::abs(found->closureError()), 1e-4 * std::max(1.0, std::abs(found->logitDifference)));
            EXPECT_LT(found->error, 1e-5);

            const at::Tensor normed = part("hidden", layers)[i];
            const at::Tensor factor = model().finalNorm().factor().to(at::kDouble);
            const at::Tensor words =
                (model().headTable()[found->token] - model().headTable()[found->against]).to(at::kDouble) * factor;
            const std::vector<Segment> segments = segmentsOf(*m_record);
            at::Tensor direction;
            {
                // The norm has taken the scale out of the recorded state, so the state before it comes from the last layer by hand.
                const std::int64_t l = layers - 1;
                const language::LayerParts parts = model().layer(l).parts();
                const at::Tensor mixed = unscaled(l, i).sum({0, 1});
                const at::Tensor middle = part("hidden", l)[i] + mixed * scaleOf(l, mixed);
                const at::Tensor fed = parts.preMlpNorm.forward(middle.to(at::kFloat).unsqueeze(0));
                const at::Tensor inner = at::gelu(parts.gate.forward(fed), "tanh") * parts.up.forward(fed);
                const at::Tensor last =
                    middle + parts.postMlpNorm.forward(parts.down.forward(inner)).squeeze(0).to(at::kDouble);
                const at::Tensor r = 1 / (last.square().mean() + model().config().normEpsilon).sqrt();
                EXPECT_TRUE(at::allclose(last * r * factor, normed, 1e-3, 1e-4));
                direction = words * r;
            }
            EXPECT_NEAR(found->embedding, part("hidden", 0)[i].dot(direction).item<double>(), 1e-3);
            at::Tensor perKey = at::zeros({m_record->layout->size() + 4}, at::kDouble);
            for (std::int64_t layer = 0; layer < layers; ++layer) {
                const at::Tensor vectors = unscaled(layer, i);  // [n,H,D]
                const at::Tensor mixed = vectors.sum({0, 1});
                const at::Tensor along = at::matmul(vectors, scaleOf(layer, mixed) * direction);  // [n,H]
                perKey.slice(0, 0, along.size(0)).add_(along.sum(1));
                for (std::size_t s = 0; s < segments.size(); ++s) {
                    const at::Tensor want = along.slice(0, segments[s].begin, segments[s].end).sum(0);
                    const at::Tensor got =
                        found->attention[layer].select(1, static_cast<std::int64_t>(s)).to(at::kDouble);
                    EXPECT_TRUE(at::allclose(got, want, 1e-3, 1e-4)) << layer << " " << segments[s].name << got << want;
                }
                if (layer + 1 == layers)
                    continue;
                const at::Tensor fed =
                    part("hidden", layer + 1)[i] - part("hidden", layer)[i] - mixed * scaleOf(layer, mixed);
                EXPECT_NEAR(found->mlp[layer].item<double>(), fed.dot(direction).item<double>(), 2e-3) << layer;
            }
            EXPECT_TRUE(at::allclose(found->perKey.to(at::kDouble), perKey, 1e-3, 2e-4));
        }
    }
}

TEST_F(Contribution, AgainstAGivenToken)
{
    ask("models/gemma-tiny", "");
    const auto found = directContribution(*m_pipeline, *m_record, 1, 7, m_observer, {});
    ASSERT_TRUE(found);
    const at::Tensor logits = recorded(*m_record, "logits")[1];
    EXPECT_EQ(found->against, 7);
    EXPECT_NEAR(found->sum, (logits[found->token] - logits[7]).item<double>(), 1e-3);
    const auto result = engine::analyse(*m_pipeline, *m_record,
                                        {"direct-contribution", {{"token", "1"}, {"against", "7"}}}, m_observer, {});
    ASSERT_TRUE(result) << result.error().message;
    double sum = 0;
    for (const auto& row : result->tables.front().rows)
        sum += std::get<double>(row[1]);
    EXPECT_NEAR(sum, result->number("logit_difference").value(), 1e-3);
    for (const auto& [name, value] :
         std::vector<std::pair<std::string, std::string>>{{"token", "4"},
                                                          {"against", "1088"},
                                                          {"against", std::to_string(found->token)}}) {
        std::map<std::string, std::string> arguments{{"token", "1"}};
        arguments[name] = value;
        const auto refused =
            engine::analyse(*m_pipeline, *m_record, {"direct-contribution", arguments}, m_observer, {});
        ASSERT_FALSE(refused) << name << " " << value;
        EXPECT_EQ(refused.error().code, ErrorCode::InvalidInput);
    }
}

TEST_F(Contribution, NormsAreThoseOfTheRecordedMaps)
{
    ask("models/gemma-tiny", "");
    // A text row, and an image row, whose block reaches past it.
    for (const std::int64_t i : {m_record->layout->size() + 1, std::int64_t{12}}) {
        const auto found = contributionNorms(*m_pipeline, *m_record, i, std::nullopt, m_observer, {});
        ASSERT_TRUE(found) << found.error().message;
        EXPECT_LT(found->error, 1e-5);
        const std::vector<Segment> segments = segmentsOf(*m_record);
        ASSERT_EQ(static_cast<std::int64_t>(found->layers.size()), model().config().layerCount);
        bool hasUnseen = false;
        for (const std::int64_t layer : found->layers) {
            const at::Tensor vectors = unscaled(layer, i).sum(1);  // [n,D]
            const at::Tensor scaled = vectors * scaleOf(layer, vectors.sum(0));
            const at::Tensor weights = part("attention", layer).select(1, i);  // [H,n]
            for (std::int64_t key = 0; key < scaled.size(0); ++key) {
                const double got = found->norms[layer][key].item<double>();
                if (weights[0][key].item<double>() == 0) {
                    EXPECT_TRUE(std::isnan(got)) << layer << " " << key;
                    hasUnseen = true;
                    continue;
                }
                EXPECT_NEAR(got, scaled[key].norm().item<double>(), 1e-4) << layer << " " << key;
                EXPECT_NEAR(found->attention[layer][key].item<double>(), weights.select(1, key).mean().item<double>(),
                            1e-5);
            }
            for (std::size_t s = 0; s < segments.size(); ++s)
                EXPECT_NEAR(found->segmentNorms[layer][static_cast<std::int64_t>(s)].item<double>(),
                            scaled.slice(0, segments[s].begin, segments[s].end).sum(0).norm().item<double>(), 1e-4);
        }
        EXPECT_TRUE(hasUnseen);
    }
    const auto result =
        engine::analyse(*m_pipeline, *m_record, {"value-weighted-attention", {{"layer", "5"}}}, m_observer, {});
    ASSERT_TRUE(result) << result.error().message;
    double shares = 0;
    double mass = 0;
    for (const auto& row : result->tables.front().rows) {
        shares += std::get<double>(row[3]);
        mass += std::get<double>(row[4]);
    }
    EXPECT_NEAR(shares, 1, 1e-5);
    EXPECT_NEAR(mass, 1, 1e-5);
    EXPECT_FALSE(
        engine::analyse(*m_pipeline, *m_record, {"value-weighted-attention", {{"layer", "7"}}}, m_observer, {}));
    EXPECT_FALSE(
        engine::analyse(*m_pipeline, *m_record, {"value-weighted-attention", {{"position", "99999"}}}, m_observer, {}));
}

TEST_F(Contribution, StopsBetweenLayers)
{
    ask("models/gemma-tiny", "");
    // Stops when the pass is through and the first layer is taken apart.
    struct StopAt final : RunObserver {
        std::stop_source source;
        void onStage(std::string_view name, std::int64_t done, std::int64_t) override
        {
            if ((name == "Contributions" || name == "Value-weighted attention") && done == 1)
                source.request_stop();
        }
    };
    StopAt first;
    const auto terms = directContribution(*m_pipeline, *m_record, 0, -1, first, first.source.get_token());
    ASSERT_FALSE(terms);
    EXPECT_EQ(terms.error().code, ErrorCode::Cancelled);
    StopAt second;
    const auto norms = contributionNorms(*m_pipeline, *m_record, 3, std::nullopt, second, second.source.get_token());
    ASSERT_FALSE(norms);
    EXPECT_EQ(norms.error().code, ErrorCode::Cancelled);
}

}  // namespace
}  // namespace armillary::study
