#include "vision/siglip_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace armillary::vision {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

const char* const kPath = "folder/config.json";

json published()
{
    return {{"hidden_size", 1152},       {"image_size", 896},
            {"intermediate_size", 4304}, {"model_type", "siglip_vision_model"},
            {"num_attention_heads", 16}, {"num_hidden_layers", 27},
            {"patch_size", 14},          {"vision_use_head", false}};
}

std::string messageOf(const std::string& key, const json& value, std::int64_t tokens = 256)
{
    json object = published();
    object[key] = value;
    const auto result = readSiglipConfig(object, kPath, tokens);
    return result ? "no error" : result.error().message;
}

TEST(SiglipConfig, ReadsThePublishedForm)
{
    const auto config = readSiglipConfig(published(), kPath, 256);
    ASSERT_TRUE(config) << config.error().message;
    EXPECT_EQ(config->hiddenSize, 1152);
    EXPECT_EQ(config->layerCount, 27);
    EXPECT_EQ(config->heads, 16);
    EXPECT_EQ(config->channels, 3);
    EXPECT_EQ(config->patchesPerSide(), 64);
    EXPECT_DOUBLE_EQ(config->normEpsilon, 1e-6);
}

TEST(SiglipConfig, RefusesWhatDoesNotFit)
{
    EXPECT_THAT(messageOf("model_type", "clip_vision_model"), HasSubstr("clip_vision_model"));
    EXPECT_THAT(messageOf("hidden_act", "relu"), HasSubstr("relu"));
    EXPECT_THAT(messageOf("num_attention_heads", 7), HasSubstr("num_attention_heads 7"));
    EXPECT_THAT(messageOf("image_size", 900), HasSubstr("image_size 900"));
    EXPECT_THAT(messageOf("hidden_size", "wide"), HasSubstr("vision_config.hidden_size"));
    EXPECT_THAT(messageOf("num_channels", 1), HasSubstr("num_channels"));
    EXPECT_THAT(messageOf("image_size", 896, 255), HasSubstr("255 image tokens"));
    EXPECT_THAT(messageOf("image_size", 896, 9), HasSubstr("9 image tokens"));
}

TEST(SiglipConfig, TokenGridsAreSquare)
{
    EXPECT_EQ(tokensPerSide(256), 16);
    EXPECT_EQ(tokensPerSide(1), 1);
    EXPECT_EQ(tokensPerSide(250), 0);
}

}  // namespace
}  // namespace armillary::vision
