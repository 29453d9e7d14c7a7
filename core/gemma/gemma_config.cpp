#include "gemma/gemma_config.h"

#include "io/json_file.h"

#include <fmt/format.h>

#include <filesystem>
#include <system_error>
#include <utility>

namespace armillary::gemma {
namespace {

constexpr std::int64_t kMostWidth = 1 << 20;
constexpr std::int64_t kMostLayers = 1000;
constexpr std::int64_t kMostIds = std::int64_t{1} << 31;

struct Rotary {
    double theta = 0;
    double factor = 1;
    std::string kind = "default";
};

// One entry of rope_parameters, or the old rope_scaling. `type` is how files of transformers before 4.45 call rope_type.
Rotary readRotary(io::ConfigReader& object, double theta)
{
    Rotary rotary;
    rotary.theta = object.number("rope_theta", theta);
    rotary.kind = object.text(object.has("rope_type") ? "rope_type" : "type", "default");
    if (rotary.kind == "linear") {
        object.require("factor");
        rotary.factor = object.number("factor", 1);
    }
    return rotary;
}

Result<void> checkRotary(const Rotary& rotary, const std::string& path)
{
    if (rotary.kind != "default" && rotary.kind != "linear")
        return fail(ErrorCode::ModelMismatch,
                    fmt::format("rotary scaling \"{}\" is not known (default and linear are): {}", rotary.kind, path));
    if (!(rotary.theta > 0) || !(rotary.factor > 0))
        return fail(ErrorCode::ModelMismatch, fmt::format("rotary theta {} and factor {} must be positive: {}",
                                                          rotary.theta, rotary.factor, path));
    return {};
}

Result<void> readRotaries(io::ConfigReader& text, TextConfig& read, const std::string& path)
{
    Rotary global;
    Rotary local;
    if (text.has("rope_parameters")) {
        io::ConfigReader both = text.object("rope_parameters");
        io::ConfigReader full = both.object("full_attention");
        io::ConfigReader sliding = both.object("sliding_attention");
        global = readRotary(full, text.number("rope_theta", read.globalTheta));
        local = readRotary(sliding, text.number("rope_local_base_freq", read.localTheta));
        text.absorb(both);
        text.absorb(full);
        text.absorb(sliding);
    } else {
        io::ConfigReader scaling = text.object("rope_scaling");
        global = readRotary(scaling, text.number("rope_theta", read.globalTheta));
        local.theta = text.number("rope_local_base_freq", read.localTheta);
        text.absorb(scaling);
    }
    read.globalTheta = global.theta;
    read.globalFactor = global.factor;
    read.localTheta = local.theta;
    read.localFactor = local.factor;
    if (auto known = checkRotary(global, path); !known)
        return known;
    return checkRotary(local, path);
}

Result<void> readLayerKinds(io::ConfigReader& text, TextConfig& read, const std::string& path)
{
    read.layerIsGlobal.clear();
    if (!text.has("layer_types")) {
        const std::int64_t pattern = text.integer("sliding_window_pattern", 6, 1, kMostLayers);
        for (std::int64_t layer = 0; layer < read.layerCount; ++layer)
            read.layerIsGlobal.push_back((layer + 1) % pattern == 0);
        return {};
    }
    const nlohmann::json& kinds = text.json().at("layer_types");
    if (!kinds.is_array() || static_cast<std::int64_t>(kinds.size()) != read.layerCount)
        return fail(ErrorCode::ModelMismatch,
                    fmt::format("layer_types must name the kind of each of the {} layers: {}", read.layerCount, path));
    for (const nlohmann::json& kind : kinds) {
        if (kind != "full_attention" && kind != "sliding_attention")
            return fail(ErrorCode::ModelMismatch, fmt::format("layer kind {} is not known: {}", kind.dump(), path));
        read.layerIsGlobal.push_back(kind == "full_attention");
    }
    return {};
}

// An id or a list of ids; empty when the key is missing or holds something else.
std::vector<std::int64_t> idsFrom(const nlohmann::json& object, const std::string& key)
{
    std::vector<std::int64_t> ids;
    if (!object.is_object() || !object.contains(key))
        return ids;
    const nlohmann::json& value = object.at(key);
    if (value.is_number_integer())
        ids.push_back(value.get<std::int64_t>());
    else if (value.is_array())
        for (const nlohmann::json& id : value)
            if (id.is_number_integer())
                ids.push_back(id.get<std::int64_t>());
    return ids;
}

std::vector<std::int64_t> stopIdsFrom(const nlohmann::json& config, const nlohmann::json& text,
                                      const nlohmann::json& generation)
{
    for (const nlohmann::json* source : {&generation, &config, &text})
        if (std::vector<std::int64_t> ids = idsFrom(*source, "eos_token_id"); !ids.empty())
            return ids;
    return {1};
}

Result<void> checkKind(io::ConfigReader& top, io::ConfigReader& text, const std::string& kind, const std::string& path)
{
    const auto mismatch = [&](const std::string& what) { return fail(ErrorCode::ModelMismatch, what + ": " + path); };
    if (kind != "gemma3" || !top.has("vision_config"))
        return mismatch(fmt::format(
            "this is a model of kind \"{}\" where Gemma 3 with pictures (\"gemma3\", with a vision_config) is expected",
            kind));
    if (top.has("quantization_config"))
        return mismatch("the weights are quantized; use the snapshot with bfloat16 or float32 weights");
    const std::string activation = text.text("hidden_activation", "gelu_pytorch_tanh");
    if (activation != "gelu_pytorch_tanh")
        return mismatch(fmt::format("activation \"{}\" is not known (gelu_pytorch_tanh is)", activation));
    if (text.boolean("attention_bias", false))
        return mismatch("attention with biases is not known in Gemma 3");
    if (text.boolean("use_bidirectional_attention", false))
        return mismatch("the model attends in both directions and writes no text (an embedding model)");
    return {};
}

}  // namespace

TextConfig defaultTextConfig()
{
    TextConfig text;
    text.vocabularySize = 262208;
    text.hiddenSize = 2304;
    text.intermediateSize = 9216;
    text.layerCount = 26;
    text.queryHeads = 8;
    text.keyValueHeads = 4;
    text.headWidth = 256;
    text.maxPositions = 131072;
    text.slidingWindow = 4096;
    text.queryScalar = 256;
    text.normEpsilon = 1e-6;
    text.globalTheta = 1e6;
    text.localTheta = 1e4;
    text.normFactor = nn::RmsNorm::Factor::OnePlusWeight;
    text.normsHeads = true;
    text.normsOutputs = true;
    text.activation = language::Activation::GeluTanh;
    text.scalesEmbeddings = true;
    return text;
}

Result<GemmaConfig> readGemmaConfig(const nlohmann::json& config, const std::string& path, const std::string& folder)
{
    io::ConfigReader top(config, path);
    const std::string kind = top.text("model_type", "gemma3");
    io::ConfigReader reader = top.object("text_config");
    top.absorb(reader);
    if (auto checked = top.check(); !checked)
        return tl::unexpected(checked.error());
    if (auto known = checkKind(top, reader, kind, path); !known)
        return tl::unexpected(known.error());

    GemmaConfig read;
    TextConfig& text = read.text;
    text.vocabularySize = reader.integer("vocab_size", text.vocabularySize, 1, kMostIds);
    text.hiddenSize = reader.integer("hidden_size", text.hiddenSize, 1, kMostWidth);
    text.intermediateSize = reader.integer("intermediate_size", text.intermediateSize, 1, kMostWidth);
    text.layerCount = reader.integer("num_hidden_layers", text.layerCount, 1, kMostLayers);
    text.queryHeads = reader.integer("num_attention_heads", text.queryHeads, 1, kMostWidth);
    text.keyValueHeads = reader.integer("num_key_value_heads", text.keyValueHeads, 1, kMostWidth);
    text.headWidth = reader.integer("head_dim", text.headWidth, 2, kMostWidth);
    text.maxPositions = reader.integer("max_position_embeddings", text.maxPositions, 1, kMostIds);
    text.slidingWindow = reader.integer("sliding_window", text.slidingWindow, 1, kMostIds);
    text.queryScalar = reader.number("query_pre_attn_scalar", text.queryScalar);
    text.normEpsilon = reader.number("rms_norm_eps", text.normEpsilon);
    text.tiedEmbeddings = top.boolean("tie_word_embeddings", reader.boolean("tie_word_embeddings", true));
    read.tokensPerImage = top.integer("mm_tokens_per_image", read.tokensPerImage, 1, kMostWidth);
    read.beginImageId = top.integer("boi_token_index", read.beginImageId, 0, kMostIds);
    read.endImageId = top.integer("eoi_token_index", read.endImageId, 0, kMostIds);
    read.imageTokenId = top.integer("image_token_index", read.imageTokenId, 0, kMostIds);
    const Result<void> rotaries = readRotaries(reader, text, path);
    const Result<void> kinds = readLayerKinds(reader, text, path);
    top.absorb(reader);
    if (auto checked = top.check(); !checked)
        return tl::unexpected(checked.error());
    if (!rotaries)
        return tl::unexpected(rotaries.error());
    if (!kinds)
        return tl::unexpected(kinds.error());
    if (text.queryHeads % text.keyValueHeads != 0 || text.headWidth % 2 != 0 || !(text.queryScalar > 0))
        return fail(
            ErrorCode::ModelMismatch,
            fmt::format("{} query heads of width {}, {} key/value heads and query scalar {} do not fit each other: {}",
                        text.queryHeads, text.headWidth, text.keyValueHeads, text.queryScalar, path));

    nlohmann::json generation = nlohmann::json::object();
    const std::string generationPath = folder + "/generation_config.json";
    std::error_code ignored;
    if (std::filesystem::exists(generationPath, ignored)) {
        Result<nlohmann::json> content = io::readJsonFile(generationPath);
        if (!content)
            return tl::unexpected(content.error());
        generation = std::move(*content);
    }
    read.eosIds = stopIdsFrom(config, reader.json(), generation);
    return read;
}

}  // namespace armillary::gemma
