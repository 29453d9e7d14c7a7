// The diffusion transformer against diffusers' CosmosTransformer3DModel.

#include "cosmos/world_transformer.h"
#include "support/golden_case.h"
#include "support/test_data.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>

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

class TransformerGolden : public ::testing::Test {
protected:
    void SetUp() override
    {
        const auto folder = io::openModelFolder(test::dataPath("models/cosmos-tiny/transformer"));
        ASSERT_TRUE(folder) << folder.error().message;
        auto loaded = WorldTransformer::load(*folder, at::kCPU, at::kFloat);
        ASSERT_TRUE(loaded) << loaded.error().message;
        transformer = std::move(*loaded);
    }

    at::Tensor output(std::optional<double> framesPerSecond, tensors::TapSink& taps) const
    {
        const TextKeys text = transformer->prepareText(golden.tensor("encoder_hidden_states").squeeze(0));
        const auto conditionFrames = golden.tensor("condition_mask").amax({0, 1, 3, 4}).sum().item<std::int64_t>();
        EXPECT_EQ(conditionFrames, 1);
        const auto out = transformer->forward(golden.tensor("hidden_states").squeeze(0), conditionFrames,
                                              golden.tensor("timestep").flatten(), text, framesPerSecond, taps, {});
        EXPECT_TRUE(out) << out.error().message;
        return *out;
    }

    const GoldenCase golden = GoldenCase::open("cases/cosmos/transformer");
    std::unique_ptr<WorldTransformer> transformer;
};

TEST_F(TransformerGolden, EveryBlockAndTheOutputAreTheReferences)
{
    HiddenTaps taps;
    const at::Tensor sample = output(16, taps);
    ASSERT_EQ(taps.hidden.size(), 4U);
    EXPECT_TRUE(matches(golden, "patch_embed", taps.hidden.at(0).view({3, 3, 5, 80})));
    EXPECT_TRUE(matches(golden, "block.0", taps.hidden.at(1)));
    EXPECT_TRUE(matches(golden, "block.1", taps.hidden.at(2)));
    EXPECT_TRUE(matches(golden, "norm_out", taps.hidden.at(3)));
    EXPECT_TRUE(matches(golden, "sample", sample));
}

TEST_F(TransformerGolden, WithoutFrameRateFramesAreOneUnitApart)
{
    tensors::NoTaps taps;
    EXPECT_TRUE(matches(golden, "sample_without_fps", output(std::nullopt, taps)));
}

TEST_F(TransformerGolden, TimeAndRotaryTablesAreTheReferences)
{
    const TimeRows time = transformer->timeRows(golden.tensor("timestep").flatten());
    EXPECT_TRUE(matches(golden, "time.temb", time.shared));
    EXPECT_TRUE(matches(golden, "time.embedded", time.embedded));
    const nn::RotaryTable table = transformer->rotary(3, 3, 5, 16);
    EXPECT_TRUE(matches(golden, "rope.cos", at::cat({table.cosine, table.cosine}, 1)));
    EXPECT_TRUE(matches(golden, "rope.sin", at::cat({table.sine, table.sine}, 1)));
}

}  // namespace
}  // namespace armillary::cosmos
