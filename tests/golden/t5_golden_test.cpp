// The text encoder against transformers' T5EncoderModel and the pipeline's padding.

#include "cosmos/t5_encoder.h"
#include "support/golden_case.h"
#include "support/test_data.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace armillary::cosmos {
namespace {

using test::GoldenCase;
using test::matches;

class HiddenTaps final : public tensors::TapSink {
public:
    [[nodiscard]] bool wants(tensors::TapPoint point, int) const override { return point == tensors::TapPoint::Hidden; }
    void take(tensors::TapPoint, int layer, const at::Tensor& tensor) override { hidden[layer] = tensor.clone(); }
    std::map<int, at::Tensor> hidden;
};

std::unique_ptr<T5Encoder> loaded(const std::string& model)
{
    const auto folder = io::openModelFolder(test::dataPath(model));
    EXPECT_TRUE(folder) << folder.error().message;
    auto encoder = T5Encoder::load(*folder, at::kCPU, at::kFloat);
    EXPECT_TRUE(encoder) << encoder.error().message;
    return std::move(*encoder);
}

std::vector<std::int64_t> idsOf(const at::Tensor& ids)
{
    const at::Tensor flat = ids.contiguous();
    return {flat.const_data_ptr<std::int64_t>(), flat.const_data_ptr<std::int64_t>() + flat.numel()};
}

class T5Case : public ::testing::TestWithParam<std::pair<std::string, std::string>> {};

TEST_P(T5Case, EveryHiddenStateIsTheReferences)
{
    const GoldenCase golden = GoldenCase::open("cases/cosmos/" + GetParam().first);
    const auto encoder = loaded(GetParam().second);
    HiddenTaps taps;
    SilentObserver observer;
    const auto rows = encoder->encode(idsOf(golden.tensor("input_ids")), taps, observer, {});
    ASSERT_TRUE(rows) << rows.error().message;
    ASSERT_EQ(taps.hidden.size(), 4U);
    for (const auto& [layer, hidden] : taps.hidden)
        EXPECT_TRUE(matches(golden, "hidden." + std::to_string(layer), hidden)) << layer;
    EXPECT_TRUE(at::equal(*rows, taps.hidden.at(3)));
}

INSTANTIATE_TEST_SUITE_P(Golden, T5Case,
                         ::testing::Values(std::pair("t5", "models/cosmos-tiny/text_encoder"),
                                           std::pair("t5_gated", "models/t5-tiny-gated")));

TEST(T5Golden, BucketsAndTheirBiasAreTheReferences)
{
    const GoldenCase golden = GoldenCase::open("cases/cosmos/t5");
    const auto encoder = loaded("models/cosmos-tiny/text_encoder");
    EXPECT_TRUE(matches(golden, "buckets", relativeBuckets(at::arange(-200, 201, at::kLong), encoder->config())));
    EXPECT_TRUE(matches(golden, "position_bias", encoder->positionBias(25)));
}

TEST(T5Golden, PaddedPromptsAreZeroBeyondTheirText)
{
    const GoldenCase golden = GoldenCase::open("cases/cosmos/t5");
    const auto encoder = loaded("models/cosmos-tiny/text_encoder");
    const at::Tensor ids = golden.tensor("padded.input_ids");
    const at::Tensor counts = golden.tensor("padded.attention_mask").sum(1);
    std::vector<at::Tensor> rows;
    SilentObserver observer;
    for (std::int64_t i = 0; i < ids.size(0); ++i) {
        const auto prompt = encoder->encodePrompt({idsOf(ids[i]), counts[i].item<std::int64_t>()}, observer, {});
        ASSERT_TRUE(prompt) << prompt.error().message;
        rows.push_back(*prompt);
    }
    EXPECT_TRUE(matches(golden, "padded.embeds", at::stack(rows)));
}

}  // namespace
}  // namespace armillary::cosmos
