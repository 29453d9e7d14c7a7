#include "cosmos/frame_pixels.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

namespace armillary::cosmos {
namespace {

Image picture(int height, int width, std::uint8_t first)
{
    std::vector<std::uint8_t> rgb(static_cast<std::size_t>(height) * width * 3);
    for (std::size_t i = 0; i < rgb.size(); ++i)
        rgb[i] = static_cast<std::uint8_t>(first + i);
    return {height, width, rgb};
}

TEST(FramePixels, PicturesBecomeFramesByChannel)
{
    const std::vector<Image> images = {picture(2, 3, 0), picture(2, 3, 100)};
    const auto raw = framesFromImages(images, PixelRange::ZeroTo255);
    ASSERT_TRUE(raw);
    EXPECT_EQ(raw->sizes(), (at::IntArrayRef{3, 2, 2, 3}));
    EXPECT_EQ((*raw)[2][1][1][2].item<float>(), 100 + 17);
    const auto centred = framesFromImages(images, PixelRange::MinusOneToOne);
    EXPECT_FLOAT_EQ((*centred)[0][0][0][1].item<float>(), 3.0F / 255 * 2 - 1);
}

TEST(FramePixels, FramesOfDifferentSizesAreRefused)
{
    const std::vector<Image> images = {picture(2, 3, 0), picture(3, 2, 0)};
    EXPECT_FALSE(framesFromImages(images, PixelRange::ZeroTo255));
    EXPECT_FALSE(framesFromImages({}, PixelRange::ZeroTo255));
    const Image empty;
    EXPECT_FALSE(framesFromImages({&empty, 1}, PixelRange::ZeroTo255));
}

TEST(FramePixels, LevelsAreTruncatedAndClamped)
{
    const at::Tensor frames = at::tensor({-1.5F, -1.0F, 0.0F, 0.999F, 1.0F, 7.0F}).view({3, 1, 1, 2});
    const at::Tensor pixels = pixelsFromFrames(frames);
    ASSERT_EQ(pixels.sizes(), (at::IntArrayRef{1, 1, 2, 3}));
    EXPECT_EQ(pixels.scalar_type(), at::kByte);
    EXPECT_TRUE(at::equal(pixels.flatten(), at::tensor({0, 127, 255, 0, 254, 255}, at::kByte)));
}

TEST(FramePixels, PicturesComeBackWhole)
{
    const std::vector<Image> images = {picture(2, 3, 5), picture(2, 3, 50)};
    const at::Tensor frames = *framesFromImages(images, PixelRange::ZeroTo255);
    const std::vector<Image> back = imagesFromPixels(frames.permute({1, 2, 3, 0}).to(at::kByte));
    ASSERT_EQ(back.size(), 2U);
    for (std::size_t i = 0; i < 2; ++i)
        EXPECT_TRUE(std::equal(back[i].rgb().begin(), back[i].rgb().end(), images[i].rgb().begin()));
}

}  // namespace
}  // namespace armillary::cosmos
