#include "vision/image_input.h"

#include "io/json_file.h"
#include "picture/resize.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <filesystem>

namespace armillary::vision {
namespace {

constexpr std::size_t kChannels = 3;

tl::unexpected<Error> mismatch(const std::string& fault, const std::string& path)
{
    return fail(ErrorCode::ModelMismatch, fmt::format("{}: {}", fault, path));
}

// One number per colour channel; a single number stands for all three.
Result<std::vector<double>> channelNumbers(const nlohmann::json& config, const char* key, std::vector<double> fallback,
                                           const std::string& path)
{
    const auto found = config.find(key);
    if (found == config.end() || found->is_null())
        return fallback;
    if (found->is_number())
        return std::vector<double>(kChannels, found->get<double>());
    std::vector<double> numbers;
    if (found->is_array())
        for (const nlohmann::json& value : *found)
            if (value.is_number())
                numbers.push_back(value.get<double>());
    if (numbers.size() != kChannels || found->size() != kChannels)
        return mismatch(fmt::format("\"{}\" must be {} numbers", key, kChannels), path);
    return numbers;
}

Result<void> checkProcessor(io::ConfigReader& config, const std::string& path)
{
    const std::string type = config.text("image_processor_type", "Gemma3ImageProcessor");
    if (type != "Gemma3ImageProcessor" && type != "Gemma3ImageProcessorFast" && type != "Gemma3ImageProcessorPil")
        return mismatch(fmt::format("the image processor is \"{}\", but only Gemma3ImageProcessor is known", type),
                        path);
    constexpr int kPillowBilinear = 2;
    const std::int64_t resample = config.integer("resample", kPillowBilinear);
    if (resample != kPillowBilinear)
        return mismatch(fmt::format("the resampling is number {} of Pillow, but only {} (bilinear) is known", resample,
                                    kPillowBilinear),
                        path);
    for (const char* step : {"do_resize", "do_rescale", "do_normalize"})
        if (!config.boolean(step, true))
            return mismatch(fmt::format("\"{}\" is false, but pictures are always resized, rescaled and normalised",
                                        step),
                            path);
    return {};
}

// Level 0..255 -> pixel value. The reference multiplies in double, rounds to float, then subtracts and divides in
// float.
std::array<float, 256> valueByLevel(const ImageInputConfig& config, std::size_t channel)
{
    const auto mean = static_cast<float>(config.mean[channel]);
    const auto deviation = static_cast<float>(config.deviation[channel]);
    std::array<float, 256> values{};
    for (std::size_t level = 0; level < values.size(); ++level) {
        const auto rescaled = static_cast<float>(static_cast<double>(level) * config.rescaleFactor);
        values[level] = (rescaled - mean) / deviation;
    }
    return values;
}

Image crop(const Image& image, const CropBox& box)
{
    const std::size_t rowBytes = static_cast<std::size_t>(box.width) * kChannels;
    std::vector<std::uint8_t> rgb(static_cast<std::size_t>(box.height) * rowBytes);
    for (int row = 0; row < box.height; ++row) {
        const std::size_t source = (static_cast<std::size_t>(box.top + row) * static_cast<std::size_t>(image.width()) +
                                    static_cast<std::size_t>(box.left)) *
                                   kChannels;
        std::memcpy(rgb.data() + static_cast<std::size_t>(row) * rowBytes, image.rgb().data() + source, rowBytes);
    }
    return {box.height, box.width, std::move(rgb)};
}

}  // namespace

Result<ImageInputConfig> readImageInputConfig(const std::string& modelFolder)
{
    // Snapshots carry a file of its own; newer ones may nest the same object in processor_config.json.
    std::string path = modelFolder + "/preprocessor_config.json";
    const std::string nestedPath = modelFolder + "/processor_config.json";
    std::error_code ignored;
    const bool isNested = !std::filesystem::exists(path, ignored) && std::filesystem::exists(nestedPath, ignored);
    if (isNested)
        path = nestedPath;
    const Result<nlohmann::json> json = io::readJsonFile(path);
    if (!json)
        return tl::unexpected(json.error());
    io::ConfigReader file(*json, path);
    io::ConfigReader reader = isNested ? file.object("image_processor") : file;
    if (isNested)
        file.require("image_processor");
    file.absorb(reader);
    if (const Result<void> checked = file.check(); !checked)
        return tl::unexpected(checked.error());
    if (const Result<void> known = checkProcessor(reader, path); !known)
        return tl::unexpected(known.error());

    ImageInputConfig config;
    constexpr int kMostPixels = 16384;
    if (reader.has("size")) {
        io::ConfigReader size = reader.object("size");
        size.require("height");
        size.require("width");
        config.heightPixels = static_cast<int>(size.integer("height", config.heightPixels, 1, kMostPixels));
        config.widthPixels = static_cast<int>(size.integer("width", config.widthPixels, 1, kMostPixels));
        reader.absorb(size);
    }
    config.rescaleFactor = reader.number("rescale_factor", config.rescaleFactor);
    config.panAndScan = reader.boolean("do_pan_and_scan", config.panAndScan);
    config.minCropPixels =
        static_cast<int>(reader.integer("pan_and_scan_min_crop_size", config.minCropPixels, 1, kMostPixels));
    constexpr int kMostCrops = 64;
    config.maxCrops = static_cast<int>(reader.integer("pan_and_scan_max_num_crops", config.maxCrops, 1, kMostCrops));
    config.minRatioToActivate = reader.number("pan_and_scan_min_ratio_to_activate", config.minRatioToActivate);
    if (const Result<void> checked = reader.check(); !checked)
        return tl::unexpected(checked.error());

    Result<std::vector<double>> mean = channelNumbers(reader.json(), "image_mean", config.mean, path);
    if (!mean)
        return tl::unexpected(mean.error());
    Result<std::vector<double>> deviation = channelNumbers(reader.json(), "image_std", config.deviation, path);
    if (!deviation)
        return tl::unexpected(deviation.error());
    if (std::any_of(deviation->begin(), deviation->end(), [](double value) { return !(value > 0); }))
        return mismatch("\"image_std\" must be above 0", path);
    config.mean = std::move(*mean);
    config.deviation = std::move(*deviation);
    return config;
}

std::vector<CropBox> panAndScanCrops(int heightPixels, int widthPixels, const ImageInputConfig& config)
{
    return armillary::panAndScanCrops(heightPixels, widthPixels,
                                      {config.minCropPixels, config.maxCrops, config.minRatioToActivate});
}

Result<VisionInput> imageInputFromImage(const Image& image, const ImageInputConfig& config, bool panAndScan)
{
    if (image.empty())
        return fail(ErrorCode::InvalidInput, "the picture has no pixels; choose another one");
    VisionInput input;
    input.crops.push_back({0, 0, image.height(), image.width()});
    if (panAndScan)
        for (const CropBox& box : panAndScanCrops(image.height(), image.width(), config))
            input.crops.push_back(box);

    const auto count = static_cast<std::int64_t>(input.crops.size());
    input.pixelValues =
        at::empty({count, static_cast<std::int64_t>(kChannels), config.heightPixels, config.widthPixels}, at::kFloat);
    auto* values = input.pixelValues.data_ptr<float>();
    for (std::size_t i = 0; i < input.crops.size(); ++i) {
        const Image part = i == 0 ? image : crop(image, input.crops[i]);
        const Image resized =
            picture::resize(part, config.heightPixels, config.widthPixels, picture::ResizeFilter::Bilinear);
        const std::span<const std::uint8_t> rgb = resized.rgb();
        for (std::size_t channel = 0; channel < kChannels; ++channel) {
            const std::array<float, 256> table = valueByLevel(config, channel);
            for (std::size_t at = channel; at < rgb.size(); at += kChannels)
                *values++ = table[rgb[at]];
        }
    }
    return input;  // pixelValues [N,3,H,W]
}

}  // namespace armillary::vision
