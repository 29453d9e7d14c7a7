// Tokens of a picture in each family: published configurations, the design note's 224-pixel tiles, what stretching adds, and numbers
// that make no plan.
#include "inspect/picture_tokens.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace armillary::inspect {
namespace {

TEST(PictureTokens, TokensOfATileComeFromPatchesAndShuffle)
{
    EXPECT_EQ(tokensPerTileSide(512, 16, 4), 8);
    EXPECT_EQ(tokensPerTileSide(224, 16, 2), 7) << "49 tokens a tile, as the design note says";
    EXPECT_EQ(SquareRules().tokensPerSide(), 16);
    const auto uneven = tokensPerTileSide(500, 16, 4);
    ASSERT_FALSE(uneven);
    EXPECT_THAT(uneven.error().message, testing::HasSubstr("496 or 512"));
    const auto shuffled = tokensPerTileSide(224, 16, 4);
    ASSERT_FALSE(shuffled);
    EXPECT_THAT(shuffled.error().message, testing::HasSubstr("14 x 14 patches"));
    EXPECT_FALSE(tokensPerTileSide(0, 16, 4));
}

TEST(PictureTokens, NotesFrameInEveryFamily)
{
    const PixelSize frame{160, 240};
    const auto plan = planTiles(frame, TileRules());
    ASSERT_TRUE(plan) << plan.error().message;
    const PictureWay tiles = wayOf(*plan);
    EXPECT_EQ(tiles.pictures, 4 * 3 + 1);
    EXPECT_EQ(tiles.imageTokens(), 13 * 64);
    EXPECT_EQ(tiles.totalTokens(), 13 * 65);
    // 2048 x 1365.33 is rounded up to 2048 x 1536.
    EXPECT_NEAR(plan->stretch(), 1.125, 1e-9);
    // Tiles add 2048 x 170.67 pixels, the global tile a third of 512 x 512.
    EXPECT_NEAR(tiles.addedPixels, 2048 * (1536 - 2048 * 160.0 / 240) + 512 * 512 / 3.0, 1);
    ASSERT_EQ(tiles.stretches.size(), 2u);
    EXPECT_NEAR(tiles.stretches[0].tallness, 1.125, 1e-9);
    EXPECT_EQ(tiles.stretches[1].part, "global tile");
    EXPECT_NEAR(tiles.stretches[1].tallness, 1.5, 1e-9);
    EXPECT_NEAR(tiles.tokenWidth, 240.0 / 32, 1e-9);

    const PictureWay square = squareWay(frame, {});
    EXPECT_EQ(square.imageTokens(), 256);
    EXPECT_NEAR(square.stretches.front().tallness, 1.5, 1e-9);
    EXPECT_NEAR(square.tokenWidth, 15, 1e-9);
    EXPECT_NEAR(square.tokenHeight, 10, 1e-9);
    EXPECT_NEAR(square.addedPixels, 896.0 * 896 / 3, 1e-6);

    EXPECT_FALSE(panAndScanWay(frame, {})) << "crops would be below 256 pixels";
    EXPECT_THAT(panAndScanObstacle(frame, {}), testing::HasSubstr("256"));
}

TEST(PictureTokens, PanAndScanCountsTheWholeAndEveryCrop)
{
    const PixelSize wide{600, 1500};
    const auto way = panAndScanWay(wide, {});
    ASSERT_TRUE(way);
    EXPECT_EQ(way->pictures, 1 + 3) << "1500 / 600 = 2.5 is rounded to 3 crops";
    EXPECT_EQ(way->imageTokens(), 4 * 256);
    EXPECT_EQ(way->totalTokens(), 4 * 258);
    EXPECT_NEAR(way->tokenWidth, 500.0 / 16, 1e-9);
    ASSERT_EQ(way->stretches.size(), 2u);
    EXPECT_NEAR(way->stretches[0].tallness, 2.5, 1e-9) << "of the whole";
    EXPECT_NEAR(way->stretches[1].tallness, 500.0 / 600, 1e-9) << "of a crop";
    // 1501 pixels in crops of 501: the last one has 499.
    EXPECT_EQ(panAndScanWay({600, 1501}, {})->stretches.back().part, "last crop");
    SquareRules two;
    two.panAndScan.maxCrops = 2;
    EXPECT_EQ(panAndScanWay(wide, two)->pictures, 3);
    EXPECT_THAT(panAndScanObstacle({1000, 1100}, {}), testing::HasSubstr("1.10 : 1"));
}

TEST(PictureTokens, OneTableOfAllWaysAndEveryTile)
{
    const auto plan = planTiles({160, 240}, TileRules());
    const AnalysisResult result = pictureTokens({160, 240}, plan, {});
    ASSERT_EQ(result.tables.size(), 2u);
    EXPECT_EQ(result.tables[0].rows.size(), 3u);
    for (const AnalysisTable& table : result.tables) {
        for (const auto& row : table.rows)
            EXPECT_EQ(row.size(), table.columns.size());
    }
    EXPECT_EQ(result.tables[1].rows.size(), 13u);
    EXPECT_EQ(result.number("resized height"), 1536);
    EXPECT_NEAR(*result.number("stretch of the tiles"), 12.5, 1e-6);
    EXPECT_EQ(std::get<std::string>(result.tables[0].rows[0][6]),
              "tiles taller by 12.5 %, global tile taller by 50.0 %");
    EXPECT_EQ(std::get<std::string>(result.tables[0].rows[1][6]), "taller by 50.0 %");
    EXPECT_EQ(std::get<std::string>(pictureTokens({240, 160}, plan, {}).tables[0].rows[1][6]), "wider by 50.0 %");
    EXPECT_FALSE(std::get<std::string>(result.tables[0].rows[2].back()).empty()) << "why there are no crops";

    TileRules odd;
    odd.maxSidePixels = 2000;
    const AnalysisResult broken = pictureTokens({160, 240}, planTiles({160, 240}, odd), {});
    EXPECT_TRUE(std::isnan(std::get<double>(broken.tables[0].rows[0][1])));
    EXPECT_THAT(std::get<std::string>(broken.tables[0].rows[0].back()), testing::HasSubstr("whole number of tiles"));
    EXPECT_TRUE(broken.tables[1].rows.empty());
}

}  // namespace
}  // namespace armillary::inspect
