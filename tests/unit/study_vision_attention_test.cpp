#include "study/vision_attention.h"

#include "engine/model_analyses.h"
#include "support/golden_case.h"
#include "support/study_fixture.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstddef>
#include <utility>
#include <vector>

namespace armillary::study {
namespace {

using test::answeredBy;
using test::GoldenCase;
using test::loadedPipeline;

constexpr std::int64_t kSide = 8;  // patches a side of the tiny tower, pooled to 4 x 4 tokens

// Large enough for pan and scan to cut crops out of it.
Image threeTimesLarger(const Image& small)
{
    const int height = small.height() * 3;
    const int width = small.width() * 3;
    std::vector<std::uint8_t> rgb;
    rgb.reserve(static_cast<std::size_t>(height) * static_cast<std::size_t>(width) * 3);
    for (int row = 0; row < height; ++row) {
        for (int column = 0; column < width; ++column) {
            const auto from = static_cast<std::size_t>(row / 3 * small.width() + column / 3) * 3;
            rgb.insert(rgb.end(), small.rgb().begin() + static_cast<std::ptrdiff_t>(from),
                       small.rgb().begin() + static_cast<std::ptrdiff_t>(from + 3));
        }
    }
    return {height, width, std::move(rgb)};
}

class VisionAttentionOf : public ::testing::Test {
protected:
    // The reference's map of all heads: [heads,P,P].
    [[nodiscard]] at::Tensor map(std::int64_t layer) const
    {
        return m_golden.tensor(fmt::format("vision.attention.{}", layer)).squeeze(0).to(at::kDouble);
    }
    [[nodiscard]] static ::testing::AssertionResult near(const at::Tensor& got, const at::Tensor& want)
    {
        return test::matches(want, got.to(at::kDouble), {1e-4, 1e-6, false});
    }
    Result<VisionAttention> ask(const VisionAttentionRequest& request)
    {
        return visionAttention(*m_pipeline, *m_record, request, m_observer, {});
    }

    std::unique_ptr<pipeline::QuestionPipeline> m_pipeline = loadedPipeline("models/gemma-tiny");
    std::shared_ptr<const RunRecord> m_record =
        answeredBy(*m_pipeline, test::questionAbout({"media/astronaut.png"}, "What is happening in this image?", 1));
    GoldenCase m_golden = GoldenCase::open("cases/gemma/image_text");
    SilentObserver m_observer;
};

TEST_F(VisionAttentionOf, OneHeadIsTheReferences)
{
    for (const std::int64_t layer : {0, 1}) {
        for (const std::int64_t head : {0, 3}) {
            VisionAttentionRequest request;
            request.layer = layer;
            request.head = head;
            request.row = 2;
            request.column = 5;
            request.blockRows = layer == 0 ? 0 : 7;  // blocks that do not divide the patches
            const auto found = ask(request);
            ASSERT_TRUE(found) << found.error().message;
            const at::Tensor want = map(layer)[head];  // [P,P]
            EXPECT_TRUE(near(found->map, want[2 * kSide + 5].view({kSide, kSide})));
            EXPECT_TRUE(near(found->received, want.mean(0).view({kSide, kSide})));
            EXPECT_TRUE(near(found->entropyBits, -(want * want.log2()).sum(1).view({kSide, kSide})));
            EXPECT_LT(found->error, 1e-5);
            EXPECT_FALSE(found->runError.has_value());
        }
    }
}

TEST_F(VisionAttentionOf, AllHeadsAndAnImageTokenAsQuery)
{
    VisionAttentionRequest request;
    request.layer = 1;
    request.byToken = true;
    request.row = 1;
    request.column = 3;
    const auto found = ask(request);
    ASSERT_TRUE(found) << found.error().message;
    const at::Tensor mean = map(1).mean(0);
    // Token (1,3) is pooled from patches of rows 2, 3 and columns 6, 7.
    const at::Tensor row = (mean[22] + mean[23] + mean[30] + mean[31]) / 4;
    EXPECT_TRUE(near(found->map, row.view({kSide, kSide})));
    EXPECT_TRUE(near(found->tokenMap, row.view({4, 2, 4, 2}).sum({1, 3})));
    EXPECT_NEAR(found->tokenMap.sum().item<double>(), 1, 1e-5);
    ASSERT_EQ(found->heads.size(), 4U);
    for (std::int64_t head = 0; head < 4; ++head) {
        const at::Tensor want = map(1)[head];
        EXPECT_NEAR(found->headEntropyBits[head].item<double>(), -(want * want.log2()).sum(1).mean().item<double>(),
                    1e-4);
        EXPECT_NEAR(found->headReceived[head].item<double>(), want.mean(0).max().item<double>(), 1e-5);
    }
}

TEST_F(VisionAttentionOf, SaysHowFarTheTowerIsFromTheRun)
{
    Question question = m_record->question;
    question.capture.parts = {Capture::Vision};
    RunRecord record = *answeredBy(*m_pipeline, question);
    const auto same = visionAttention(*m_pipeline, record, {}, m_observer, {});
    ASSERT_TRUE(same);
    ASSERT_TRUE(same->runError.has_value());
    EXPECT_EQ(*same->runError, 0);
    const at::Tensor other = test::recorded(record, "siglip.0.last_hidden_state") + 0.5;
    record.tensors["siglip.0.last_hidden_state"] = tensors::snapshotFromTensor(other);
    const auto moved = visionAttention(*m_pipeline, record, {}, m_observer, {});
    ASSERT_TRUE(moved);
    EXPECT_NEAR(*moved->runError, 0.5, 1e-5);
}

TEST_F(VisionAttentionOf, SeesTheCropThatIsAskedFor)
{
    Question question = test::questionAbout({"media/wide.png"}, "What is this?", 1);
    question.media.front().frames.front() = threeTimesLarger(question.media.front().frames.front());
    question.panAndScan = true;
    question.capture.parts = {Capture::Vision};
    const auto record = answeredBy(*m_pipeline, question);
    const std::int64_t crops = test::recorded(*record, "siglip.0.last_hidden_state").size(0);
    ASSERT_GT(crops, 1);
    VisionAttentionRequest request;
    request.crop = crops - 1;
    const auto found = visionAttention(*m_pipeline, *record, request, m_observer, {});
    ASSERT_TRUE(found) << found.error().message;
    EXPECT_LT(found->runError.value(), 1e-5);
    request.crop = crops;
    EXPECT_FALSE(visionAttention(*m_pipeline, *record, request, m_observer, {}));
}

TEST_F(VisionAttentionOf, GivesArraysAndRefusesWhatIsNotThere)
{
    const auto analysed = [&](std::map<std::string, std::string> arguments, const std::stop_token& stop = {}) {
        return engine::analyse(*m_pipeline, *m_record, {"vision-attention", std::move(arguments)}, m_observer, stop);
    };
    const auto plain = analysed({});
    ASSERT_TRUE(plain) << plain.error().message;
    EXPECT_FALSE(plain->arrays.contains("map"));
    EXPECT_EQ(plain->arrays.at("received").values.shape, (std::vector<std::int64_t>{kSide, kSide}));
    EXPECT_NEAR(plain->number("uniform_entropy_bits").value(), 6, 1e-9);
    EXPECT_LT(plain->number("mean_entropy_bits").value(), 6);
    EXPECT_EQ(plain->tables.front().rows.size(), 4U);
    EXPECT_TRUE(analysed({{"row", "7"}, {"column", "7"}})->arrays.contains("map"));
    for (const std::map<std::string, std::string>& wrong :
         std::vector<std::map<std::string, std::string>>{{{"media", "1"}},
                                                         {{"crop", "1"}},
                                                         {{"layer", "2"}},
                                                         {{"head", "4"}},
                                                         {{"row", "8"}, {"column", "0"}},
                                                         {{"row", "1"}},
                                                         {{"query", "token"}, {"row", "4"}, {"column", "0"}},
                                                         {{"query", "pixel"}}}) {
        const auto refused = analysed(wrong);
        ASSERT_FALSE(refused) << wrong.begin()->first;
        EXPECT_EQ(refused.error().code, ErrorCode::InvalidInput);
    }
    std::stop_source source;
    source.request_stop();
    const auto stopped = analysed({}, source.get_token());
    ASSERT_FALSE(stopped);
    EXPECT_EQ(stopped.error().code, ErrorCode::Cancelled);
}

}  // namespace
}  // namespace armillary::study
