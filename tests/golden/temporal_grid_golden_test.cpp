// picture/grid_picture against the reference's 2x2 grid: the picture of four frames, Gemma's input of it, and the letterbox.
#include "picture/grid_picture.h"

#include "io/image_file.h"
#include "support/golden_case.h"
#include "support/test_data.h"
#include "vision/image_input.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace armillary {
namespace {

Image read(const std::string& path)
{
    const Result<Image> image = io::readImage(test::dataPath(path));
    EXPECT_TRUE(image.has_value()) << image.error().message;
    return image.value_or(Image());
}

at::Tensor tensorFrom(const Image& image)
{
    return at::tensor(std::vector<std::uint8_t>(image.rgb().begin(), image.rgb().end()), at::kByte)
        .view({image.height(), image.width(), 3});
}

// The case's four frames and the recipe that its words describe.
Clip goldenClip(const test::GoldenCase& golden)
{
    const nlohmann::json& inputs = golden.json()["inputs"];
    Clip clip;
    for (const auto& path : inputs["frames"])
        clip.frames.push_back(read(path));
    auto grid = std::make_shared<TemporalGrid>();
    for (int cell = 0; cell < kGridCells; ++cell)
        grid->moments[static_cast<std::size_t>(cell)].frame = cell;
    grid->cellWidth = inputs["frame_size"][0];
    grid->cellHeight = inputs["frame_size"][1];
    grid->filter = PictureFilter::Bicubic;
    clip.grid = grid;
    return clip;
}

TEST(TemporalGridGolden, FourFramesAndGemmasInputOfThem)
{
    const test::GoldenCase golden = test::GoldenCase::open("cases/gemma/grid_2x2");
    const Result<Clip> clip = picture::withGridPicture(goldenClip(golden));
    ASSERT_TRUE(clip.has_value()) << clip.error().message;
    EXPECT_TRUE(test::matches(golden, "sheet", tensorFrom(clip->grid->picture)));

    const auto config = vision::readImageInputConfig(test::dataPath("models/gemma-tiny"));
    ASSERT_TRUE(config.has_value()) << config.error().message;
    const auto input = vision::imageInputFromImage(*seenPicture(*clip, -1), *config, false);
    ASSERT_TRUE(input.has_value()) << input.error().message;
    EXPECT_TRUE(test::matches(golden, "pixel_values", input->pixelValues));
}

TEST(TemporalGridGolden, OtherFilterGivesOtherPixels)
{
    const test::GoldenCase golden = test::GoldenCase::open("cases/gemma/grid_2x2");
    Clip clip = goldenClip(golden);
    auto grid = std::make_shared<TemporalGrid>(*clip.grid);
    grid->filter = PictureFilter::Bilinear;
    clip.grid = grid;
    const auto sheet = picture::composeGrid(clip, *grid);
    ASSERT_TRUE(sheet.has_value()) << sheet.error().message;
    EXPECT_FALSE(at::equal(tensorFrom(*sheet), golden.tensor("sheet")));
}

TEST(TemporalGridGolden, Letterbox)
{
    const test::GoldenCase golden = test::GoldenCase::open("cases/gemma/grid_2x2");
    const nlohmann::json& letterboxes = golden.json()["letterboxes"];
    Clip clip = goldenClip(golden);
    auto grid = std::make_shared<TemporalGrid>(*clip.grid);
    grid->letterboxSide = letterboxes["side"];
    const auto picture = picture::composeGrid(clip, *grid);
    ASSERT_TRUE(picture.has_value()) << picture.error().message;
    EXPECT_TRUE(at::equal(tensorFrom(*picture), tensorFrom(read(letterboxes["of_sheet"]))));

    const Image tall = picture::letterbox(read("media/tall.png"), letterboxes["side"], PictureFilter::Bicubic);
    EXPECT_TRUE(at::equal(tensorFrom(tall), tensorFrom(read(letterboxes["of_media/tall.png"]))));
}

}  // namespace
}  // namespace armillary
