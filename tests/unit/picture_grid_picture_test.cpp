// picture/grid_picture: four frames side by side, their filters and what is refused.
#include "picture/grid_picture.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace armillary::picture {
namespace {

Image filled(int height, int width, std::uint8_t level)
{
    return {height, width, std::vector<std::uint8_t>(static_cast<std::size_t>(height * width) * 3, level)};
}

// Four frames of levels 10, 20, 30, 40.
Clip fourFrames(int height, int width)
{
    Clip clip;
    for (int i = 1; i <= 4; ++i)
        clip.frames.push_back(filled(height, width, static_cast<std::uint8_t>(10 * i)));
    return clip;
}

TemporalGrid inOrder()
{
    TemporalGrid grid;
    for (int cell = 0; cell < kGridCells; ++cell)
        grid.moments[static_cast<std::size_t>(cell)].frame = cell;
    return grid;
}

int levelAt(const Image& image, int row, int column)
{
    return image.rgb()[static_cast<std::size_t>(row * image.width() + column) * 3];
}

TEST(GridPicture, CellsAreRowByRowAndUntouchedAtTheirOwnSize)
{
    const auto sheet = composeGrid(fourFrames(2, 3), inOrder());
    ASSERT_TRUE(sheet.has_value());
    EXPECT_EQ(sheet->height(), 4);
    EXPECT_EQ(sheet->width(), 6);
    EXPECT_EQ(levelAt(*sheet, 0, 0), 10);
    EXPECT_EQ(levelAt(*sheet, 1, 3), 20);
    EXPECT_EQ(levelAt(*sheet, 2, 2), 30);
    EXPECT_EQ(levelAt(*sheet, 3, 5), 40);
}

TEST(GridPicture, MomentsMayRepeatAndGoBackwards)
{
    TemporalGrid grid = inOrder();
    grid.moments[0].frame = 3;
    grid.moments[1].frame = 3;
    const auto sheet = composeGrid(fourFrames(1, 1), grid);
    ASSERT_TRUE(sheet.has_value());
    EXPECT_EQ(levelAt(*sheet, 0, 0), 40);
    EXPECT_EQ(levelAt(*sheet, 0, 1), 40);
}

TEST(GridPicture, FramesOfOtherSizesAreBroughtToTheFirst)
{
    Clip clip = fourFrames(4, 4);
    clip.frames[3] = filled(8, 2, 40);
    const auto sheet = composeGrid(clip, inOrder());
    ASSERT_TRUE(sheet.has_value());
    EXPECT_EQ(sheet->width(), 8);
    EXPECT_EQ(levelAt(*sheet, 7, 7), 40);
}

TEST(GridPicture, LetterboxIsBlackBesideTheGrid)
{
    TemporalGrid grid = inOrder();
    grid.letterboxSide = 12;
    const auto picture = composeGrid(fourFrames(2, 4), grid);
    ASSERT_TRUE(picture.has_value());
    EXPECT_EQ(picture->height(), 12);
    EXPECT_EQ(picture->width(), 12);
    EXPECT_EQ(levelAt(*picture, 2, 6), 0);
    EXPECT_EQ(levelAt(*picture, 3, 0), 10);
    EXPECT_EQ(levelAt(*picture, 8, 11), 40);
    EXPECT_EQ(levelAt(*picture, 9, 6), 0);
}

TEST(GridPicture, NearestKeepsLevelsWhereOthersMix)
{
    const Image edge(1, 2, {0, 0, 0, 200, 200, 200});
    const Image nearest = resizeWith(edge, 1, 6, PictureFilter::Nearest);
    for (int column = 0; column < 6; ++column)
        EXPECT_EQ(levelAt(nearest, 0, column), column < 3 ? 0 : 200);
    const Image smooth = resizeWith(edge, 1, 6, PictureFilter::Bilinear);
    EXPECT_GT(levelAt(smooth, 0, 2), 0);
    EXPECT_LT(levelAt(smooth, 0, 2), 200);
}

TEST(GridPicture, RefusesWithASentence)
{
    TemporalGrid grid = inOrder();
    grid.moments[2] = {7, 99, 0};
    const auto missing = composeGrid(fourFrames(1, 1), grid);
    ASSERT_FALSE(missing.has_value());
    EXPECT_NE(missing.error().message.find("frame 99"), std::string::npos);

    Clip lost = fourFrames(1, 1);
    lost.frames[1] = Image();
    EXPECT_FALSE(composeGrid(lost, inOrder()).has_value());

    grid = inOrder();
    grid.letterboxSide = 1 << 20;
    EXPECT_FALSE(composeGrid(fourFrames(1, 1), grid).has_value());
}

TEST(GridPicture, ClipsWithoutAGridStayAsTheyAre)
{
    const auto clip = withGridPicture(fourFrames(1, 1));
    ASSERT_TRUE(clip.has_value());
    EXPECT_EQ(clip->grid, nullptr);
}

}  // namespace
}  // namespace armillary::picture
