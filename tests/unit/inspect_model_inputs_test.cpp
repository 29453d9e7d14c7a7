// Model inputs in records: every level comes back to the last bit, values between levels within half precision, and files that
// claim nonsense are no input.
#include "inspect/model_inputs.h"

#include "inspect/input_ranges.h"

#include "records/setting_names.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

namespace armillary::inspect {
namespace {

// What SigLIP's preprocessing of transformers does to a level, in its own order of rounding.
float siglipValue(int level)
{
    return (static_cast<float>(level * (1.0 / 255)) - 0.5F) / 0.5F;
}

PixelScale siglipScale()
{
    PixelScale out;
    out.mean = out.deviation = {0.5, 0.5, 0.5};
    return out;
}

// 16 x 16 pixels: red has every level, green half of them, blue is flat.
std::vector<float> everyLevel()
{
    std::vector<float> out(3 * 256);
    for (int i = 0; i < 256; ++i) {
        out[static_cast<std::size_t>(i)] = siglipValue(i);
        out[static_cast<std::size_t>(256 + i)] = siglipValue(i / 2);
        out[static_cast<std::size_t>(512 + i)] = siglipValue(51);
    }
    return out;
}

TEST(ModelInputs, LevelsAreKeptWithoutLoss)
{
    RunRecord record;
    const std::vector<float> values = everyLevel();
    keepModelInput(record, InputReader::VisionEncoder, 0, 0, values, 256, 16, 16, siglipScale());
    ASSERT_TRUE(record.tensors.contains("media.0.pixels.0"));
    EXPECT_EQ(record.tensors.at("media.0.pixels.0").type, ElementType::UInt8);
    EXPECT_EQ(record.tensors.at("media.0.pixels.0").shape, (std::vector<std::int64_t>{16, 16, 3}));

    const std::vector<ModelInput> inputs = modelInputs(record);
    ASSERT_EQ(inputs.size(), 1u);
    const ModelInput& input = inputs.front();
    EXPECT_TRUE(input.isExact);
    ASSERT_TRUE(input.scale);
    EXPECT_EQ(*input.scale, siglipScale());
    for (int i = 0; i < 256; ++i) {
        for (int channel = 0; channel < 3; ++channel)
            ASSERT_EQ(inputValue(record, input, i / 16, i % 16, channel),
                      values[static_cast<std::size_t>(channel * 256 + i)])
                << i << " of channel " << channel;
    }
    const InputView view = viewOf(record, input);
    EXPECT_EQ(view.largestError, 0);
    EXPECT_EQ(view.channels[0].lowest, -1);
    EXPECT_EQ(view.channels[0].highest, 1);
    EXPECT_NEAR(view.channels[0].mean, 0, 1e-6);
    EXPECT_EQ(view.channels[1].highest, siglipValue(127));
    EXPECT_EQ(view.channels[2].lowest, view.channels[2].highest);
    EXPECT_NEAR(view.channels[2].mean, siglipValue(51), 1e-7);
    EXPECT_EQ(view.picture.rgb()[3 * 200], 200);
    EXPECT_EQ(view.picture.rgb()[3 * 200 + 1], 100);
    EXPECT_TRUE(std::isnan(inputValue(record, input, 16, 0, 0)));
}

TEST(ModelInputs, ValuesBetweenLevelsAreHalves)
{
    RunRecord record;
    std::vector<float> values(3 * 6, 0.25F);
    values[0] = 0.12345F;
    values[1] = 1e-6F;
    values[7] = 0.99999F;
    keepModelInput(record, InputReader::VisionEncoder, 0, 0, values, 6, 2, 3, {});
    ASSERT_EQ(record.tensors.at("media.0.pixels.0").type, ElementType::Float16);
    const std::vector<ModelInput> inputs = modelInputs(record);
    ASSERT_EQ(inputs.size(), 1u);
    EXPECT_FALSE(inputs[0].isExact);
    const InputView view = viewOf(record, inputs[0]);
    EXPECT_GT(view.largestError, 0);
    EXPECT_LT(view.largestError, 0.0005);
    for (int i = 0; i < 6; ++i) {
        for (int channel = 0; channel < 3; ++channel)
            EXPECT_NEAR(inputValue(record, inputs[0], i / 3, i % 3, channel),
                        values[static_cast<std::size_t>(channel * 6 + i)], view.largestError);
    }
    EXPECT_EQ(view.picture.rgb()[3 * 5 + 2], 64) << "0.25 is level 63.75";
}

TEST(ModelInputs, FramesOfTheAutoencoderInBothRanges)
{
    for (const PixelRange range : {PixelRange::ZeroTo255, PixelRange::MinusOneToOne}) {
        RunRecord record;
        // [3,F,h,w] with F = 2: channels lie two planes apart.
        std::vector<float> frames(3 * 2 * 256);
        const auto valueOf = [range](int level) {
            const auto value = static_cast<float>(level);
            return range == PixelRange::ZeroTo255 ? value : value / 255.F * 2 - 1;
        };
        for (int channel = 0; channel < 3; ++channel) {
            for (int i = 0; i < 512; ++i)
                frames[static_cast<std::size_t>(channel * 512 + i)] = valueOf((i + channel) % 256);
        }
        for (int frame = 0; frame < 2; ++frame)
            keepModelInput(record, InputReader::VideoAutoencoder, 0, frame,
                           std::span<const float>(frames).subspan(static_cast<std::size_t>(frame * 256)), 512, 16, 16,
                           scaleOf(range));
        const std::vector<ModelInput> inputs = modelInputs(record);
        ASSERT_EQ(inputs.size(), 2u) << nameOf(range);
        EXPECT_EQ(inputs[1].reader, InputReader::VideoAutoencoder);
        EXPECT_EQ(inputs[1].index, 1);
        EXPECT_TRUE(inputs[0].isExact && inputs[1].isExact) << nameOf(range);
        EXPECT_EQ(inputValue(record, inputs[1], 0, 7, 2), frames[1024 + 256 + 7]);
        const InputView view = viewOf(record, inputs[1]);
        EXPECT_EQ(view.all.lowest, valueOf(0));
        EXPECT_EQ(view.all.highest, valueOf(255));
    }
}

TEST(ModelInputs, OlderRecordsGiveTheirCapturedFloats)
{
    RunRecord record;
    record.settings["pixel_range"] = "-1..1";
    const auto floats = [](std::vector<std::int64_t> shape, float step) {
        TensorSnapshot out{ElementType::Float32, std::move(shape), nullptr};
        auto bytes = std::make_shared<std::vector<std::uint8_t>>(static_cast<std::size_t>(out.elementCount()) * 4);
        for (std::int64_t i = 0; i < out.elementCount(); ++i) {
            const float value = -1 + step * static_cast<float>(i);
            std::memcpy(bytes->data() + i * 4, &value, 4);
        }
        out.bytes = std::move(bytes);
        return out;
    };
    record.tensors["media.0.pixel_values"] = floats({2, 3, 2, 2}, 0.05F);
    record.tensors["media.0.vae_input"] = floats({3, 2, 2, 2}, 0.05F);
    const std::vector<ModelInput> inputs = modelInputs(record);
    ASSERT_EQ(inputs.size(), 4u);
    EXPECT_FALSE(inputs[1].scale) << "the record does not tell";
    EXPECT_NEAR(inputValue(record, inputs[1], 1, 0, 2), -1 + 0.05 * (12 + 8 + 2), 1e-6);
    EXPECT_EQ(inputs[3].scale, scaleOf(PixelRange::MinusOneToOne));
    EXPECT_NEAR(inputValue(record, inputs[3], 1, 0, 2), -1 + 0.05 * (2 * 8 + 4 + 2), 1e-6);
    const InputView view = viewOf(record, inputs[1]);
    EXPECT_EQ(view.picture.rgb()[0], 0) << "without a scale: from the lowest ...";
    EXPECT_EQ(view.picture.rgb()[3 * 3 + 2], 255) << "... to the highest value";
}

TEST(ModelInputs, RangesAreAnAnalysisByName)
{
    RunRecord record;
    const RecordAnalysis analysis = inputRanges();
    const auto arguments = AnalysisArguments::read(analysis.entry, {analysis.entry.name, {}});
    ASSERT_TRUE(arguments);
    const auto none = analysis.run(record, *arguments, {});
    ASSERT_FALSE(none);
    EXPECT_THAT(none.error().message, testing::HasSubstr("keeps no model inputs"));

    keepModelInput(record, InputReader::VisionEncoder, 0, 0, everyLevel(), 256, 16, 16, siglipScale());
    const auto some = analysis.run(record, *arguments, {});
    ASSERT_TRUE(some);
    ASSERT_EQ(some->tables[0].rows.size(), 3u);
    EXPECT_EQ(std::get<std::string>(some->tables[0].rows[1][5]), "green");
    EXPECT_EQ(std::get<double>(some->tables[0].rows[1][7]), siglipValue(127));
    EXPECT_EQ(some->number("pictures of the vision encoder"), 1);
    std::stop_source stopped;
    stopped.request_stop();
    EXPECT_EQ(analysis.run(record, *arguments, stopped.get_token()).error().code, ErrorCode::Cancelled);
}

TEST(ModelInputs, CropsCoverTheirPartAndBrokenTensorsAreLeftOut)
{
    RunRecord record;
    auto layout = std::make_shared<TokenLayout>();
    layout->grids.push_back({0, 1, TokenKind::Image, 4, 4, 1, {0, 0.5, 1, 1}});
    record.layout = layout;
    const std::vector<float> values = everyLevel();
    for (int crop = 0; crop < 3; ++crop)
        keepModelInput(record, InputReader::VisionEncoder, 0, crop, values, 256, 16, 16, siglipScale());
    std::vector<ModelInput> inputs = modelInputs(record);
    ASSERT_EQ(inputs.size(), 3u);
    EXPECT_EQ(inputs[0].covers.left, 0);
    EXPECT_EQ(inputs[1].covers.left, 0.5);

    record.tensors["media.0.pixels.1"].shape = {std::int64_t{1} << 40, std::int64_t{1} << 40, 3};
    inputs = modelInputs(record);
    ASSERT_EQ(inputs.size(), 2u);
    EXPECT_EQ(inputs[1].index, 2);
    record.tensors.erase("media.0.pixels.scale");
    EXPECT_THAT(modelInputs(record), testing::IsEmpty()) << "levels without their scale say nothing";
}

}  // namespace
}  // namespace armillary::inspect
