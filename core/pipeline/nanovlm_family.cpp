#include "pipeline/nanovlm_family.h"

#include "io/json_file.h"
#include "nanovlm/nanovlm_config.h"
#include "nanovlm/tile_input.h"
#include "nanovlm/tile_projector.h"
#include "nanovlm/tile_prompt.h"
#include "nanovlm/weight_names.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <filesystem>

namespace armillary::pipeline {
namespace {

std::vector<PixelBox> boxesOf(const inspect::TilePlan& plan)
{
    std::vector<PixelBox> out;
    for (const inspect::Tile& tile : plan.tiles)
        out.push_back(tile.covers);
    return out;
}

class NanoVlmPlanner final : public PromptPlanner {
public:
    NanoVlmPlanner(nanovlm::NanoVlmConfig config, std::shared_ptr<const text::Tokenizer> tokenizer)
        : m_config(std::move(config)), m_tokenizer(std::move(tokenizer))
    {}

    [[nodiscard]] Result<PictureInput> cuts(int heightPixels, int widthPixels, bool /*panAndScan*/) const override
    {
        auto plan = inspect::planTiles({heightPixels, widthPixels}, m_config.tiles);
        if (!plan)
            return tl::unexpected(plan.error());
        std::vector<PixelBox> boxes = boxesOf(*plan);
        return PictureInput{{}, std::move(boxes), std::move(*plan)};
    }

    [[nodiscard]] Result<fusion::PromptPlan> planPrompt(const Question& question, FusionOption /*fusion*/,
                                                        const std::vector<ShownPicture>& pictures,
                                                        const fusion::WorldGrid& /*world*/,
                                                        const fusion::WorldTokenNames& /*names*/,
                                                        std::int64_t mostPositions) const override
    {
        std::vector<nanovlm::TiledPicture> tiled;
        for (const ShownPicture& picture : pictures)
            tiled.push_back({picture.media, *picture.input->tiles});
        auto prompt = nanovlm::planTilePrompt(question, tiled, *m_tokenizer, m_config, mostPositions);
        if (!prompt)
            return tl::unexpected(prompt.error());
        fusion::PromptPlan plan;
        plan.rendered = std::move(prompt->rendered);
        plan.layout = std::move(prompt->layout);
        plan.imageRows = std::move(prompt->imageRows);
        plan.imageBlocks = std::move(prompt->imageBlocks);
        return plan;
    }

    [[nodiscard]] std::string turnMark() const override { return "<|im_start|>"; }

private:
    nanovlm::NanoVlmConfig m_config;
    std::shared_ptr<const text::Tokenizer> m_tokenizer;
};

class NanoVlmFamily final : public ModelFamily {
public:
    NanoVlmFamily(nanovlm::NanoVlmConfig config, std::vector<std::int64_t> stopIds,
                  std::unique_ptr<nanovlm::TileProjector> projector, std::shared_ptr<const text::Tokenizer> tokenizer)
        : m_config(std::move(config)),
          m_stopIds(std::move(stopIds)),
          m_projector(std::move(projector)),
          m_tokenizer(std::move(tokenizer))
    {}

    [[nodiscard]] std::string title() const override { return "nanoVLM"; }

    [[nodiscard]] Result<PictureInput> pictureInput(const Image& image, bool /*panAndScan*/) const override
    {
        auto input = nanovlm::tileInputFromImage(image, m_config.tiles);
        if (!input)
            return tl::unexpected(input.error());
        std::vector<PixelBox> boxes = boxesOf(input->plan);
        return PictureInput{std::move(input->pixelValues), std::move(boxes), std::move(input->plan)};
    }

    [[nodiscard]] inspect::PixelScale pixelScale() const override { return {}; }

    [[nodiscard]] at::Tensor imageTokens(const at::Tensor& patches, tensors::TapSink& /*taps*/) const override
    {
        return m_projector->project(patches);
    }

    [[nodiscard]] std::int64_t tokensPerCrop() const override
    {
        return static_cast<std::int64_t>(m_config.tiles.tokensPerSide) * m_config.tiles.tokensPerSide;
    }
    [[nodiscard]] std::int64_t imageTokenId() const override
    {
        return m_tokenizer->id(m_config.tokenByRole.at("image_token")).value_or(-1);
    }
    [[nodiscard]] const std::vector<std::int64_t>& stopIds() const override { return m_stopIds; }
    [[nodiscard]] bool takesWorlds() const override { return false; }
    [[nodiscard]] ImageAttention usualAttention(FusionOption /*fusion*/) const override
    {
        return ImageAttention::Causal;
    }

    [[nodiscard]] std::shared_ptr<const PromptPlanner> planner() const override
    {
        return std::make_shared<NanoVlmPlanner>(m_config, m_tokenizer);
    }

    [[nodiscard]] std::vector<std::pair<std::string, std::string>> facts() const override
    {
        const inspect::TileRules& tiles = m_config.tiles;
        return {{"longest sequence", std::to_string(m_config.text.maxPositions)},
                {"tile", fmt::format("{0}x{0} pixels, {1}x{1} tokens", tiles.tilePixels, tiles.tokensPerSide)},
                {"largest side", fmt::format("{} pixels{}", tiles.maxSidePixels,
                                             tiles.fillsMaxSide ? ", small pictures are enlarged to it" : "")},
                {"global tile", tiles.hasGlobalTile ? "yes" : "no"},
                {"pixel shuffle", fmt::format("{0}x{0} patches to a token", m_config.shuffleFactor)},
                {"vision layers", std::to_string(m_config.vision.layerCount)}};
    }

private:
    nanovlm::NanoVlmConfig m_config;
    std::vector<std::int64_t> m_stopIds;
    std::unique_ptr<nanovlm::TileProjector> m_projector;
    std::shared_ptr<const text::Tokenizer> m_tokenizer;
};

// The tokenizer's own end token ends an answer.
Result<std::vector<std::int64_t>> readStopIds(const std::string& folder, const text::Tokenizer& tokenizer)
{
    std::string name = "<|im_end|>";
    const std::string path = folder + "/tokenizer_config.json";
    std::error_code ignored;
    if (std::filesystem::exists(path, ignored)) {
        const auto config = io::readJsonFile(path);
        if (!config)
            return tl::unexpected(config.error());
        const nlohmann::json end =
            config->is_object() ? config->value("eos_token", nlohmann::json()) : nlohmann::json();
        if (end.is_string())
            name = end.get<std::string>();
        else if (end.is_object() && end.contains("content") && end.at("content").is_string())
            name = end.at("content").get<std::string>();
    }
    const auto id = tokenizer.id(name);
    if (!id)
        return fail(ErrorCode::ModelMismatch,
                    fmt::format("the tokenizer does not know its own end token \"{}\": {}", name, folder));
    return std::vector<std::int64_t>{*id};
}

}  // namespace

Result<FamilyParts> loadNanoVlmFamily(const FamilyRequest& request)
{
    const io::ModelFolder& folder = request.folder;
    if (request.checkpoint != nullptr)
        return fail(ErrorCode::ModelMismatch,
                    "a TheWorld checkpoint is built on Gemma 3, but the model is a nanoVLM: " + folder.path);
    auto config = nanovlm::readNanoVlmConfig(folder);
    if (!config)
        return tl::unexpected(config.error());
    FamilyParts parts;
    auto tokenizer = text::loadTokenizer(config->tokenizerFolder);
    if (!tokenizer)
        return tl::unexpected(tokenizer.error());
    parts.tokenizer = (*tokenizer)->withAddedTokens(config->addedTokens);
    if (parts.tokenizer->size() > config->text.vocabularySize)
        return fail(
            ErrorCode::ModelMismatch,
            fmt::format("tokenizer and tile tokens are {}, the embedding table has only {} rows: they belong to "
                        "different models: {}",
                        parts.tokenizer->size(), config->text.vocabularySize, folder.path));
    auto stopIds = readStopIds(config->tokenizerFolder, *parts.tokenizer);
    if (!stopIds)
        return tl::unexpected(stopIds.error());
    parts.weights = nanovlm::nanoVlmWeights(folder, config->text.tiedEmbeddings);
    parts.format = scalarFromFormat(request.format, parts.weights->storedType());
    parts.language = language::LanguageModel::load(*parts.weights, config->text, request.device, parts.format);
    parts.siglip = vision::SiglipEncoder::load(*parts.weights, config->vision, request.device, parts.format);
    auto projector = nanovlm::TileProjector::load(*parts.weights, config->vision.hiddenSize, config->text.hiddenSize,
                                                  config->shuffleFactor, request.device, parts.format);
    parts.family =
        std::make_unique<NanoVlmFamily>(std::move(*config), std::move(*stopIds), std::move(projector), parts.tokenizer);
    return parts;
}

}  // namespace armillary::pipeline
