#include "text/snapshot_tokenizer.h"

#include "support/test_data.h"
#include "text/chat_prompt.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace armillary::text {
namespace {

namespace fs = std::filesystem;

TEST(SnapshotTokenizer, AddsTheTokensOfTheConfigInItsOrder)
{
    const std::string folder = test::dataPath("models/nanovlm-tiny");
    EXPECT_TRUE(addsTokens(folder));
    const auto tokenizer = loadSnapshotTokenizer(folder);
    ASSERT_TRUE(tokenizer) << tokenizer.error().message;
    EXPECT_EQ((*tokenizer)->size(), 666);
    EXPECT_EQ((*tokenizer)->id("<|image|>"), 600);
    EXPECT_EQ((*tokenizer)->id("<row_8_col_8>"), 665);
    EXPECT_TRUE((*tokenizer)->isControl(601));
    EXPECT_EQ((*tokenizer)->encode("<row_1_col_2><|image|>"), (std::vector<std::int64_t>{603, 600}));
}

TEST(SnapshotTokenizer, OtherSnapshotsHaveTheirOwn)
{
    const std::string folder = test::dataPath("models/gemma-tiny");
    EXPECT_FALSE(addsTokens(folder));
    const auto tokenizer = loadSnapshotTokenizer(folder);
    ASSERT_TRUE(tokenizer) << tokenizer.error().message;
    EXPECT_TRUE((*tokenizer)->id("<start_of_image>").has_value());
    EXPECT_FALSE(loadSnapshotTokenizer("no-such-folder"));
}

TEST(SnapshotTokenizer, ATokenizerThatIsNotHereGetsASentence)
{
    const fs::path folder = fs::path(test::makeTemporaryFolder()) / "bare";
    fs::create_directories(folder);
    std::ofstream(folder / "config.json")
        << R"({"vlm_extra_tokens": {"image_token": "<|image|>"}, "lm_tokenizer": "Somebody/Some-Model"})";
    const auto tokenizer = loadSnapshotTokenizer(folder.string());
    ASSERT_FALSE(tokenizer);
    EXPECT_NE(tokenizer.error().message.find("Somebody/Some-Model"), std::string::npos) << tokenizer.error().message;
    EXPECT_NE(tokenizer.error().message.find("\"tokenizer\""), std::string::npos);
    std::ofstream(folder / "config.json") << R"({"vlm_extra_tokens": {"image_token": 5}})";
    EXPECT_FALSE(readAddedTokenizer(folder.string()));
}

TEST(ChatMl, WritesTurnsAsTheyAre)
{
    const std::vector<ChatMessage> chat = {{"system", {{false, " Be brief. "}}, true}, {"user", {{false, "Hi"}}, true}};
    const auto rendered = renderChatMl(chat, true);
    ASSERT_TRUE(rendered) << rendered.error().message;
    EXPECT_EQ(*rendered,
              "<|im_start|>system\n Be brief. <|im_end|>\n<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n");
    EXPECT_EQ(*renderChatMl({{"model", {{false, "Yes"}}, true}}, false), "<|im_start|>assistant\nYes<|im_end|>\n");
    EXPECT_FALSE(renderChatMl({}, true));
    EXPECT_FALSE(renderChatMl({{"user", {{true, ""}}, false}}, true));
}

}  // namespace
}  // namespace armillary::text
