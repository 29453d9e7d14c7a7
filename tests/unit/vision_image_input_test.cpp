#include "vision/image_input.h"

#include "support/test_data.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

namespace armillary::vision {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::string folderWith(const std::string& name, const std::string& text)
{
    std::string folder = test::makeTemporaryFolder();
    std::ofstream(folder + "/" + name) << text;
    return folder;
}

// The part of a gradient that a box covers: red is the row, green the column of the whole picture.
Image gradient(const CropBox& box)
{
    std::vector<std::uint8_t> rgb;
    for (int row = box.top; row < box.top + box.height; ++row)
        for (int column = box.left; column < box.left + box.width; ++column)
            for (const int level : {row, column, 128})
                rgb.push_back(static_cast<std::uint8_t>(level));
    return {box.height, box.width, std::move(rgb)};
}

TEST(ReadImageInputConfig, ReadsTheReferenceFile)
{
    for (const char* model : {"models/gemma-tiny", "models/gemma-tiny-hub"}) {
        const Result<ImageInputConfig> config = readImageInputConfig(test::dataPath(model));
        ASSERT_TRUE(config.has_value()) << config.error().message;
        EXPECT_EQ(config->heightPixels, 112);
        EXPECT_EQ(config->widthPixels, 112);
        EXPECT_DOUBLE_EQ(config->rescaleFactor, 0.00392156862745098);
        EXPECT_EQ(config->mean, (std::vector<double>{0.5, 0.5, 0.5}));
        EXPECT_FALSE(config->panAndScan);  // null, like the three numbers of pan and scan
        EXPECT_EQ(config->minCropPixels, 256);
        EXPECT_EQ(config->maxCrops, 4);
        EXPECT_DOUBLE_EQ(config->minRatioToActivate, 1.2);
    }
}

TEST(ReadImageInputConfig, ReadsEveryNumber)
{
    const Result<ImageInputConfig> config = readImageInputConfig(folderWith("preprocessor_config.json", R"({
        "image_processor_type": "Gemma3ImageProcessorFast", "size": {"height": 896, "width": 448},
        "rescale_factor": 0.5,
        "image_mean": [0.1, 0.2, 0.3], "image_std": 0.25, "do_pan_and_scan": true, "pan_and_scan_min_crop_size": 64,
        "pan_and_scan_max_num_crops": 8, "pan_and_scan_min_ratio_to_activate": 1.5})"));
    ASSERT_TRUE(config.has_value()) << config.error().message;
    EXPECT_EQ(config->heightPixels, 896);
    EXPECT_EQ(config->widthPixels, 448);
    EXPECT_DOUBLE_EQ(config->rescaleFactor, 0.5);
    EXPECT_EQ(config->mean, (std::vector<double>{0.1, 0.2, 0.3}));
    EXPECT_EQ(config->deviation, (std::vector<double>{0.25, 0.25, 0.25}));
    EXPECT_TRUE(config->panAndScan);
    EXPECT_EQ(config->minCropPixels, 64);
    EXPECT_EQ(config->maxCrops, 8);
    EXPECT_DOUBLE_EQ(config->minRatioToActivate, 1.5);
}

TEST(ReadImageInputConfig, ReadsTheNestedForm)
{
    const Result<ImageInputConfig> config = readImageInputConfig(
        folderWith("processor_config.json",
                   R"({"image_processor": {"size": {"height": 32, "width": 48}}, "image_seq_length": 4})"));
    ASSERT_TRUE(config.has_value()) << config.error().message;
    EXPECT_EQ(config->heightPixels, 32);
    EXPECT_EQ(config->widthPixels, 48);
}

TEST(ReadImageInputConfig, SaysWhatDoesNotFit)
{
    struct Case {
        const char* text;
        ErrorCode code;
        const char* sentence;
    };
    const Case cases[] = {
        {"{", ErrorCode::FileRead, "not valid JSON"},
        {"[]", ErrorCode::FileRead, "must be a JSON object"},
        {R"({"image_processor_type": "CLIPImageProcessor"})", ErrorCode::ModelMismatch,
         "\"CLIPImageProcessor\", but only Gemma3"},
        {R"({"resample": 3})", ErrorCode::ModelMismatch, "resampling is number 3 of Pillow, but only 2 (bilinear)"},
        {R"({"do_resize": false})", ErrorCode::ModelMismatch, "\"do_resize\" is false"},
        {R"({"do_normalize": false})", ErrorCode::ModelMismatch, "\"do_normalize\" is false"},
        {R"({"size": {"shortest_edge": 224}})", ErrorCode::FileRead, "\"size.height\" must be given but is missing"},
        {R"({"size": 224})", ErrorCode::FileRead, "\"size\" must be a JSON object but is 224"},
        {R"({"size": {"height": 0, "width": 4}})", ErrorCode::FileRead,
         "\"size.height\" must be a whole number from 1 to 16384"},
        {R"({"size": {"height": 4, "width": 1000000}})", ErrorCode::FileRead,
         "\"size.width\" must be a whole number from 1 to 16384"},
        {R"({"image_mean": [0.5, 0.5]})", ErrorCode::ModelMismatch, "\"image_mean\" must be 3 numbers"},
        {R"({"image_mean": [0.5, 0.5, "x"]})", ErrorCode::ModelMismatch, "\"image_mean\" must be 3 numbers"},
        {R"({"image_std": [0.5, 0.0, 0.5]})", ErrorCode::ModelMismatch, "\"image_std\" must be above 0"},
        {R"({"rescale_factor": "x"})", ErrorCode::FileRead, "\"rescale_factor\" must be a number but is \"x\""},
        {R"({"pan_and_scan_min_crop_size": 0})", ErrorCode::FileRead,
         "\"pan_and_scan_min_crop_size\" must be a whole number from 1"},
        {R"({"pan_and_scan_max_num_crops": 0})", ErrorCode::FileRead,
         "\"pan_and_scan_max_num_crops\" must be a whole number from 1"},
    };
    for (const Case& one : cases) {
        const std::string folder = folderWith("preprocessor_config.json", one.text);
        const Result<ImageInputConfig> config = readImageInputConfig(folder);
        ASSERT_FALSE(config.has_value()) << one.text;
        EXPECT_EQ(config.error().code, one.code) << one.text;
        EXPECT_THAT(config.error().message, HasSubstr(one.sentence));
        EXPECT_TRUE(config.error().message.ends_with(": " + folder + "/preprocessor_config.json"))
            << config.error().message;
    }
    EXPECT_FALSE(readImageInputConfig(test::makeTemporaryFolder()).has_value());
    EXPECT_FALSE(readImageInputConfig(folderWith("processor_config.json", "{}")).has_value());
}

TEST(PanAndScan, CutsLongPicturesAlongTheirLongSide)
{
    ImageInputConfig config;
    config.minCropPixels = 64;
    const std::vector<CropBox> wide = panAndScanCrops(100, 301, config);
    ASSERT_THAT(wide, SizeIs(3));
    EXPECT_EQ(wide[0].width, 101);
    EXPECT_EQ(wide[1].left, 101);
    EXPECT_EQ(wide[2].width, 99);  // what is left
    EXPECT_EQ(wide[2].height, 100);
    const std::vector<CropBox> tall = panAndScanCrops(301, 100, config);
    ASSERT_THAT(tall, SizeIs(3));
    EXPECT_EQ(tall[2].top, 202);
    EXPECT_EQ(tall[2].height, 99);
    EXPECT_EQ(tall[2].width, 100);
}

TEST(PanAndScan, LeavesOtherPicturesWhole)
{
    const ImageInputConfig config;
    EXPECT_THAT(panAndScanCrops(1000, 1000, config), IsEmpty());
    EXPECT_THAT(panAndScanCrops(1000, 1199, config), IsEmpty());
    EXPECT_THAT(panAndScanCrops(1000, 1200, config), SizeIs(2));
    EXPECT_THAT(panAndScanCrops(255, 2000, config), IsEmpty());  // crops would be below 256
    EXPECT_THAT(panAndScanCrops(0, 10, config), IsEmpty());
}

// With a tiny smallest size the last crops could begin beyond the picture; there the reference fails, here they are
// left out.
TEST(PanAndScan, GivesNoEmptyCrop)
{
    ImageInputConfig config;
    config.minCropPixels = 1;
    config.maxCrops = 64;
    for (int longSide = 1; longSide < 80; ++longSide) {
        int covered = 0;
        for (const CropBox& box : panAndScanCrops(1, longSide, config)) {
            EXPECT_EQ(box.left, covered);
            EXPECT_GT(box.width, 0);
            covered += box.width;
        }
        EXPECT_TRUE(covered == longSide || covered == 0) << longSide;
    }
}

TEST(ImageInput, RescalesAndNormalises)
{
    ImageInputConfig config;
    config.heightPixels = 2;
    config.widthPixels = 2;
    config.mean = {0.5, 0.25, 0.0};
    config.deviation = {0.5, 0.5, 2.0};
    const Image image(2, 2, {0, 51, 255, 255, 51, 255, 0, 51, 255, 255, 51, 255});
    const Result<VisionInput> input = imageInputFromImage(image, config, false);
    ASSERT_TRUE(input.has_value()) << input.error().message;
    const at::Tensor want =
        at::tensor({-1.F, 1.F, -1.F, 1.F, -0.1F, -0.1F, -0.1F, -0.1F, 0.5F, 0.5F, 0.5F, 0.5F}).reshape({1, 3, 2, 2});
    EXPECT_TRUE(at::allclose(input->pixelValues, want, 0, 1e-7)) << input->pixelValues;
    ASSERT_THAT(input->crops, SizeIs(1));
    EXPECT_EQ(input->crops[0].height, 2);
}

TEST(ImageInput, EachCropIsThePictureOfItsBox)
{
    ImageInputConfig config;
    config.heightPixels = 16;
    config.widthPixels = 16;
    config.minCropPixels = 32;
    const Image image = gradient({0, 0, 50, 140});
    const Result<VisionInput> input = imageInputFromImage(image, config, true);
    ASSERT_TRUE(input.has_value()) << input.error().message;
    ASSERT_THAT(input->crops, SizeIs(4));
    EXPECT_EQ(input->pixelValues.sizes(), at::IntArrayRef({4, 3, 16, 16}));
    for (std::size_t i = 0; i < input->crops.size(); ++i) {
        const Result<VisionInput> alone = imageInputFromImage(gradient(input->crops[i]), config, false);
        ASSERT_TRUE(alone.has_value());
        EXPECT_TRUE(at::equal(alone->pixelValues[0], input->pixelValues[static_cast<std::int64_t>(i)])) << i;
    }
}

TEST(ImageInput, RefusesAnEmptyPicture)
{
    const Result<VisionInput> input = imageInputFromImage(Image(), {}, false);
    ASSERT_FALSE(input.has_value());
    EXPECT_EQ(input.error().code, ErrorCode::InvalidInput);
}

}  // namespace
}  // namespace armillary::vision
