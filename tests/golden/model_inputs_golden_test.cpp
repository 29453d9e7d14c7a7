// What a record keeps of the models' inputs is what the models were given: level by level against the captured floats, for crops of
// pan and scan and for both readers.
#include "support/engine_fixture.h"

#include "inspect/model_inputs.h"

namespace armillary {
namespace {

// Every value of every kept picture against `want` [pictures,3,h,w].
void expectSame(const RunRecord& record, inspect::InputReader reader, const at::Tensor& want)
{
    int pictures = 0;
    for (const inspect::ModelInput& input : inspect::modelInputs(record)) {
        if (input.reader != reader)
            continue;
        ASSERT_LT(input.index, want.size(0));
        EXPECT_TRUE(input.isExact);
        const at::Tensor picture = want[input.index].contiguous();
        ASSERT_EQ(picture.size(1), input.heightPixels);
        ASSERT_EQ(picture.size(2), input.widthPixels);
        const float* values = picture.const_data_ptr<float>();
        std::int64_t unlike = 0;
        for (int channel = 0; channel < 3; ++channel) {
            for (int row = 0; row < input.heightPixels; ++row) {
                for (int column = 0; column < input.widthPixels; ++column)
                    unlike += inspect::inputValue(record, input, row, column, channel) != *values++ ? 1 : 0;
            }
        }
        EXPECT_EQ(unlike, 0) << input.tensor;
        ++pictures;
    }
    EXPECT_EQ(pictures, want.size(0));
}

TEST(ModelInputsGolden, CropsAsTheEncoderReadThem)
{
    const auto engine = test::loadedEngine("models/gemma-tiny");
    Question question = test::questionAbout({"media/coffee.png"}, "What is this?", 2);
    question.panAndScan = true;
    question.capture.parts = {Capture::Pixels};
    const auto record = test::answered(*engine, question);
    ASSERT_TRUE(record);
    expectSame(*record, inspect::InputReader::VisionEncoder, test::recorded(*record, "media.0.pixel_values"));

    // Without a capture they are there too, and cost what pictures cost.
    question.capture.parts.clear();
    const auto plain = test::answered(*engine, question);
    ASSERT_TRUE(plain);
    EXPECT_FALSE(plain->tensors.contains("media.0.pixel_values"));
    ASSERT_TRUE(plain->tensors.contains("media.0.pixels.0"));
    EXPECT_EQ(*plain->tensors.at("media.0.pixels.0").bytes, *record->tensors.at("media.0.pixels.0").bytes);
}

TEST(ModelInputsGolden, FramesAsTheAutoencoderReadThem)
{
    const auto engine = test::loadedEngine("", "models/theworld-tiny/spatial-linear");
    for (const PixelRange range : {PixelRange::ZeroTo255, PixelRange::MinusOneToOne}) {
        Question question = test::questionAbout({"media/coffee.png"}, "What will the red car do next?", 1);
        question.world.heightPixels = question.world.widthPixels = 64;
        question.world.pixelRange = range;
        question.capture.parts = {Capture::Pixels};
        const auto record = test::answered(*engine, question);
        ASSERT_TRUE(record);
        expectSame(*record, inspect::InputReader::VideoAutoencoder,
                   test::recorded(*record, "media.0.vae_input").permute({1, 0, 2, 3}));
    }
}

}  // namespace
}  // namespace armillary
