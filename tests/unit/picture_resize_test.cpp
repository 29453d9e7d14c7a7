#include "picture/resize.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace armillary::picture {
namespace {

constexpr ResizeFilter kFilters[] = {ResizeFilter::Bilinear, ResizeFilter::Bicubic, ResizeFilter::Lanczos};

// A gray picture; `levels` row by row.
Image gray(int height, int width, const std::vector<std::uint8_t>& levels)
{
    std::vector<std::uint8_t> rgb;
    for (const std::uint8_t level : levels)
        for (int channel = 0; channel < 3; ++channel)
            rgb.push_back(level);
    return {height, width, std::move(rgb)};
}

Image grayRow(const std::vector<std::uint8_t>& levels)
{
    return gray(1, static_cast<int>(levels.size()), levels);
}

Image filled(int height, int width, std::uint8_t red, std::uint8_t green, std::uint8_t blue)
{
    std::vector<std::uint8_t> rgb;
    for (int i = 0; i < height * width; ++i)
        for (const std::uint8_t level : {red, green, blue})
            rgb.push_back(level);
    return {height, width, std::move(rgb)};
}

std::vector<int> firstChannel(const Image& image)
{
    std::vector<int> levels;
    for (std::size_t i = 0; i < image.rgb().size(); i += 3)
        levels.push_back(image.rgb()[i]);
    return levels;
}

TEST(Resize, KeepsEvenColoursAtEverySize)
{
    for (const ResizeFilter filter : kFilters)
        for (const auto& [height, width] : {std::pair{1, 1}, {3, 7}, {5, 4}, {31, 2}, {10, 10}}) {
            const Image out = resize(filled(5, 4, 255, 17, 0), height, width, filter);
            ASSERT_EQ(out.height(), height);
            ASSERT_EQ(out.width(), width);
            EXPECT_TRUE(std::ranges::equal(out.rgb(), filled(height, width, 255, 17, 0).rgb()));
        }
}

TEST(Resize, SameSizeGivesTheSamePixels)
{
    const Image image = grayRow({3, 200, 41});
    for (const ResizeFilter filter : kFilters)
        EXPECT_TRUE(std::ranges::equal(resize(image, 1, 3, filter).rgb(), image.rgb()));
}

TEST(Resize, NothingComesOfNothing)
{
    EXPECT_TRUE(resize(Image(), 4, 4, ResizeFilter::Bilinear).empty());
    EXPECT_TRUE(resize(filled(2, 2, 1, 2, 3), 0, 4, ResizeFilter::Bilinear).empty());
    EXPECT_TRUE(resize(filled(2, 2, 1, 2, 3), 4, -1, ResizeFilter::Bilinear).empty());
}

// By hand: halving weighs four neighbours 1, 3, 3, 1 over 8 (bilinear widened to two pixels), at the edge 3, 3, 1 over
// 7.
TEST(Resize, HalvesByTheWidenedTriangle)
{
    EXPECT_EQ(firstChannel(resize(grayRow({0, 80, 160, 240}), 1, 2, ResizeFilter::Bilinear)),
              (std::vector<int>{57, 183}));
}

// By hand: doubling 0, 100 gives the values at 0.25, 0.75, 1.25, 1.75 pixels, held at the edges.
TEST(Resize, DoublesByLinearInterpolation)
{
    EXPECT_EQ(firstChannel(resize(grayRow({0, 100}), 1, 4, ResizeFilter::Bilinear)),
              (std::vector<int>{0, 25, 75, 100}));
}

// Bicubic and Lanczos overshoot at an edge; the result is clipped to 0..255, never wrapped round.
TEST(Resize, ClipsTheOvershoot)
{
    std::vector<std::uint8_t> edge(16, 0);
    std::fill(edge.begin() + 8, edge.end(), 255);
    for (const ResizeFilter filter : {ResizeFilter::Bicubic, ResizeFilter::Lanczos}) {
        const std::vector<int> out = firstChannel(resize(grayRow(edge), 1, 48, filter));
        EXPECT_EQ(out[20], 0);
        EXPECT_EQ(out[27], 255);
        EXPECT_EQ(std::count_if(out.begin(), out.begin() + 22, [](int level) { return level > 60; }), 0);
        EXPECT_EQ(std::count_if(out.begin() + 26, out.end(), [](int level) { return level < 195; }), 0);
    }
}

TEST(Resize, TreatsRowsAndColumnsAlike)
{
    const std::vector<std::uint8_t> levels{9, 240, 13, 77, 180, 2, 250};
    const Image column = gray(static_cast<int>(levels.size()), 1, levels);
    for (const ResizeFilter filter : kFilters)
        for (const int size : {3, 5, 20})
            EXPECT_EQ(firstChannel(resize(grayRow(levels), 1, size, filter)),
                      firstChannel(resize(column, size, 1, filter)));
}

struct OrderCase {
    int height;
    int width;
    std::vector<std::uint8_t> levels;
    int outHeight;
    int outWidth;
    bool columnsFirst;
    std::vector<int> want;  // of Pillow 13
};

// The first pass is rounded to whole levels, so the order of the passes shows.
TEST(Resize, TakesRowsFirstUnlessColumnsShrinkMoreThanTwiceAsMuch)
{
    const OrderCase cases[] = {{3, 3, {1, 0, 3, 1, 3, 3, 0, 2, 3}, 2, 1, false, {1, 2}},  // 1 and 2 pixels less
                               {4, 2, {0, 1, 3, 1, 1, 3, 1, 1}, 2, 1, false, {2, 2}},     // 2 and 1: just twice as much
                               {5, 2, {1, 3, 0, 1, 0, 1, 3, 0, 1, 1}, 2, 1, true, {1, 2}},      // 3 and 1
                               {6, 2, {2, 0, 1, 2, 3, 1, 0, 2, 2, 2, 0, 1}, 1, 1, true, {1}}};  // 5 and 1
    for (const OrderCase& one : cases) {
        const Image image = gray(one.height, one.width, one.levels);
        EXPECT_EQ(firstChannel(resize(image, one.outHeight, one.outWidth, ResizeFilter::Bilinear)), one.want);
        const Image halfWay = one.columnsFirst ? resize(image, one.height, one.outWidth, ResizeFilter::Bilinear)
                                               : resize(image, one.outHeight, one.width, ResizeFilter::Bilinear);
        EXPECT_NE(firstChannel(resize(halfWay, one.outHeight, one.outWidth, ResizeFilter::Bilinear)), one.want);
    }
}

}  // namespace
}  // namespace armillary::picture
