// The recipe "Add a model family" of ARCHITECTURE.md, followed once more from step 5 on: a family of one small square picture, its own
// prompt and picture tokens that see each other, on the weights of the tiny nanoVLM. Nothing else is written for it: the path of
// a question, records and analyses are the program's own.
#include "engine/model_analyses.h"
#include "inspect/model_inputs.h"
#include "picture/resize.h"
#include "study/forced_pass.h"
#include "support/study_fixture.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

namespace armillary::test {
namespace {

constexpr int kPixels = 64;
constexpr int kSide = 2;  // image tokens of a picture's side
constexpr std::int64_t kImageId = 600;

class CardPlanner final : public pipeline::PromptPlanner {
public:
    explicit CardPlanner(std::shared_ptr<const text::Tokenizer> tokenizer) : m_tokenizer(std::move(tokenizer)) {}

    [[nodiscard]] Result<pipeline::PictureInput> cuts(int, int, bool) const override
    {
        return pipeline::PictureInput{{}, {PixelBox{0, 0, 1, 1}}, {}};
    }

    [[nodiscard]] Result<fusion::PromptPlan> planPrompt(const Question& question, FusionOption,
                                                        const std::vector<pipeline::ShownPicture>& pictures,
                                                        const fusion::WorldGrid&, const fusion::WorldTokenNames&,
                                                        std::int64_t) const override
    {
        fusion::PromptPlan plan;
        auto layout = std::make_shared<TokenLayout>();
        const auto add = [&](std::int64_t id, TokenKind kind, const TokenOrigin& origin) {
            layout->ids.push_back(id);
            layout->kinds.push_back(kind);
            layout->origins.push_back(origin);
            layout->pieces.push_back(m_tokenizer->piece(id));
        };
        for (const pipeline::ShownPicture& picture : pictures) {
            plan.imageBlocks.push_back({layout->size(), layout->size() + kSide * kSide});
            for (int i = 0; i < kSide * kSide; ++i) {
                plan.imageRows.push_back(layout->size());
                add(kImageId, TokenKind::Image, {picture.media, 0, -1, i / kSide, i % kSide});
            }
            layout->grids.push_back({picture.media, 0, TokenKind::Image, kSide, kSide});
        }
        for (const std::int64_t id : m_tokenizer->encode(question.turns.back().text + "<|im_end|>"))
            add(id, m_tokenizer->isControl(id) ? TokenKind::Control : TokenKind::Text, {});
        plan.rendered = question.turns.back().text;
        plan.layout = std::move(layout);
        return plan;
    }

    [[nodiscard]] std::string turnMark() const override { return "<|im_end|>"; }

private:
    std::shared_ptr<const text::Tokenizer> m_tokenizer;
};

class CardFamily final : public pipeline::ModelFamily {
public:
    explicit CardFamily(std::shared_ptr<const text::Tokenizer> tokenizer) : m_tokenizer(std::move(tokenizer)) {}

    [[nodiscard]] std::string title() const override { return "Card"; }
    [[nodiscard]] Result<pipeline::PictureInput> pictureInput(const Image& image, bool) const override
    {
        const Image small = picture::resize(image, kPixels, kPixels, picture::ResizeFilter::Bilinear);
        at::Tensor levels = at::empty({kPixels, kPixels, 3}, at::kByte);
        std::memcpy(levels.mutable_data_ptr<std::uint8_t>(), small.rgb().data(), small.rgb().size());
        const at::Tensor values = (levels.permute({2, 0, 1}).to(at::kFloat) / 255 - 0.5) / 0.5;
        return pipeline::PictureInput{values.unsqueeze(0).contiguous(), {PixelBox{0, 0, 1, 1}}, {}};
    }
    [[nodiscard]] inspect::PixelScale pixelScale() const override
    {
        inspect::PixelScale scale;
        scale.mean.fill(0.5);
        scale.deviation.fill(0.5);
        return scale;
    }
    // Means of 2 x 2 patches, filled up to the language model's width.
    [[nodiscard]] at::Tensor imageTokens(const at::Tensor& patches, tensors::TapSink&) const override
    {
        const at::Tensor pooled = at::avg_pool2d(patches.transpose(1, 2).unflatten(2, {4, 4}), {2, 2});
        return at::constant_pad_nd(pooled.flatten(2).transpose(1, 2), {0, 16});
    }
    [[nodiscard]] std::int64_t tokensPerCrop() const override { return kSide * kSide; }
    [[nodiscard]] std::int64_t imageTokenId() const override { return kImageId; }
    [[nodiscard]] const std::vector<std::int64_t>& stopIds() const override { return m_stopIds; }
    [[nodiscard]] ImageAttention usualAttention(FusionOption) const override { return ImageAttention::Bidirectional; }
    [[nodiscard]] std::shared_ptr<const pipeline::PromptPlanner> planner() const override
    {
        return std::make_shared<CardPlanner>(m_tokenizer);
    }
    [[nodiscard]] bool takesWorlds() const override { return false; }
    [[nodiscard]] std::vector<std::pair<std::string, std::string>> facts() const override { return {}; }

private:
    std::shared_ptr<const text::Tokenizer> m_tokenizer;
    std::vector<std::int64_t> m_stopIds{2};
};

class ThirdFamily : public testing::Test {
protected:
    void SetUp() override
    {
        SilentObserver observer;
        auto models = pipeline::loadModels({dataPath("models/nanovlm-tiny"), "", ""}, {"cpu", NumberFormat::Float32},
                                           observer, {});
        ASSERT_TRUE(models) << models.error().message;
        (*models)->family = std::make_unique<CardFamily>((*models)->tokenizer);
        m_pipeline = std::make_unique<pipeline::QuestionPipeline>(
            std::shared_ptr<const pipeline::LoadedModels>(std::move(*models)));
    }

    std::unique_ptr<pipeline::QuestionPipeline> m_pipeline;
};

TEST_F(ThirdFamily, AnswersAndLeavesARecord)
{
    Question question = questionAbout({"media/astronaut.png"}, "Who is this?");
    const auto record = answeredBy(*m_pipeline, question);
    EXPECT_EQ(record->layout->count(TokenKind::Image), 4);
    EXPECT_EQ(record->generated.size(), 4u);
    EXPECT_THAT(record->bidirectionalBlocks, testing::ElementsAre(PositionBlock{0, 4}));
    EXPECT_DOUBLE_EQ(record->layout->boxFromToken(3).top, 0.5);
    EXPECT_EQ(inspect::modelInputs(*record).size(), 1u);
    question.turns.back().text = "And where?";
    const auto second = answeredBy(*m_pipeline, question);
    EXPECT_EQ(second->cost.reusedTokens, 4) << "the picture is not computed again";
}

TEST_F(ThirdFamily, AnalysesReadIt)
{
    const auto record = answeredBy(*m_pipeline, questionAbout({"media/astronaut.png"}, "Who is this?"));
    SilentObserver observer;
    for (const char* name : {"surprisal", "logit-lens", "relevancy", "value-weighted-attention", "nearest-words",
                             "vision-attention", "knock-out", "verify"}) {
        AnalysisRequest request;
        request.name = name;
        const auto result = engine::analyse(*m_pipeline, *record, request, observer, {});
        ASSERT_TRUE(result) << name << ": " << result.error().message;
        for (const AnalysisNumber& number : result->numbers) {
            if (number.name.starts_with("recomputation_error")) {
                EXPECT_LT(number.value, 1e-4) << name << ": " << number.name;
            }
        }
    }
}

}  // namespace
}  // namespace armillary::test
