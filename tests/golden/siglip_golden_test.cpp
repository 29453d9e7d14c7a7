#include "golden/tiny_gemma.h"

#include "support/derived_models.h"

#include <fmt/format.h>

#include <stop_token>

namespace armillary::test {
namespace {

using tensors::TapPoint;

TEST(SiglipGolden, EveryStageOfOnePicture)
{
    const GoldenCase golden = GoldenCase::open("cases/gemma/image_text");
    const TinyGemma tiny = loadTinyGemma("models/gemma-tiny");
    KeepingTaps taps;
    EXPECT_TRUE(matches(golden, "image_features", imageFeatures(tiny, golden.tensor("pixel_values"), taps)));
    const auto layers = static_cast<int>(tiny.siglipConfig.layerCount);
    for (int layer = 0; layer <= layers; ++layer)
        EXPECT_TRUE(matches(golden, fmt::format("vision.hidden.{}", layer), taps.get(TapPoint::VisionHidden, layer)));
    for (int layer = 0; layer < layers; ++layer)
        EXPECT_TRUE(matches(golden, fmt::format("vision.attention.{}", layer),
                            tiny.siglip->attentionProbabilities(layer, taps.get(TapPoint::VisionHidden, layer))));
    EXPECT_TRUE(matches(golden, "vision.last_hidden_state", taps.get(TapPoint::VisionOutput, layers)));
    EXPECT_TRUE(matches(golden, "projector.pooled", taps.get(TapPoint::VisionPooled, 0)));
}

TEST(SiglipGolden, SeveralPicturesAndCrops)
{
    const TinyGemma tiny = loadTinyGemma("models/gemma-tiny");
    for (const char* name : {"two_images", "pan_and_scan_wide", "pan_and_scan_tall"}) {
        const GoldenCase golden = GoldenCase::open(fmt::format("cases/gemma/{}", name));
        tensors::NoTaps taps;
        EXPECT_TRUE(matches(golden, "image_features", imageFeatures(tiny, golden.tensor("pixel_values"), taps)))
            << name;
    }
}

TEST(SiglipGolden, PublishedNames)
{
    const GoldenCase golden = GoldenCase::open("cases/gemma/image_text");
    tensors::NoTaps taps;
    const TinyGemma tiny = loadTinyGemmaFrom(derivedModelPath("gemma-tiny-hub"));
    EXPECT_TRUE(matches(golden, "image_features", imageFeatures(tiny, golden.tensor("pixel_values"), taps)));
}

TEST(SiglipGolden, StopIsAnErrorOfItsOwn)
{
    const GoldenCase golden = GoldenCase::open("cases/gemma/image_text");
    const TinyGemma tiny = loadTinyGemma("models/gemma-tiny");
    tensors::NoTaps taps;
    SilentObserver observer;
    std::stop_source source;
    source.request_stop();
    const auto stopped = tiny.siglip->encode(golden.tensor("pixel_values"), taps, observer, source.get_token());
    ASSERT_FALSE(stopped);
    EXPECT_EQ(stopped.error().code, ErrorCode::Cancelled);
}

}  // namespace
}  // namespace armillary::test
