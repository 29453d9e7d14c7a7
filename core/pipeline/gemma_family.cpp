#include "pipeline/gemma_family.h"

#include "gemma/gemma_config.h"
#include "gemma/weight_names.h"
#include "language/weight_names.h"
#include "pipeline/input_keeping.h"
#include "vision/image_input.h"
#include "vision/soft_token_projector.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

namespace armillary::pipeline {
namespace {

std::vector<PixelBox> boxesOf(const std::vector<vision::CropBox>& crops, double height, double width)
{
    std::vector<PixelBox> out;
    for (const vision::CropBox& crop : crops)
        out.push_back({crop.top / height, crop.left / width, (crop.top + crop.height) / height,
                       (crop.left + crop.width) / width});
    return out;
}

class GemmaPlanner final : public PromptPlanner {
public:
    GemmaPlanner(gemma::GemmaConfig config, vision::ImageInputConfig imageInput,
                 std::shared_ptr<const text::Tokenizer> tokenizer)
        : m_config(std::move(config)), m_imageInput(std::move(imageInput)), m_tokenizer(std::move(tokenizer))
    {}

    [[nodiscard]] Result<PictureInput> cuts(int heightPixels, int widthPixels, bool panAndScan) const override
    {
        std::vector<vision::CropBox> crops{{0, 0, heightPixels, widthPixels}};
        if (panAndScan)
            for (const vision::CropBox& crop : vision::panAndScanCrops(heightPixels, widthPixels, m_imageInput))
                crops.push_back(crop);
        return PictureInput{{}, boxesOf(crops, heightPixels, widthPixels), {}};
    }

    [[nodiscard]] Result<fusion::PromptPlan> planPrompt(const Question& question, FusionOption fusion,
                                                        const std::vector<ShownPicture>& pictures,
                                                        const fusion::WorldGrid& world,
                                                        const fusion::WorldTokenNames& names,
                                                        std::int64_t mostPositions) const override
    {
        std::vector<fusion::PicturePlan> planned;
        for (const ShownPicture& picture : pictures)
            planned.push_back({picture.media, picture.input->crops});
        return fusion::planPrompt(question, fusion, m_tokenizer, planned, world, names,
                                  {m_config.imageTokenId, static_cast<int>(m_config.tokensPerImage), mostPositions});
    }

    [[nodiscard]] std::string turnMark() const override { return "<start_of_turn>"; }

private:
    gemma::GemmaConfig m_config;
    vision::ImageInputConfig m_imageInput;
    std::shared_ptr<const text::Tokenizer> m_tokenizer;
};

class GemmaFamily final : public ModelFamily {
public:
    GemmaFamily(gemma::GemmaConfig config, const vision::SiglipConfig& siglip, vision::ImageInputConfig imageInput,
                std::unique_ptr<vision::SoftTokenProjector> projector, std::shared_ptr<const text::Tokenizer> tokenizer)
        : m_config(std::move(config)),
          m_siglip(siglip),
          m_imageInput(std::move(imageInput)),
          m_projector(std::move(projector)),
          m_tokenizer(std::move(tokenizer))
    {}

    [[nodiscard]] std::string title() const override { return "Gemma 3"; }

    [[nodiscard]] Result<PictureInput> pictureInput(const Image& image, bool panAndScan) const override
    {
        auto input = vision::imageInputFromImage(image, m_imageInput, panAndScan);
        if (!input)
            return tl::unexpected(input.error());
        return PictureInput{std::move(input->pixelValues), boxesOf(input->crops, image.height(), image.width()), {}};
    }

    [[nodiscard]] inspect::PixelScale pixelScale() const override { return scaleOf(m_imageInput); }

    [[nodiscard]] at::Tensor imageTokens(const at::Tensor& patches, tensors::TapSink& taps) const override
    {
        return m_projector->project(patches, taps);
    }

    [[nodiscard]] std::int64_t tokensPerCrop() const override { return m_config.tokensPerImage; }
    [[nodiscard]] std::int64_t imageTokenId() const override { return m_config.imageTokenId; }
    [[nodiscard]] const std::vector<std::int64_t>& stopIds() const override { return m_config.eosIds; }
    [[nodiscard]] bool takesWorlds() const override { return true; }

    [[nodiscard]] ImageAttention usualAttention(FusionOption fusion) const override
    {
        return fusion == FusionOption::None ? ImageAttention::Bidirectional : ImageAttention::Causal;
    }

    [[nodiscard]] std::shared_ptr<const PromptPlanner> planner() const override
    {
        return std::make_shared<GemmaPlanner>(m_config, m_imageInput, m_tokenizer);
    }

    [[nodiscard]] std::vector<std::pair<std::string, std::string>> facts() const override
    {
        return {{"sliding window", std::to_string(m_config.text.slidingWindow)},
                {"longest sequence", std::to_string(m_config.text.maxPositions)},
                {"image tokens a picture", std::to_string(m_config.tokensPerImage)},
                {"SigLIP layers", std::to_string(m_siglip.layerCount)},
                {"SigLIP picture", fmt::format("{0}x{0} pixels", m_siglip.imagePixels)}};
    }

private:
    gemma::GemmaConfig m_config;
    vision::SiglipConfig m_siglip;
    vision::ImageInputConfig m_imageInput;
    std::unique_ptr<vision::SoftTokenProjector> m_projector;
    std::shared_ptr<const text::Tokenizer> m_tokenizer;
};

// Rows of the embedding table that a checkpoint brings: its code shrank it to the tokenizer's length. 0: it brings none.
std::int64_t overlaidEmbeddingRows(const io::ModelFolder& checkpoint)
{
    for (const auto& file : checkpoint.files) {
        for (const io::TensorView& view : file->tensors()) {
            if (gemma::canonicalGemmaName(view.name) == language::kEmbeddingName && view.shape.size() == 2)
                return view.shape[0];
        }
    }
    return 0;
}

Result<void> checkTokenizer(const text::Tokenizer& tokenizer, const gemma::GemmaConfig& config,
                            const std::string& folder)
{
    if (tokenizer.size() > config.text.vocabularySize)
        return fail(ErrorCode::ModelMismatch, fmt::format("the tokenizer has {} tokens, the embedding table only "
                                                          "{} rows: they belong to different models: {}",
                                                          tokenizer.size(), config.text.vocabularySize, folder));
    if (const auto id = tokenizer.id("<image_soft_token>"); id.value_or(config.imageTokenId) != config.imageTokenId)
        return fail(ErrorCode::ModelMismatch,
                    fmt::format("config.json says that image tokens have id {}, the tokenizer says {}: {}",
                                config.imageTokenId, *id, folder));
    return {};
}

}  // namespace

Result<FamilyParts> loadGemmaFamily(const FamilyRequest& request)
{
    const io::ModelFolder& folder = request.folder;
    FamilyParts parts;
    auto tokenizer = text::loadTokenizer(folder.path);
    if (!tokenizer)
        return tl::unexpected(tokenizer.error());
    parts.tokenizer = std::move(*tokenizer);
    auto imageInput = vision::readImageInputConfig(folder.path);
    if (!imageInput)
        return tl::unexpected(imageInput.error());
    const std::string path = folder.file("config.json");
    auto config = gemma::readGemmaConfig(folder.config, path, folder.path);
    if (!config)
        return tl::unexpected(config.error());
    const auto siglip = vision::readSiglipConfig(folder.config["vision_config"], path, config->tokensPerImage);
    if (!siglip)
        return tl::unexpected(siglip.error());
    parts.weights = std::make_unique<tensors::Weights>(folder, gemma::canonicalGemmaName);
    if (request.checkpoint != nullptr) {
        parts.weights->overlay(*request.checkpoint, [](const std::string& name) {
            return name.starts_with("world_") || name.starts_with("temporal_embedding")
                       ? std::string()
                       : gemma::canonicalGemmaName(name);
        });
        if (const auto rows = overlaidEmbeddingRows(*request.checkpoint); rows > 0)
            config->text.vocabularySize = rows;
    }
    if (auto fits = checkTokenizer(*parts.tokenizer, *config, folder.path); !fits)
        return tl::unexpected(fits.error());
    parts.format = scalarFromFormat(request.format, parts.weights->storedType());
    parts.language = language::LanguageModel::load(*parts.weights, config->text, request.device, parts.format);
    parts.siglip = vision::SiglipEncoder::load(*parts.weights, *siglip, request.device, parts.format);
    auto projector = vision::SoftTokenProjector::load(*parts.weights, *siglip, config->text.hiddenSize,
                                                      config->tokensPerImage, request.device, parts.format);
    parts.family = std::make_unique<GemmaFamily>(std::move(*config), *siglip, std::move(*imageInput),
                                                 std::move(projector), parts.tokenizer);
    return parts;
}

}  // namespace armillary::pipeline
