#include "cosmos/cosmos_config.h"

#include "io/json_file.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <numeric>
#include <optional>

namespace armillary::cosmos {
namespace {

// Sizes above these are no model that exists, and would overflow products of them.
constexpr std::int64_t kMostChannels = std::int64_t{1} << 20;
constexpr std::int64_t kMostLayers = 1024;

tl::unexpected<Error> notOurs(const std::string& what, const std::string& path)
{
    return fail(ErrorCode::ModelMismatch, fmt::format("{}: {}", what, path));
}

// An array of `key`, or `fallback` when missing or null; nothing when it is something else.
template <class Element>
std::optional<std::vector<Element>> arrayOf(const nlohmann::json& config, const std::string& key,
                                            std::vector<Element> fallback)
{
    const auto found = config.find(key);
    if (found == config.end() || found->is_null())
        return fallback;
    if (!found->is_array())
        return std::nullopt;
    std::vector<Element> values;
    for (const nlohmann::json& item : *found) {
        const bool fits = std::is_same_v<Element, bool> ? item.is_boolean()
                          : std::is_integral_v<Element> ? item.is_number_integer()
                                                        : item.is_number();
        if (!fits)
            return std::nullopt;
        values.push_back(item.get<Element>());
    }
    return values;
}

tl::unexpected<Error> badArray(const std::string& key, const std::string& expected, const std::string& path)
{
    return fail(ErrorCode::FileRead, fmt::format("\"{}\" must be {}: {}", key, expected, path));
}

bool isSet(const nlohmann::json& config, const std::string& key)
{
    const auto found = config.find(key);
    return found != config.end() && !found->is_null() && *found != nlohmann::json(false);
}

template <class Element>
std::optional<std::array<Element, 3>> threeOf(const nlohmann::json& config, const std::string& key,
                                              const std::array<Element, 3>& fallback)
{
    const auto values = arrayOf<Element>(config, key, {fallback.begin(), fallback.end()});
    if (!values || values->size() != 3 || std::any_of(values->begin(), values->end(), [](Element v) { return v <= 0; }))
        return std::nullopt;
    return std::array<Element, 3>{(*values)[0], (*values)[1], (*values)[2]};
}

// Wan 2.1's own numbers, which configurations may leave out.
const std::vector<double> kWanMean{-0.7571, -0.7089, -0.9113, 0.1075,  -0.1745, 0.9653,  -0.1517, 1.5508,
                                   0.4134,  -0.0715, 0.5517,  -0.3632, -0.1922, -0.9497, 0.2503,  -0.2921};
const std::vector<double> kWanDeviation{2.8184, 1.4541, 2.3275, 2.6558, 1.2196, 1.7708, 2.6052, 2.0743,
                                        3.2687, 2.1526, 2.8652, 1.5579, 1.6382, 1.1253, 2.8251, 1.9160};

bool mentions(const std::string& file, const std::string& words)
{
    const Result<std::string> text = io::readTextFile(file, std::size_t{4} << 20);
    if (!text)
        return false;
    std::string lower = *text;
    std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return std::tolower(c); });
    return lower.find(words) != std::string::npos;
}

}  // namespace

std::int64_t VaeConfig::framesPerLatent() const
{
    return std::int64_t{1} << std::count(halvesTime.begin(), halvesTime.end(), true);
}

Result<VaeConfig> readVaeConfig(const nlohmann::json& config, const std::string& path)
{
    io::ConfigReader reader(config, path);
    VaeConfig out;
    const std::string kind = reader.text("_class_name", "AutoencoderKLWan");
    out.encoderWidth = reader.integer("base_dim", 96, 1, kMostChannels);
    out.decoderWidth = reader.integer("decoder_base_dim", out.encoderWidth, 1, kMostChannels);
    out.latentChannels = reader.integer("z_dim", 16, 1, kMostChannels);
    out.residualBlocks = reader.integer("num_res_blocks", 2, 1, 64);
    out.inputChannels = reader.integer("in_channels", 3, 1, kMostChannels);
    out.outputChannels = reader.integer("out_channels", 3, 1, kMostChannels);
    if (const auto checked = reader.check(); !checked)
        return tl::unexpected(checked.error());
    if (kind != "AutoencoderKLWan")
        return notOurs(fmt::format("the VAE is a {} where an AutoencoderKLWan is expected", kind), path);
    if (isSet(config, "is_residual") || isSet(config, "patch_size"))
        return notOurs(
            "this is a Wan 2.2 VAE (is_residual, patch_size), which Cosmos-Predict2 does not use; pick its own VAE",
            path);
    if (out.inputChannels != 3 || out.outputChannels != 3)
        return notOurs(fmt::format("the VAE reads {} and writes {} channels where pictures have 3", out.inputChannels,
                                   out.outputChannels),
                       path);

    const auto factors = arrayOf<std::int64_t>(config, "dim_mult", {1, 2, 4, 4});
    if (!factors || factors->empty() || factors->size() > 8 ||
        std::any_of(factors->begin(), factors->end(), [](std::int64_t f) { return f < 1 || f > 1024; }))
        return badArray("dim_mult", "a list of 1 to 8 whole numbers from 1 to 1024", path);
    out.levelFactors = *factors;
    const auto halves = arrayOf<bool>(config, "temperal_downsample", {false, true, true});
    if (!halves || halves->size() != factors->size() - 1)
        return badArray("temperal_downsample",
                        fmt::format("a list of {} times true or false, one less than \"dim_mult\" has",
                                    factors->size() - 1),
                        path);
    out.halvesTime = *halves;
    const auto scales = arrayOf<double>(config, "attn_scales", {});
    if (!scales)
        return badArray("attn_scales", "a list of numbers", path);
    out.attentionScales = *scales;
    // An upsampling block halves its channels on the way to the next level.
    for (std::size_t level = 1; level < factors->size(); ++level)
        if (out.decoderWidth * (*factors)[level] % 2 != 0)
            return notOurs("the decoder's channels of a level that is upsampled must be even", path);

    const auto mean = arrayOf<double>(config, "latents_mean", kWanMean);
    const auto deviation = arrayOf<double>(config, "latents_std", kWanDeviation);
    const auto channels = static_cast<std::size_t>(out.latentChannels);
    if (!mean || mean->size() != channels)
        return badArray("latents_mean", fmt::format("a list of {} numbers, one a latent channel", channels), path);
    if (!deviation || deviation->size() != channels ||
        std::any_of(deviation->begin(), deviation->end(), [](double value) { return value <= 0; }))
        return badArray("latents_std", fmt::format("a list of {} numbers above 0, one a latent channel", channels),
                        path);
    out.latentsMean = *mean;
    out.latentsDeviation = *deviation;
    return out;
}

Result<TransformerConfig> readTransformerConfig(const nlohmann::json& config, const std::string& path)
{
    io::ConfigReader reader(config, path);
    TransformerConfig out;
    const std::string kind = reader.text("_class_name", "CosmosTransformer3DModel");
    out.inputChannels = reader.integer("in_channels", 16, 2, kMostChannels);
    out.outputChannels = reader.integer("out_channels", 16, 1, kMostChannels);
    out.heads = reader.integer("num_attention_heads", 32, 1, 1024);
    out.headWidth = reader.integer("attention_head_dim", 128, 1, 4096);
    out.layers = reader.integer("num_layers", 28, 1, kMostLayers);
    out.mlpRatio = reader.number("mlp_ratio", 4);
    out.textWidth = reader.integer("text_embed_dim", 1024, 1, kMostChannels);
    out.adaptiveRank = reader.integer("adaln_lora_dim", 256, 1, kMostChannels);
    out.hasPaddingMask = reader.boolean("concat_padding_mask", true);
    const std::string extra = reader.text("extra_pos_embed_type", "");
    if (const auto checked = reader.check(); !checked)
        return tl::unexpected(checked.error());
    if (kind != "CosmosTransformer3DModel")
        return notOurs(fmt::format("the transformer is a {} where a CosmosTransformer3DModel is expected", kind), path);
    if (!extra.empty())
        return notOurs(
            fmt::format("the transformer adds \"{}\" position embeddings, as Cosmos-Predict1 does; this program runs "
                        "Cosmos-Predict2",
                        extra),
            path);
    for (const char* key : {"use_crossattn_projection", "controlnet_block_every_n", "img_context_dim_in"})
        if (isSet(config, key))
            return notOurs(
                fmt::format("the transformer sets \"{}\", as Cosmos 2.5 does; this program runs Cosmos-Predict2", key),
                path);
    if (out.mlpRatio <= 0 || out.mlpRatio > 64)
        return badArray("mlp_ratio", "a number from 0 to 64", path);

    const auto maxSize = threeOf<std::int64_t>(config, "max_size", out.maxSize);
    const auto patchSize = threeOf<std::int64_t>(config, "patch_size", out.patchSize);
    const auto ropeScale = threeOf<double>(config, "rope_scale", out.ropeScale);
    if (!maxSize || !patchSize || !ropeScale)
        return badArray(!maxSize     ? "max_size"
                        : !patchSize ? "patch_size"
                                     : "rope_scale",
                        "a list of 3 numbers above 0", path);
    if ((*patchSize)[0] != 1)
        return notOurs(
            "a patch of the transformer spans several latent frames, which a time for each frame does not allow", path);
    out.maxSize = *maxSize;
    out.patchSize = *patchSize;
    out.ropeScale = *ropeScale;
    // A third of a head turns by height, a third by width, the rest by time; each part needs two pairs at least.
    const std::int64_t spatial = out.headWidth / 6 * 2;
    if (spatial < 4 || out.headWidth - 2 * spatial < 4 || out.headWidth % 2 != 0)
        return notOurs(fmt::format("heads of width {} cannot hold three rotary parts", out.headWidth), path);
    return out;
}

Result<T5Config> readT5Config(const nlohmann::json& config, const std::string& path)
{
    io::ConfigReader reader(config, path);
    T5Config out;
    const std::string kind = reader.text("model_type", "t5");
    out.vocabulary = reader.integer("vocab_size", 32128, 1, std::int64_t{1} << 30);
    out.width = reader.integer("d_model", 512, 1, kMostChannels);
    out.headWidth = reader.integer("d_kv", 64, 1, 65536);
    out.mlpWidth = reader.integer("d_ff", 2048, 1, std::int64_t{1} << 24);
    out.layers = reader.integer("num_layers", 6, 1, kMostLayers);
    out.heads = reader.integer("num_heads", 8, 1, 65536);
    out.buckets = reader.integer("relative_attention_num_buckets", 32, 4, 65536);
    out.maxDistance = reader.integer("relative_attention_max_distance", 128, 1, 1 << 30);
    out.epsilon = reader.number("layer_norm_epsilon", 1e-6);
    const std::string mlp = reader.text("feed_forward_proj", "relu");
    if (const auto checked = reader.check(); !checked)
        return tl::unexpected(checked.error());
    if (kind != "t5")
        return notOurs(fmt::format("the text encoder is a \"{}\" model where a T5 encoder is expected", kind), path);
    if (mlp != "relu" && mlp != "gated-gelu")
        return notOurs(
            fmt::format("the T5 encoder's feed_forward_proj is \"{}\"; this program computes relu and gated-gelu", mlp),
            path);
    if (out.buckets % 4 != 0 || out.maxDistance <= out.buckets / 4)
        return notOurs("the T5 encoder's relative attention buckets do not fit its largest distance", path);
    out.isGated = mlp == "gated-gelu";
    return out;
}

Result<void> checkSchedulerConfig(const std::string& path)
{
    const Result<nlohmann::json> config = io::readJsonFile(path);
    if (!config)
        return tl::unexpected(config.error());
    io::ConfigReader reader(*config, path);
    const std::string kind = reader.text("_class_name", "");
    const bool hasKarras = reader.boolean("use_karras_sigmas", false);
    const bool isInverted = reader.boolean("invert_sigmas", false);
    const bool isStochastic = reader.boolean("stochastic_sampling", false);
    const bool isDynamic = reader.boolean("use_dynamic_shifting", false);
    if (const auto checked = reader.check(); !checked)
        return tl::unexpected(checked.error());
    if (kind != "FlowMatchEulerDiscreteScheduler")
        return notOurs(fmt::format("the scheduler is a \"{}\" where a FlowMatchEulerDiscreteScheduler is expected",
                                   kind),
                       path);
    if (!hasKarras || isInverted || isStochastic || isDynamic)
        return notOurs("the scheduler does not use plain Karras sigmas (use_karras_sigmas true, invert_sigmas, "
                       "stochastic_sampling "
                       "and use_dynamic_shifting false), as Cosmos-Predict2's does",
                       path);
    return {};
}

Result<PipelineFolder> openPipelineFolder(const std::string& path, const std::vector<std::string>& parts)
{
    std::error_code ignored;
    if (!std::filesystem::is_directory(path, ignored))
        return fail(ErrorCode::FileRead, fmt::format("there is no such world model folder: {}", path));
    const std::string indexPath = path + "/model_index.json";
    const Result<nlohmann::json> index = io::readJsonFile(indexPath);
    if (!index)
        return failWhile("reading the world model's index", index.error());
    io::ConfigReader reader(*index, indexPath);
    const std::string kind = reader.text("_class_name", "");
    if (const auto checked = reader.check(); !checked)
        return tl::unexpected(checked.error());
    if (kind != "Cosmos2VideoToWorldPipeline")
        return notOurs(fmt::format("the folder holds a \"{}\" where a Cosmos2VideoToWorldPipeline is expected", kind),
                       indexPath);
    std::vector<std::string> missing;
    const std::filesystem::path folder(path);
    for (const std::string& part : parts)
        if (!std::filesystem::is_directory(folder / part, ignored))
            missing.push_back(part);
    if (!missing.empty())
        return fail(ErrorCode::FileRead, fmt::format("the world model folder lacks {}; fetch the whole snapshot: {}",
                                                     fmt::join(missing, ", "), path));
    return PipelineFolder{path};
}

Result<io::ModelFolder> openPart(const PipelineFolder& pipeline, const std::string& name)
{
    return io::openModelFolder(pipeline.part(name), {"diffusion_pytorch_model", "model"});
}

Result<void> checkPartsFit(const VaeConfig& vae, const TransformerConfig& transformer, const T5Config& t5,
                           const std::string& path)
{
    if (transformer.inputChannels - 1 != vae.latentChannels || transformer.outputChannels != vae.latentChannels)
        return notOurs(
            fmt::format("the transformer reads {} and writes {} latent channels but the VAE has {}; the parts are of "
                        "different snapshots",
                        transformer.inputChannels - 1, transformer.outputChannels, vae.latentChannels),
            path);
    if (transformer.textWidth != t5.width)
        return notOurs(
            fmt::format("the transformer reads text rows of width {} but the text encoder writes {}; the parts are of "
                        "different snapshots",
                        transformer.textWidth, t5.width),
            path);
    return {};
}

bool isUnderNvidiaLicence(const PipelineFolder& pipeline)
{
    for (const char* file : {"README.md", "LICENSE", "LICENSE.md", "LICENSE.txt"})
        for (const char* words : {"nvidia-open-model-license", "nvidia open model license"})
            if (mentions(pipeline.part(file), words))
                return true;
    return false;
}

}  // namespace armillary::cosmos
