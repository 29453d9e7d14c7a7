#include "nanovlm/nanovlm_config.h"

#include "io/json_file.h"
#include "text/snapshot_tokenizer.h"

#include <fmt/format.h>

#include <string_view>
#include <utility>

namespace armillary::nanovlm {
namespace {

constexpr std::int64_t kMostWidth = 1 << 20;
constexpr std::int64_t kMostLayers = 1000;
constexpr std::int64_t kMostIds = std::int64_t{1} << 31;
constexpr std::int64_t kMostPixels = 1 << 14;

// The one template that published checkpoints name; tile_prompt.cpp writes what it says.
constexpr std::string_view kChatTemplate =
    "{% for message in messages %}{{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + "
    "'\n'}}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}";

tl::unexpected<Error> mismatch(const std::string& fault, const std::string& path)
{
    return fail(ErrorCode::ModelMismatch, fmt::format("{}: {}", fault, path));
}

void readText(io::ConfigReader& reader, language::DecoderConfig& text)
{
    text.hiddenSize = reader.integer("lm_hidden_dim", 960, 1, kMostWidth);
    text.intermediateSize = reader.integer("lm_inter_dim", 2560, 1, kMostWidth);
    text.normEpsilon = reader.number("lm_rms_eps", 1e-5);
    text.globalTheta = reader.number("lm_re_base", 100000);
    text.maxPositions = reader.integer("lm_max_position_embeddings", 8192, 1, kMostIds);
    const std::int64_t base = reader.integer("lm_base_vocab_size", 49152, 1, kMostIds);
    const std::int64_t extra = reader.integer("extra_token_amount", 66, 0, kMostIds);
    text.vocabularySize = reader.integer("lm_vocab_size", base + extra, 1, kMostIds);
    text.queryHeads = reader.integer("lm_n_heads", 15, 1, kMostWidth);
    text.keyValueHeads = reader.integer("lm_n_kv_heads", 5, 1, kMostWidth);
    text.layerCount = reader.integer("lm_n_blocks", 32, 1, kMostLayers);
    text.tiedEmbeddings = reader.boolean("lm_tie_weights", true);
    text.layerIsGlobal.assign(static_cast<std::size_t>(text.layerCount), true);
    text.normFactor = nn::RmsNorm::Factor::Weight;
    text.activation = language::Activation::Silu;
    text.stretchesRotary = true;
}

void readVision(io::ConfigReader& reader, vision::SiglipConfig& vision)
{
    vision.hiddenSize = reader.integer("vit_hidden_dim", 768, 1, kMostWidth);
    vision.intermediateSize = reader.integer("vit_inter_dim", 4 * 768, 1, kMostWidth);
    vision.patchPixels = reader.integer("vit_patch_size", 16, 1, kMostPixels);
    vision.imagePixels = reader.integer("vit_img_size", 512, 1, kMostPixels);
    vision.heads = reader.integer("vit_n_heads", 12, 1, kMostWidth);
    vision.layerCount = reader.integer("vit_n_blocks", 12, 1, kMostLayers);
    vision.normEpsilon = reader.number("vit_ln_eps", 1e-6);
}

Result<void> checkForm(io::ConfigReader& reader, const std::string& path)
{
    if (reader.boolean("vit_cls_flag", false))
        return mismatch("a vision encoder with a class token (vit_cls_flag) is not known", path);
    if (reader.boolean("lm_use_tokens", false))
        return mismatch("a language model that takes token ids (lm_use_tokens) cannot see pictures", path);
    if (reader.number("lm_attn_scaling", 1) != 1)
        return mismatch("an attention scaling (lm_attn_scaling) other than 1 is not known", path);
    if (reader.text("lm_chat_template", std::string(kChatTemplate)) != kChatTemplate)
        return mismatch("the chat template (lm_chat_template) is not the one of published checkpoints", path);
    return {};
}

Result<void> checkFit(const NanoVlmConfig& config, std::int64_t tokensPerTile, const std::string& path)
{
    const language::DecoderConfig& text = config.text;
    const vision::SiglipConfig& vision = config.vision;
    if (text.hiddenSize % text.queryHeads != 0 || text.queryHeads % text.keyValueHeads != 0 ||
        text.hiddenSize / text.queryHeads % 2 != 0)
        return mismatch(fmt::format("a hidden size of {}, {} query heads and {} key/value heads do not fit each other",
                                    text.hiddenSize, text.queryHeads, text.keyValueHeads),
                        path);
    if (vision.hiddenSize % vision.heads != 0 || vision.imagePixels % vision.patchPixels != 0)
        return mismatch(
            fmt::format("a vision encoder of width {}, {} heads, pictures of {} and patches of {} pixels does "
                        "not fit itself",
                        vision.hiddenSize, vision.heads, vision.imagePixels, vision.patchPixels),
            path);
    const std::int64_t side = vision.patchesPerSide() / config.shuffleFactor;
    if (vision.patchesPerSide() % config.shuffleFactor != 0 || side * side != tokensPerTile)
        return mismatch(fmt::format("{0}x{0} patches joined {1} a side do not make {2} tokens (mp_image_token_length)",
                                    vision.patchesPerSide(), config.shuffleFactor, tokensPerTile),
                        path);
    if (config.tiles.maxSidePixels % config.tiles.tilePixels != 0)
        return mismatch(
            fmt::format("the largest side {} (max_img_size) is no whole number of tiles of {} (vit_img_size)",
                        config.tiles.maxSidePixels, config.tiles.tilePixels),
            path);
    return {};
}

Result<void> readExtraTokens(const io::ModelFolder& folder, NanoVlmConfig& config)
{
    auto added = text::readAddedTokenizer(folder.path);
    if (!added)
        return tl::unexpected(added.error());
    config.tokenizerFolder = std::move(added->folder);
    for (auto& [role, token] : added->tokens) {
        config.addedTokens.push_back(token);
        config.tokenByRole[role] = std::move(token);
    }
    const std::string path = folder.file("config.json");
    if (!config.tokenByRole.contains("image_token"))
        return mismatch("vlm_extra_tokens names no \"image_token\"", path);
    config.tiles.hasGlobalTile = config.tokenByRole.contains("global_image_token");
    int side = 0;
    while (config.tokenByRole.contains(fmt::format("r{0}c{0}", side + 1)))
        ++side;
    for (int row = 1; row <= side; ++row)
        for (int column = 1; column <= side; ++column)
            if (!config.tokenByRole.contains(fmt::format("r{}c{}", row, column)))
                return mismatch(fmt::format("vlm_extra_tokens names no \"r{}c{}\"", row, column), path);
    if (side == 0)
        return mismatch("vlm_extra_tokens names no tile (\"r1c1\")", path);
    config.tiles.mostPerSide = side;
    return {};
}

}  // namespace

bool isNanoVlm(const nlohmann::json& config)
{
    return config.is_object() && config.contains("vit_hidden_dim") && config.contains("lm_hidden_dim");
}

Result<NanoVlmConfig> readNanoVlmConfig(const io::ModelFolder& folder)
{
    const std::string path = folder.file("config.json");
    io::ConfigReader reader(folder.config, path);
    NanoVlmConfig config;
    readText(reader, config.text);
    readVision(reader, config.vision);
    config.shuffleFactor = reader.integer("mp_pixel_shuffle_factor", 4, 1, kMostPixels);
    const std::int64_t tokensPerTile = reader.integer("mp_image_token_length", 64, 1, kMostWidth);
    config.tiles.maxSidePixels = static_cast<int>(reader.integer("max_img_size", 2048, 1, kMostPixels));
    config.tiles.fillsMaxSide = reader.boolean("resize_to_max_side_len", true);
    const Result<void> form = checkForm(reader, path);
    if (auto checked = reader.check(); !checked)
        return tl::unexpected(checked.error());
    if (!form)
        return tl::unexpected(form.error());
    config.text.headWidth = config.text.hiddenSize / config.text.queryHeads;
    config.text.queryScalar = static_cast<double>(config.text.headWidth);
    config.tiles.tilePixels = static_cast<int>(config.vision.imagePixels);
    if (auto fits = checkFit(config, tokensPerTile, path); !fits)
        return tl::unexpected(fits.error());
    config.tiles.tokensPerSide = static_cast<int>(config.vision.patchesPerSide() / config.shuffleFactor);
    if (auto tokens = readExtraTokens(folder, config); !tokens)
        return tl::unexpected(tokens.error());
    return config;
}

}  // namespace armillary::nanovlm
