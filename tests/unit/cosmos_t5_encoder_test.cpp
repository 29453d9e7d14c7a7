#include "cosmos/t5_encoder.h"

#include "support/test_data.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace armillary::cosmos {
namespace {

using ::testing::HasSubstr;

io::ModelFolder encoderFolder()
{
    return *io::openModelFolder(test::dataPath("models/cosmos-tiny/text_encoder"));
}

class StopAtLayer final : public RunObserver {
public:
    explicit StopAtLayer(std::int64_t layer) : m_layer(layer) {}
    void onStage(std::string_view name, std::int64_t done, std::int64_t total) override
    {
        EXPECT_EQ(name, "Text encoder");
        EXPECT_EQ(total, 3);
        last = done;
        if (done == m_layer)
            stop.request_stop();
    }
    std::int64_t last = 0;
    std::stop_source stop;

private:
    std::int64_t m_layer;
};

TEST(T5Encoder, StopsBetweenLayers)
{
    const auto encoder = *T5Encoder::load(encoderFolder(), at::kCPU, at::kFloat);
    StopAtLayer observer(1);
    const auto rows = encoder->encodePrompt({{5, 1, 0, 0}, 2}, observer, observer.stop.get_token());
    ASSERT_FALSE(rows);
    EXPECT_EQ(rows.error().code, ErrorCode::Cancelled);
    EXPECT_EQ(observer.last, 1);
}

TEST(T5Encoder, PadsWithZeroRows)
{
    const auto encoder = *T5Encoder::load(encoderFolder(), at::kCPU, at::kFloat);
    SilentObserver observer;
    const auto rows = encoder->encodePrompt({{5, 9, 1, 0, 0, 0}, 3}, observer, {});
    ASSERT_TRUE(rows);
    EXPECT_EQ(rows->sizes(), (at::IntArrayRef{6, 32}));
    EXPECT_EQ(rows->narrow(0, 3, 3).abs().max().item<float>(), 0);
    EXPECT_GT(rows->narrow(0, 0, 3).abs().amin().item<float>(), 0);
}

TEST(T5Encoder, TokensBeyondTheVocabularyAreNamed)
{
    const auto encoder = *T5Encoder::load(encoderFolder(), at::kCPU, at::kFloat);
    tensors::NoTaps taps;
    SilentObserver observer;
    EXPECT_THAT(encoder->encode({5, 480, 1}, taps, observer, {}).error().message, HasSubstr("token 480"));
    EXPECT_EQ(encoder->encode({}, taps, observer, {}).error().code, ErrorCode::ModelMismatch);
}

TEST(T5Encoder, WeightsThatDoNotFitAreNamed)
{
    io::ModelFolder folder = encoderFolder();
    folder.config["feed_forward_proj"] = "gated-gelu";
    EXPECT_THAT(T5Encoder::load(folder, at::kCPU, at::kFloat).error().message, HasSubstr("DenseReluDense.wi_0"));
    folder = encoderFolder();
    folder.config["d_model"] = 48;
    const auto wide = T5Encoder::load(folder, at::kCPU, at::kFloat);
    ASSERT_FALSE(wide);
    EXPECT_EQ(wide.error().code, ErrorCode::ModelMismatch);
    EXPECT_THAT(wide.error().message, HasSubstr("shared.weight"));
}

}  // namespace
}  // namespace armillary::cosmos
