#include "gemma/gemma_config.h"

#include "support/test_data.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace armillary::gemma {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

const char* const kPath = "folder/config.json";

json sparse()
{
    // As google/gemma-3-4b-it publishes it.
    return json::parse(
        R"({"model_type": "gemma3", "boi_token_index": 255999, "eoi_token_index": 256000, "eos_token_id": [1, 106],
        "image_token_index": 262144, "mm_tokens_per_image": 256,
        "text_config": {"hidden_size": 2560, "intermediate_size": 10240, "model_type": "gemma3_text", "num_hidden_layers": 34,
                        "rope_scaling": {"factor": 8.0, "rope_type": "linear"}, "sliding_window": 1024},
        "vision_config": {"hidden_size": 1152}})");
}

Result<GemmaConfig> read(const json& config)
{
    return readGemmaConfig(config, kPath, "no-such-folder");
}

std::string messageOf(const json& config)
{
    const auto result = read(config);
    return result ? "no error" : result.error().message;
}

TEST(GemmaConfig, SparsePublishedFormTakesDefaults)
{
    const auto config = read(sparse());
    ASSERT_TRUE(config) << config.error().message;
    const TextConfig& text = config->text;
    EXPECT_EQ(text.vocabularySize, 262208);
    EXPECT_EQ(text.hiddenSize, 2560);
    EXPECT_EQ(text.layerCount, 34);
    EXPECT_EQ(text.queryHeads, 8);
    EXPECT_EQ(text.keyValueHeads, 4);
    EXPECT_EQ(text.headWidth, 256);
    EXPECT_EQ(text.slidingWindow, 1024);
    EXPECT_DOUBLE_EQ(text.scoreScale(), 1.0 / 16);
    EXPECT_DOUBLE_EQ(text.globalTheta, 1e6);
    EXPECT_DOUBLE_EQ(text.globalFactor, 8);
    EXPECT_DOUBLE_EQ(text.localTheta, 1e4);
    EXPECT_DOUBLE_EQ(text.localFactor, 1);
    EXPECT_TRUE(text.tiedEmbeddings);
    for (std::int64_t layer = 0; layer < 34; ++layer)
        EXPECT_EQ(text.isGlobal(layer), (layer + 1) % 6 == 0) << layer;
    EXPECT_EQ(config->tokensPerImage, 256);
    EXPECT_EQ(config->imageTokenId, 262144);
    EXPECT_THAT(config->eosIds, ElementsAre(1, 106));
}

TEST(GemmaConfig, BothFormsOfTheTinySnapshotMeanTheSame)
{
    const auto load = [](const std::string& model) {
        const std::string folder = test::dataPath("models/" + model);
        std::ifstream stream(folder + "/config.json");
        return readGemmaConfig(json::parse(stream), folder + "/config.json", folder);
    };
    const auto fresh = load("gemma-tiny");
    const auto old = load("gemma-tiny-hub");
    ASSERT_TRUE(fresh) << fresh.error().message;
    ASSERT_TRUE(old) << old.error().message;
    const TextConfig& a = fresh->text;
    const TextConfig& b = old->text;
    EXPECT_EQ(a.layerIsGlobal, b.layerIsGlobal);
    EXPECT_EQ(a.queryScalar, 24);
    EXPECT_EQ(std::tuple(a.vocabularySize, a.hiddenSize, a.intermediateSize, a.layerCount, a.queryHeads,
                         a.keyValueHeads, a.headWidth, a.maxPositions, a.slidingWindow, a.queryScalar, a.globalTheta,
                         a.globalFactor, a.localTheta, a.localFactor),
              std::tuple(b.vocabularySize, b.hiddenSize, b.intermediateSize, b.layerCount, b.queryHeads,
                         b.keyValueHeads, b.headWidth, b.maxPositions, b.slidingWindow, b.queryScalar, b.globalTheta,
                         b.globalFactor, b.localTheta, b.localFactor));
    EXPECT_EQ(fresh->eosIds, old->eosIds);
    EXPECT_EQ(fresh->tokensPerImage, 16);
    EXPECT_EQ(fresh->beginImageId, 86);
}

TEST(GemmaConfig, GenerationConfigDecidesAboutEndTokens)
{
    const std::string folder = test::makeTemporaryFolder();
    std::ofstream(folder + "/generation_config.json") << R"({"eos_token_id": 7})";
    const auto config = readGemmaConfig(sparse(), kPath, folder);
    ASSERT_TRUE(config);
    EXPECT_THAT(config->eosIds, ElementsAre(7));
    std::ofstream(folder + "/generation_config.json") << "{";
    EXPECT_FALSE(readGemmaConfig(sparse(), kPath, folder));
    std::filesystem::remove_all(folder);
}

TEST(GemmaConfig, OldNameOfTheScalingKind)
{
    json config = sparse();
    config["text_config"]["rope_scaling"] = {{"type", "linear"}, {"factor", 4}};
    EXPECT_DOUBLE_EQ(read(config)->text.globalFactor, 4);
}

TEST(GemmaConfig, RefusesWhatItDoesNotKnow)
{
    const auto with = [](const std::string& pointer, const json& value) {
        json config = sparse();
        config[json::json_pointer(pointer)] = value;
        return config;
    };
    EXPECT_THAT(messageOf(with("/model_type", "llama")), HasSubstr("llama"));
    EXPECT_THAT(messageOf(with("/vision_config", nullptr)), HasSubstr("vision_config"));
    EXPECT_THAT(messageOf(with("/quantization_config", {{"bits", 4}})), HasSubstr("quantized"));
    EXPECT_THAT(messageOf(with("/text_config/rope_scaling/rope_type", "yarn")), HasSubstr("yarn"));
    EXPECT_THAT(messageOf(with("/text_config/rope_scaling", {{"rope_type", "linear"}})), HasSubstr("factor"));
    EXPECT_THAT(messageOf(with("/text_config/rope_theta", -1)), HasSubstr("positive"));
    EXPECT_THAT(messageOf(with("/text_config/hidden_activation", "silu")), HasSubstr("silu"));
    EXPECT_THAT(messageOf(with("/text_config/layer_types", {"full_attention"})), HasSubstr("34 layers"));
    EXPECT_THAT(messageOf(with("/text_config/layer_types", json(std::vector<std::string>(34, "chunked_attention")))),
                HasSubstr("chunked_attention"));
    EXPECT_THAT(messageOf(with("/text_config/num_key_value_heads", 3)), HasSubstr("do not fit"));
    EXPECT_THAT(messageOf(with("/text_config/num_hidden_layers", "many")), HasSubstr("text_config.num_hidden_layers"));
    EXPECT_THAT(messageOf(with("/text_config/hidden_size", 0)), HasSubstr("hidden_size"));
    EXPECT_THAT(messageOf(with("/text_config/use_bidirectional_attention", true)), HasSubstr("both directions"));
    EXPECT_THAT(messageOf(json::array()), HasSubstr(kPath));
    EXPECT_THAT(messageOf(with("/text_config", 3)), HasSubstr("text_config"));
}

}  // namespace
}  // namespace armillary::gemma
