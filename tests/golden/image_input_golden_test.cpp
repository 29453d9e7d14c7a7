// vision/image_input against Gemma3ImageProcessorPil: pixel values and the crops of pan and scan.
#include "vision/image_input.h"

#include "io/image_file.h"
#include "io/json_file.h"
#include "support/golden_case.h"
#include "support/test_data.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

namespace armillary {
namespace {

vision::ImageInputConfig configOf(const std::string& model)
{
    const Result<vision::ImageInputConfig> config = vision::readImageInputConfig(test::dataPath(model));
    EXPECT_TRUE(config.has_value()) << config.error().message;
    return config.value_or(vision::ImageInputConfig{});
}

at::Tensor pixelValues(const std::string& picture, const vision::ImageInputConfig& config, bool panAndScan)
{
    const Result<Image> image = io::readImage(test::dataPath(picture));
    EXPECT_TRUE(image.has_value()) << image.error().message;
    const Result<vision::VisionInput> input = vision::imageInputFromImage(image.value_or(Image()), config, panAndScan);
    EXPECT_TRUE(input.has_value()) << input.error().message;
    return input ? input->pixelValues : at::Tensor();
}

TEST(ImageInputGolden, OnePicture)
{
    const test::GoldenCase golden = test::GoldenCase::open("cases/gemma/image_text");
    const vision::ImageInputConfig config = configOf(golden.json()["inputs"]["model"]);
    const at::Tensor got = pixelValues(golden.json()["inputs"]["image"], config, false);
    EXPECT_TRUE(test::matches(golden, "pixel_values", got));
    // The order of multiplication and rounding is the reference's, so not even the last bit differs.
    EXPECT_TRUE(at::equal(golden.tensor("pixel_values"), got));
}

TEST(ImageInputGolden, TwoPictures)
{
    const test::GoldenCase golden = test::GoldenCase::open("cases/gemma/two_images");
    const vision::ImageInputConfig config = configOf(golden.json()["inputs"]["model"]);
    std::vector<at::Tensor> rows;
    for (const auto& picture : golden.json()["inputs"]["images"])
        rows.push_back(pixelValues(picture, config, false));
    EXPECT_TRUE(test::matches(golden, "pixel_values", at::cat(rows)));
}

TEST(ImageInputGolden, Jpeg)
{
    const test::GoldenCase golden = test::GoldenCase::open("cases/gemma/image_jpeg");
    const vision::ImageInputConfig config = configOf(golden.json()["inputs"]["model"]);
    EXPECT_TRUE(test::matches(golden, "pixel_values", pixelValues(golden.json()["inputs"]["image"], config, false)));
}

TEST(ImageInputGolden, FourFramesInOnePicture)
{
    const test::GoldenCase golden = test::GoldenCase::open("cases/gemma/grid_2x2");
    const at::Tensor sheet = golden.tensor("sheet").contiguous();  // [H,W,3]
    const auto* pixels = sheet.data_ptr<std::uint8_t>();
    const Image image(static_cast<int>(sheet.size(0)), static_cast<int>(sheet.size(1)),
                      std::vector<std::uint8_t>(pixels, pixels + sheet.numel()));
    const Result<vision::VisionInput> input = vision::imageInputFromImage(image, configOf("models/gemma-tiny"), false);
    ASSERT_TRUE(input.has_value()) << input.error().message;
    EXPECT_TRUE(test::matches(golden, "pixel_values", input->pixelValues));
}

class PanAndScanGolden : public ::testing::TestWithParam<const char*> {};

TEST_P(PanAndScanGolden, PixelsAndBoxes)
{
    const test::GoldenCase golden = test::GoldenCase::open(GetParam());
    const nlohmann::json& inputs = golden.json()["inputs"];
    vision::ImageInputConfig config = configOf(inputs["model"]);
    config.minCropPixels = inputs["pan_and_scan_min_crop_size"];
    config.maxCrops = inputs["pan_and_scan_max_num_crops"];
    config.minRatioToActivate = inputs["pan_and_scan_min_ratio_to_activate"];
    const Result<Image> image = io::readImage(test::dataPath(inputs["image"].get<std::string>()));
    ASSERT_TRUE(image.has_value()) << image.error().message;
    const Result<vision::VisionInput> input = vision::imageInputFromImage(*image, config, true);
    ASSERT_TRUE(input.has_value()) << input.error().message;
    EXPECT_TRUE(test::matches(golden, "pixel_values", input->pixelValues));

    const nlohmann::json& boxes = golden.json()["crop_boxes_left_top_right_bottom"];
    ASSERT_EQ(input->crops.size(), boxes.size() + 1);
    EXPECT_EQ(input->crops[0].height, image->height());
    EXPECT_EQ(input->crops[0].width, image->width());
    for (std::size_t i = 0; i < boxes.size(); ++i) {
        const vision::CropBox& box = input->crops[i + 1];
        EXPECT_EQ(nlohmann::json({box.left, box.top, box.left + box.width, box.top + box.height}), boxes[i]);
    }
}

INSTANTIATE_TEST_SUITE_P(Cases, PanAndScanGolden,
                         ::testing::Values("cases/gemma/pan_and_scan_tall", "cases/gemma/pan_and_scan_wide"));

TEST(ImageInputGolden, CropBoxesOfManySizes)
{
    const Result<nlohmann::json> file = io::readJsonFile(test::dataPath("cases/gemma/pan_and_scan_boxes.json"));
    ASSERT_TRUE(file.has_value()) << file.error().message;
    int withCrops = 0;
    for (const auto& row : (*file)["rows"]) {
        vision::ImageInputConfig config;
        config.minCropPixels = row["min_crop_size"];
        config.maxCrops = row["max_num_crops"];
        config.minRatioToActivate = row["min_ratio_to_activate"];
        nlohmann::json got = nlohmann::json::array();
        for (const vision::CropBox& box : vision::panAndScanCrops(row["height"], row["width"], config))
            got.push_back({box.left, box.top, box.left + box.width, box.top + box.height});
        EXPECT_EQ(got, row["boxes"]) << row.dump();
        withCrops += got.empty() ? 0 : 1;
    }
    EXPECT_GT(withCrops, 10);
}

}  // namespace
}  // namespace armillary
