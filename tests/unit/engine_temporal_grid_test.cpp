// A question about four moments of a clip: the model sees their picture, and the record keeps what it was made of.
#include "support/engine_fixture.h"

#include "picture/grid_picture.h"

#include <gmock/gmock.h>

#include <algorithm>

namespace armillary {
namespace {

constexpr auto kGemma = "models/gemma-tiny";

Question aboutGrid(int letterboxSide = 0)
{
    const auto reader = io::openMedia(test::dataPath("media/clip.mp4"));
    EXPECT_TRUE(reader) << reader.error().message;
    TemporalGrid recipe;
    for (std::size_t cell = 0; cell < recipe.moments.size(); ++cell)
        recipe.moments[cell].sourceFrame = static_cast<int>(cell) * 4;
    recipe.cellWidth = 60;
    recipe.cellHeight = 40;
    recipe.letterboxSide = letterboxSide;
    const auto clip = io::readGridClip(**reader, recipe, 1);
    EXPECT_TRUE(clip) << clip.error().message;
    Question question = test::questionAbout({}, "What moved?");
    question.media = {*clip};
    question.turns.front().mediaIndices = {0};
    question.capture.parts = {Capture::Pixels};
    return question;
}

TEST(TemporalGridRun, IsTheRunAboutItsPicture)
{
    const auto engine = test::loadedEngine(kGemma);
    const auto grid = test::answered(*engine, aboutGrid());
    ASSERT_NE(grid, nullptr);
    const Clip& kept = grid->question.media[0];
    ASSERT_NE(kept.grid, nullptr);
    EXPECT_EQ(kept.frames.size(), 4u);
    EXPECT_EQ(kept.grid->picture.width(), 120);
    EXPECT_EQ(kept.grid->picture.height(), 80);
    EXPECT_EQ(kept.grid->moments[3].sourceFrame, 12);
    EXPECT_NEAR(kept.grid->moments[3].seconds, 12 / kept.framesPerSecond, 1e-9);
    EXPECT_THAT(grid->settings.at("grid.0"), testing::HasSubstr("frames 0, 4, 8, 12"));
    EXPECT_THAT(grid->settings.at("grid.0"), testing::HasSubstr("bicubic"));

    Question still = aboutGrid();
    still.media = {Clip{"sheet", {kept.grid->picture}}};
    const auto plain = test::answered(*engine, still);
    ASSERT_NE(plain, nullptr);
    EXPECT_TRUE(at::equal(test::generatedIds(*grid), test::generatedIds(*plain)));
    EXPECT_TRUE(
        at::equal(test::recorded(*grid, "media.0.pixel_values"), test::recorded(*plain, "media.0.pixel_values")));
    EXPECT_EQ(plain->cost.reusedTokens, plain->layout->size() - 1) << "the same pixels are the same positions";
}

TEST(TemporalGridRun, ComposesFromTheFramesItIsGiven)
{
    const auto engine = test::loadedEngine(kGemma);
    Question question = aboutGrid();
    auto stale = std::make_shared<TemporalGrid>(*question.media[0].grid);
    stale->picture = Image(80, 120, std::vector<std::uint8_t>(80 * 120 * 3, 255));
    question.media[0].grid = stale;
    const auto record = test::answered(*engine, question);
    ASSERT_NE(record, nullptr);
    const auto want = picture::composeGrid(question.media[0], *stale);
    ASSERT_TRUE(want);
    EXPECT_TRUE(std::ranges::equal(record->question.media[0].grid->picture.rgb(), want->rgb()));
}

TEST(TemporalGridRun, EveryImageTokenHasItsCell)
{
    const auto engine = test::loadedEngine(kGemma);
    const auto record = test::answered(*engine, aboutGrid(100));
    ASSERT_NE(record, nullptr);
    const Clip& clip = record->question.media[0];
    const GridSizes sizes = gridSizes(*clip.grid, clip.frames[0].height(), clip.frames[0].width());
    std::array<int, kGridCells> tokens{};
    int inBars = 0;
    for (std::int64_t i = 0; i < record->layout->size(); ++i) {
        if (record->layout->kinds[static_cast<std::size_t>(i)] != TokenKind::Image)
            continue;
        const auto cells = gridCellsOf(sizes, record->layout->boxFromToken(i));
        inBars += cells.empty() ? 1 : 0;
        for (const CellShare& at : cells)
            ++tokens[static_cast<std::size_t>(at.cell)];
    }
    EXPECT_EQ(tokens[0], tokens[1]);
    EXPECT_EQ(tokens[2], tokens[3]);
    EXPECT_GT(tokens[0], 0);
    EXPECT_GE(inBars, 0);
}

TEST(TemporalGridRun, AMomentThatIsNotThereIsASentence)
{
    const auto engine = test::loadedEngine(kGemma);
    Question question = aboutGrid();
    question.media[0].frames.pop_back();
    SilentObserver observer;
    const auto asked = engine->ask(question, observer, {});
    ASSERT_FALSE(asked);
    EXPECT_THAT(asked.error().message, testing::HasSubstr("frame 12"));
}

TEST(TemporalGridRun, AClipWorldSeesTheFramesBetween)
{
    const auto reader = io::openMedia(test::dataPath("media/clip.mp4"));
    ASSERT_TRUE(reader);
    TemporalGrid recipe;
    for (std::size_t cell = 0; cell < recipe.moments.size(); ++cell)
        recipe.moments[cell].sourceFrame = 10 + static_cast<int>(cell) * 2;
    const auto clip = io::readGridClip(**reader, recipe, 9);
    ASSERT_TRUE(clip);
    EXPECT_EQ(clip->firstFrameIndex, 8);
    EXPECT_EQ(clip->frames.size(), 9u);
    EXPECT_EQ(clip->grid->moments[0].frame, 2);
    recipe.moments[0].sourceFrame = 4000;
    EXPECT_FALSE(io::readGridClip(**reader, recipe, 1));
    const auto still = io::openMedia(test::dataPath("media/tiny.png"));
    ASSERT_TRUE(still);
    EXPECT_FALSE(io::readGridClip(**still, TemporalGrid(), 1));
}

}  // namespace
}  // namespace armillary
