#include "inspect/image_compare.h"

#include <gtest/gtest.h>

#include <cmath>

namespace armillary::inspect {
namespace {

template <class Color>
Image drawn(int height, int width, Color color)
{
    std::vector<std::uint8_t> rgb;
    for (int y = 0; y < height; ++y) {
        for (int x = 0; x < width; ++x) {
            for (int channel = 0; channel < 3; ++channel)
                rgb.push_back(static_cast<std::uint8_t>(color(x, y, channel) % 256));
        }
    }
    return {height, width, std::move(rgb)};
}

Image flat(int height, int width, int level)
{
    return drawn(height, width, [level](int, int, int) { return level; });
}

TEST(ImageCompare, EqualPicturesAreInfinitelyCloseAndAlike)
{
    const Image image = drawn(16, 20, [](int x, int y, int c) { return 7 * x + 13 * y + 50 * c; });
    const auto distance = compareImages(image, image);
    ASSERT_TRUE(distance) << distance.error().message;
    EXPECT_EQ(distance->meanSquaredError, 0);
    EXPECT_TRUE(std::isinf(distance->psnrDecibels));
    EXPECT_NEAR(distance->ssim, 1, 1e-12);
    EXPECT_EQ(distance->largestDifference, 0);
}

// Every value differs by 5: MSE 25 and PSNR 20 log10(255 / 5) = 34.1514 dB. Of flat pictures SSIM keeps only its first
// factor: (2*100*105 + 6.5025) / (100^2 + 105^2 + 6.5025) = 0.998811...
TEST(ImageCompare, FlatPicturesGiveTheValuesComputedByHand)
{
    const auto distance = compareImages(flat(16, 16, 100), flat(16, 16, 105));
    ASSERT_TRUE(distance) << distance.error().message;
    EXPECT_DOUBLE_EQ(distance->meanSquaredError, 25);
    EXPECT_NEAR(distance->psnrDecibels, 20 * std::log10(51.0), 1e-12);
    EXPECT_NEAR(distance->ssim, 21006.5025 / 21031.5025, 1e-5);
    EXPECT_EQ(distance->largestDifference, 5);
}

TEST(ImageCompare, BlackAgainstWhiteIsZeroDecibels)
{
    const auto distance = compareImages(flat(12, 12, 0), flat(12, 12, 255));
    ASSERT_TRUE(distance);
    EXPECT_NEAR(distance->psnrDecibels, 0, 1e-12);
    EXPECT_NEAR(distance->ssim, 6.5025 / (255.0 * 255.0 + 6.5025), 1e-6);
}

// The wanted numbers come from the paper's formulas written out over every window in NumPy.
TEST(ImageCompare, PatternsAgreeWithTheFormulasWrittenOut)
{
    const Image one = drawn(24, 30, [](int x, int y, int c) { return c == 0 ? 8 * x : c == 1 ? 10 * y : x * y; });
    const Image other = drawn(24, 30, [](int x, int y, int c) {
        return c == 0 ? 8 * x + y : c == 1 ? 10 * y + 3 * x : x * y + 20;
    });
    const auto distance = compareImages(one, other);
    ASSERT_TRUE(distance);
    EXPECT_NEAR(distance->meanSquaredError, 2925.748148148148, 1e-9);
    EXPECT_NEAR(distance->psnrDecibels, 13.468434220509591, 1e-9);
    EXPECT_NEAR(distance->ssim, 0.7514036897100331, 1e-5);
    EXPECT_EQ(distance->largestDifference, 236);
}

TEST(ImageCompare, PicturesBelowTheWindowHaveNoSsim)
{
    const auto distance = compareImages(flat(10, 40, 10), flat(10, 40, 20));
    ASSERT_TRUE(distance);
    EXPECT_TRUE(std::isnan(distance->ssim));
    EXPECT_NEAR(distance->psnrDecibels, 20 * std::log10(25.5), 1e-12);
}

TEST(ImageCompare, UnequalAndEmptyPicturesAreRefused)
{
    const auto unequal = compareImages(flat(12, 12, 0), flat(12, 13, 0));
    ASSERT_FALSE(unequal);
    EXPECT_EQ(unequal.error().code, ErrorCode::InvalidInput);
    EXPECT_NE(unequal.error().message.find("12x12 and 12x13"), std::string::npos) << unequal.error().message;
    EXPECT_FALSE(compareImages(Image(), Image()));
    EXPECT_FALSE(differenceMap(flat(2, 2, 0), flat(2, 1, 0)));
}

TEST(ImageCompare, DifferenceMapHoldsTheLargestColourOfEachPixel)
{
    const Image one(1, 2, {10, 20, 30, 200, 100, 0});
    const Image other(1, 2, {13, 15, 31, 0, 100, 255});
    const auto map = differenceMap(one, other);
    ASSERT_TRUE(map);
    EXPECT_EQ(map->heightPixels, 1);
    EXPECT_EQ(map->widthPixels, 2);
    EXPECT_EQ(map->values, (std::vector<std::uint8_t>{5, 255}));
}

TEST(ImageCompare, ShrinkingAveragesAreas)
{
    const Image image(2, 4, {0, 0, 0, 100, 100, 100, 8, 8, 8, 8, 8, 8, 100, 100, 100, 200, 200, 200, 8, 8, 8, 8, 8, 8});
    const auto half = resizedImage(image, 1, 2);
    ASSERT_TRUE(half);
    ASSERT_EQ(half->rgb().size(), 6u);
    EXPECT_EQ(half->rgb()[0], 100);
    EXPECT_EQ(half->rgb()[3], 8);
    EXPECT_FALSE(resizedImage(image, 0, 2));
}

}  // namespace
}  // namespace armillary::inspect
