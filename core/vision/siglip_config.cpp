#include "vision/siglip_config.h"

#include "io/json_file.h"

#include <fmt/format.h>

#include <cmath>

namespace armillary::vision {
namespace {

constexpr std::int64_t kMostWidth = std::int64_t{1} << 20;

Result<void> checkFit(const SiglipConfig& vision, std::int64_t tokensPerImage, const std::string& path)
{
    const auto mismatch = [&](const std::string& what) { return fail(ErrorCode::ModelMismatch, what + ": " + path); };
    if (vision.hiddenSize % vision.heads != 0)
        return mismatch(fmt::format("vision_config.hidden_size {} is not a multiple of num_attention_heads {}",
                                    vision.hiddenSize, vision.heads));
    if (vision.imagePixels % vision.patchPixels != 0)
        return mismatch(fmt::format("vision_config.image_size {} is not a multiple of patch_size {}",
                                    vision.imagePixels, vision.patchPixels));
    const std::int64_t side = tokensPerSide(tokensPerImage);
    if (side == 0 || vision.patchesPerSide() % side != 0)
        return mismatch(fmt::format("{} image tokens cannot be pooled from {}x{} patches", tokensPerImage,
                                    vision.patchesPerSide(), vision.patchesPerSide()));
    return {};
}

}  // namespace

std::int64_t tokensPerSide(std::int64_t tokensPerImage)
{
    const auto side = static_cast<std::int64_t>(std::llround(std::sqrt(static_cast<double>(tokensPerImage))));
    return side * side == tokensPerImage ? side : 0;
}

Result<SiglipConfig> readSiglipConfig(const nlohmann::json& object, const std::string& path,
                                      std::int64_t tokensPerImage)
{
    SiglipConfig vision;
    io::ConfigReader reader(object, path, "vision_config");
    const std::string kind = reader.text("model_type", "siglip_vision_model");
    const std::string activation = reader.text("hidden_act", "gelu_pytorch_tanh");
    vision.hiddenSize = reader.integer("hidden_size", vision.hiddenSize, 1, kMostWidth);
    vision.intermediateSize = reader.integer("intermediate_size", vision.intermediateSize, 1, kMostWidth);
    vision.layerCount = reader.integer("num_hidden_layers", vision.layerCount, 1, 1000);
    vision.heads = reader.integer("num_attention_heads", vision.heads, 1, 10000);
    vision.channels = reader.integer("num_channels", vision.channels, 3, 3);
    vision.imagePixels = reader.integer("image_size", vision.imagePixels, 1, 1 << 14);
    vision.patchPixels = reader.integer("patch_size", vision.patchPixels, 1, 1 << 14);
    vision.normEpsilon = reader.number("layer_norm_eps", vision.normEpsilon);
    if (auto read = reader.check(); !read)
        return tl::unexpected(read.error());
    if (kind != "siglip_vision_model" || activation != "gelu_pytorch_tanh")
        return fail(ErrorCode::ModelMismatch,
                    fmt::format("the vision encoder is \"{}\" with activation \"{}\", but only SigLIP with "
                                "gelu_pytorch_tanh is known: {}",
                                kind, activation, path));
    if (auto fits = checkFit(vision, tokensPerImage, path); !fits)
        return tl::unexpected(fits.error());
    return vision;
}

}  // namespace armillary::vision
