#include "nanovlm/nanovlm_config.h"

#include "support/test_data.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <functional>

namespace armillary::nanovlm {
namespace {

namespace fs = std::filesystem;

io::ModelFolder tiny()
{
    auto folder = io::openModelFolder(test::dataPath("models/nanovlm-tiny"));
    EXPECT_TRUE(folder) << folder.error().message;
    return *folder;
}

// What is said about the tiny folder with its configuration changed; empty when it is taken.
std::string refusal(const std::function<void(nlohmann::ordered_json&)>& change)
{
    const fs::path path = fs::path(testing::TempDir()) / "nanovlm_config_test";
    fs::remove_all(path);
    fs::create_directories(path);
    fs::copy(test::dataPath("models/nanovlm-tiny"), path, fs::copy_options::recursive);
    std::ifstream in(test::dataPath("models/nanovlm-tiny/config.json"));
    auto config = nlohmann::ordered_json::parse(in);
    change(config);
    fs::permissions(path / "config.json", fs::perms::owner_all);
    std::ofstream(path / "config.json") << config.dump();
    const auto folder = io::openModelFolder(path.string());
    if (!folder)
        return folder.error().message;
    const auto read = readNanoVlmConfig(*folder);
    fs::remove_all(path);
    return read ? std::string() : read.error().message;
}

TEST(NanoVlmConfig, ReadsTheTinyCheckpoint)
{
    const io::ModelFolder folder = tiny();
    EXPECT_TRUE(isNanoVlm(folder.config));
    EXPECT_FALSE(isNanoVlm(nlohmann::json{{"model_type", "gemma3"}}));
    const auto config = readNanoVlmConfig(folder);
    ASSERT_TRUE(config) << config.error().message;
    EXPECT_EQ(config->text.headWidth, 12);
    EXPECT_EQ(config->text.keyValueHeads, 2);
    EXPECT_EQ(config->text.vocabularySize, 666);
    EXPECT_EQ(config->text.window(2), 0);
    EXPECT_DOUBLE_EQ(config->text.scoreScale() * config->text.scoreScale() * 12, 1);
    EXPECT_EQ(config->vision.imagePixels, 64);
    EXPECT_EQ(config->tiles.tokensPerSide, 2);
    EXPECT_EQ(config->tiles.mostPerSide, 8);
    EXPECT_TRUE(config->tiles.hasGlobalTile);
    // The order of the file numbers the tokens, not the alphabet.
    ASSERT_EQ(config->addedTokens.size(), 66u);
    EXPECT_EQ(config->addedTokens[0], "<|image|>");
    EXPECT_EQ(config->addedTokens[1], "<|global_image|>");
    EXPECT_EQ(config->addedTokens[2], "<row_1_col_1>");
    EXPECT_EQ(config->addedTokens[10], "<row_2_col_1>");
}

TEST(NanoVlmConfig, RefusesWithASentence)
{
    EXPECT_EQ(refusal([](auto&) {}), "");
    const auto says = [](const std::string& text, const std::function<void(nlohmann::ordered_json&)>& change) {
        EXPECT_NE(refusal(change).find(text), std::string::npos) << text << " / " << refusal(change);
    };
    says("class token", [](auto& config) { config["vit_cls_flag"] = true; });
    says("token ids", [](auto& config) { config["lm_use_tokens"] = true; });
    says("attention scaling", [](auto& config) { config["lm_attn_scaling"] = 0.5; });
    says("chat template", [](auto& config) { config["lm_chat_template"] = "{{ messages }}"; });
    says("do not fit each other", [](auto& config) { config["lm_n_kv_heads"] = 3; });
    says("do not make 9 tokens", [](auto& config) { config["mp_image_token_length"] = 9; });
    says("whole number of tiles", [](auto& config) { config["max_img_size"] = 200; });
    says("before the tiles", [](auto& config) { config.erase("vlm_extra_tokens"); });
    says("\"r2c3\"", [](auto& config) { config["vlm_extra_tokens"].erase("r2c3"); });
    says("lm_n_blocks", [](auto& config) { config["lm_n_blocks"] = "three"; });
}

TEST(NanoVlmConfig, WithoutAGlobalTokenThereIsNoGlobalTile)
{
    EXPECT_EQ(refusal([](auto& config) { config["vlm_extra_tokens"].erase("global_image_token"); }), "");
}

}  // namespace
}  // namespace armillary::nanovlm
