#include "inspect/tile_plan.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace armillary::inspect {
namespace {

TileRules rules(int tile, int most, bool fills, int tokens = 2)
{
    TileRules out;
    out.tilePixels = tile;
    out.maxSidePixels = most;
    out.fillsMaxSide = fills;
    out.tokensPerSide = tokens;
    return out;
}

TilePlan planned(PixelSize source, const TileRules& given)
{
    auto plan = planTiles(source, given);
    EXPECT_TRUE(plan) << plan.error().message;
    return plan ? *plan : TilePlan();
}

TEST(TilePlan, ShortSideIsRoundedUpAndStretched)
{
    // 300 x 100 at a largest side of 192: the exact short side is 64, and stays.
    const TilePlan exact = planned({100, 300}, rules(64, 192, true));
    EXPECT_EQ(exact.resized.height, 64);
    EXPECT_EQ(exact.resized.width, 192);
    EXPECT_DOUBLE_EQ(exact.stretch(), 1);
    // One pixel more makes it 64.64, and a whole row of tiles more.
    const TilePlan stretched = planned({101, 300}, rules(64, 192, true));
    EXPECT_EQ(stretched.rows, 2);
    EXPECT_EQ(stretched.columns, 3);
    EXPECT_NEAR(stretched.exactShortSide(), 64.64, 1e-9);
    EXPECT_NEAR(stretched.stretch(), 128 / 64.64, 1e-9);
    const TilePlan tall = planned({300, 101}, rules(64, 192, true));
    EXPECT_EQ(tall.rows, 3);
    EXPECT_EQ(tall.columns, 2);
    EXPECT_NEAR(tall.stretch(), 64.64 / 128, 1e-9);
}

TEST(TilePlan, SmallPicturesGrowOnlyWhenTheRulesSaySo)
{
    EXPECT_EQ(planned({40, 50}, rules(64, 192, true)).columns, 3);
    const TilePlan kept = planned({40, 50}, rules(64, 192, false));
    EXPECT_EQ(kept.columns, 1);
    EXPECT_EQ(kept.rows, 1);
    ASSERT_EQ(kept.tiles.size(), 1u);
    EXPECT_TRUE(kept.tiles.front().isGlobal);
    EXPECT_EQ(kept.totalTokens(), 4 + 1);
}

TEST(TilePlan, CountsTokensAndMarkers)
{
    const TilePlan plan = planned({192, 128}, rules(64, 192, true));
    EXPECT_EQ(plan.tiles.size(), 7u);  // 3 x 2 and the global one
    EXPECT_EQ(plan.imageTokens(), 28);
    EXPECT_EQ(plan.markerTokens(), 7);
    EXPECT_EQ(tileMarker(plan.tiles[0]), "<|global_image|>");
    EXPECT_EQ(tileMarker(plan.tiles[6]), "<row_3_col_2>");
    for (std::size_t i = 0; i < plan.tiles.size(); ++i)
        EXPECT_EQ(plan.tiles[i].crop, static_cast<int>(i));
    TileRules without = rules(64, 192, true);
    without.hasGlobalTile = false;
    const TilePlan tiles = planned({192, 128}, without);
    EXPECT_EQ(tiles.tiles.size(), 6u);
    EXPECT_EQ(tileMarker(tiles.tiles[0]), "<row_1_col_1>");
}

// Token rectangles of the split tiles lie side by side and cover the picture once; so do those of the global tile.
TEST(TilePlan, TokenBoxesCoverTheSourceOnce)
{
    const TilePlan plan = planned({101, 300}, rules(64, 192, true));
    double global = 0, split = 0;
    for (const Tile& tile : plan.tiles) {
        for (int row = 0; row < 2; ++row) {
            for (int column = 0; column < 2; ++column) {
                const PixelBox box = plan.tokenBox(tile, row, column);
                (tile.isGlobal ? global : split) += (box.bottom - box.top) * (box.right - box.left);
                EXPECT_GE(box.top, 0);
                EXPECT_LE(box.bottom, 1 + 1e-12);
            }
        }
    }
    EXPECT_NEAR(global, 1, 1e-12);
    EXPECT_NEAR(split, 1, 1e-12);
    // Lower right token of the lower right tile: a quarter of a tile, whose rectangle ends between pixels: 101 rows in 4 halves.
    const PixelBox last = plan.tokenBox(plan.tiles.back(), 1, 1);
    EXPECT_DOUBLE_EQ(last.top * 101, 75.75);
    EXPECT_DOUBLE_EQ(last.left * 300, 250);
    EXPECT_DOUBLE_EQ(last.right, 1);
}

TEST(TilePlan, ResizeReadsBeyondTheRectangle)
{
    const TilePlan plan = planned({101, 300}, rules(64, 192, true));
    const Tile& tile = plan.tiles[1];
    ASSERT_FALSE(tile.isGlobal);
    // Down: 101 -> 128 pixels, enlarged: two source pixels on each side. Across: 300 -> 192, shrunk: 2 * 300/192.
    const SourcePixels first = plan.touchedPixels(tile, 0, 0);
    EXPECT_EQ(first.top, 0);
    EXPECT_EQ(first.left, 0);
    EXPECT_EQ(first.bottom, static_cast<int>(31.5 * 101 / 128 + 2 + 0.5));
    EXPECT_EQ(first.right, static_cast<int>(31.5 * 300 / 192 + 2 * 300.0 / 192 + 0.5));
    for (const Tile& each : plan.tiles) {
        for (int row = 0; row < 2; ++row) {
            for (int column = 0; column < 2; ++column) {
                const PixelBox box = plan.tokenBox(each, row, column);
                const SourcePixels read = plan.touchedPixels(each, row, column);
                EXPECT_LE(read.top, box.top * 101 + 0.5);
                EXPECT_GE(read.bottom, box.bottom * 101 - 0.5);
                EXPECT_LE(read.left, box.left * 300 + 0.5);
                EXPECT_GE(read.right, box.right * 300 - 0.5);
                EXPECT_GE(read.top, 0);
                EXPECT_LE(read.bottom, 101);
                EXPECT_LE(read.right, 300);
            }
        }
    }
    // The global tile is resized twice, so its tokens read more.
    const SourcePixels whole = plan.touchedPixels(plan.tiles.front(), 0, 0);
    EXPECT_GT(whole.bottom, 101 / 2 + 2);
}

TEST(TilePlan, WithoutAnyResizeATokenReadsItsOwnPixels)
{
    const TilePlan plan = planned({128, 192}, rules(64, 192, true));
    const SourcePixels read = plan.touchedPixels(plan.tiles[2], 1, 0);
    EXPECT_EQ(read.top, 32);
    EXPECT_EQ(read.bottom, 64);
    EXPECT_EQ(read.left, 64);
    EXPECT_EQ(read.right, 96);
}

TEST(TilePlan, RefusesWhatMakesNoPlan)
{
    const auto refusal = [](PixelSize source, const TileRules& given) {
        const auto plan = planTiles(source, given);
        EXPECT_FALSE(plan);
        return plan ? std::string() : plan.error().message;
    };
    EXPECT_NE(refusal({0, 10}, rules(64, 192, true)).find("no pixels"), std::string::npos);
    EXPECT_NE(refusal({100, 100}, rules(64, 200, true)).find("whole number of tiles"), std::string::npos);
    EXPECT_NE(refusal({100, 100}, rules(64, 640, true)).find("only 8 have names"), std::string::npos);
    EXPECT_NE(refusal({100, 100}, rules(0, 192, true)).find("make no plan"), std::string::npos);
    EXPECT_NE(refusal({100, 100}, rules(4, 8, true, 5)).find("cannot have 5 tokens"), std::string::npos);
}

}  // namespace
}  // namespace armillary::inspect
