// records/temporal_grid: sizes, cells under tokens, even spacing, names.
#include "records/temporal_grid.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace armillary {
namespace {

// 240x160 frames, as the design note has them.
GridSizes noteSizes(int letterboxSide)
{
    TemporalGrid grid;
    grid.letterboxSide = letterboxSide;
    return gridSizes(grid, 160, 240);
}

std::vector<int> cellsOf(const GridSizes& sizes, const PixelBox& box)
{
    std::vector<int> out;
    for (const CellShare& at : gridCellsOf(sizes, box))
        out.push_back(at.cell);
    return out;
}

TEST(TemporalGrid, SizesOfTheNote)
{
    const GridSizes plain = noteSizes(0);
    EXPECT_EQ(plain.pictureWidth, 480);
    EXPECT_EQ(plain.pictureHeight, 320);
    // The note: 480x320 becomes 896x597 within 896x896.
    const GridSizes boxed = noteSizes(896);
    EXPECT_EQ(boxed.innerWidth, 896);
    EXPECT_EQ(boxed.innerHeight, 597);
    EXPECT_EQ(boxed.innerTop, 149);
    EXPECT_EQ(boxed.innerLeft, 0);
    EXPECT_EQ(boxed.pictureHeight, 896);
}

TEST(TemporalGrid, TallGridsLeaveBarsAtTheSides)
{
    TemporalGrid grid;
    grid.letterboxSide = 100;
    const GridSizes sizes = gridSizes(grid, 30, 10);
    EXPECT_EQ(sizes.innerHeight, 100);
    EXPECT_EQ(sizes.innerWidth, 33);
    EXPECT_EQ(sizes.innerLeft, 33);
    EXPECT_THAT(cellsOf(sizes, {0, 0, 0.1, 0.3}), testing::IsEmpty());
}

TEST(TemporalGrid, TokensLieInOneCellOrOverABorder)
{
    const GridSizes sizes = noteSizes(0);
    EXPECT_THAT(cellsOf(sizes, {0, 0, 0.25, 0.25}), testing::ElementsAre(0));
    EXPECT_THAT(cellsOf(sizes, {0, 0.5, 0.25, 0.75}), testing::ElementsAre(1));
    EXPECT_THAT(cellsOf(sizes, {0.5, 0.5, 1, 1}), testing::ElementsAre(3));
    const auto across = gridCellsOf(sizes, {0, 0.25, 0.25, 0.75});
    ASSERT_EQ(across.size(), 2u);
    EXPECT_DOUBLE_EQ(across[0].share, 0.5);
    EXPECT_THAT(cellsOf(sizes, {0.4, 0.4, 0.6, 0.6}), testing::ElementsAre(0, 1, 2, 3));
    EXPECT_THAT(cellsOf(sizes, {0, 0, 0, 0}), testing::IsEmpty());
}

TEST(TemporalGrid, EveryTokenOfAnOddGridIsAssigned)
{
    // 7x7 tokens over two cells a side: the middle row and column lie over the border.
    const GridSizes sizes = noteSizes(0);
    int whole = 0, shared = 0;
    for (int row = 0; row < 7; ++row)
        for (int column = 0; column < 7; ++column) {
            const auto cells = gridCellsOf(sizes, {row / 7.0, column / 7.0, (row + 1) / 7.0, (column + 1) / 7.0});
            double sum = 0;
            for (const CellShare& at : cells)
                sum += at.share;
            EXPECT_NEAR(sum, 1, 1e-9);
            (cells.size() == 1 ? whole : shared) += 1;
        }
    EXPECT_EQ(whole, 36);
    EXPECT_EQ(shared, 13);
}

TEST(TemporalGrid, EvenSpacingHoldsBothEnds)
{
    EXPECT_THAT(evenMoments(40), testing::ElementsAre(0, 13, 26, 39));
    EXPECT_THAT(evenMoments(4), testing::ElementsAre(0, 1, 2, 3));
    EXPECT_THAT(evenMoments(2), testing::ElementsAre(0, 0, 1, 1));
    EXPECT_THAT(evenMoments(1), testing::ElementsAre(0, 0, 0, 0));
}

TEST(TemporalGrid, SeenPictureIsTheGridWhereThereIsOne)
{
    Clip clip;
    EXPECT_EQ(seenPicture(clip, 0), nullptr);
    clip.frames = {Image(1, 1, {1, 1, 1}), Image(1, 1, {2, 2, 2})};
    EXPECT_EQ(seenPicture(clip, 0)->rgb()[0], 1);
    EXPECT_EQ(seenPicture(clip, 7)->rgb()[0], 2);
    auto grid = std::make_shared<TemporalGrid>();
    clip.grid = grid;
    EXPECT_EQ(seenPicture(clip, 0), nullptr) << "not composed";
    grid->picture = Image(1, 1, {9, 9, 9});
    EXPECT_EQ(seenPicture(clip, 0)->rgb()[0], 9);
}

}  // namespace
}  // namespace armillary
