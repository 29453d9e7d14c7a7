#include "text/tokenizer_config.h"

#include "text_test_files.h"

namespace armillary::text {
namespace {

using test::folderWith;
using test::Ids;
using test::smallBpe;

std::shared_ptr<const Tokenizer> withConfig(const std::string& config)
{
    const auto loaded =
        loadTokenizer(folderWith({{"tokenizer.json", smallBpe().dump()}, {"tokenizer_config.json", config}}));
    EXPECT_TRUE(loaded) << loaded.error().message;
    return loaded ? *loaded : nullptr;
}

TEST(TokenizerConfig, AddsTheTokensThatOnlyItNames)
{
    const auto tokenizer = withConfig(R"({"bos_token": "<start>", "eos_token": {"content": "<stop>", "lstrip": false},
        "unk_token": "<unk>", "pad_token": null, "additional_special_tokens": ["<more>", "<extra>"],
        "extra_special_tokens": {"image_token": "<image>"},
        "added_tokens_decoder": {"8": {"content": "<extra>", "special": true}, "9": {"content": "<nine>", "special": false}}})");
    ASSERT_TRUE(tokenizer);
    EXPECT_EQ(tokenizer->id("<nine>"), 9);
    EXPECT_EQ(tokenizer->id("<start>"), 10);
    EXPECT_EQ(tokenizer->id("<stop>"), 11);
    EXPECT_EQ(tokenizer->id("<more>"), 12);
    EXPECT_EQ(tokenizer->id("<image>"), 13);
    EXPECT_EQ(tokenizer->size(), 14);
    EXPECT_TRUE(tokenizer->isControl(8));  // not special in tokenizer.json
    EXPECT_TRUE(tokenizer->isControl(1));  // in the vocabulary only
    EXPECT_FALSE(tokenizer->isControl(9));
    EXPECT_EQ(tokenizer->encode("a<image>b<unk>"), (Ids{3, 13, 4, 1}));
}

TEST(TokenizerConfig, NumbersSentinelsDownwards)
{
    const auto tokenizer =
        withConfig(R"({"additional_special_tokens": ["<extra_id_0>", "<extra_id_1>", "<extra_id_2>"]})");
    ASSERT_TRUE(tokenizer);
    EXPECT_EQ(tokenizer->id("<extra_id_0>"), 11);
    EXPECT_EQ(tokenizer->id("<extra_id_2>"), 9);
    EXPECT_EQ(tokenizer->size(), 12);
}

TEST(TokenizerConfig, RefusesBrokenFiles)
{
    const char* broken[] = {
        "[]",
        "{",
        R"({"bos_token": 3})",
        R"({"bos_token": {"contents": "x"}})",
        R"({"additional_special_tokens": "x"})",
        R"({"additional_special_tokens": [["x"]]})",
        R"({"added_tokens_decoder": []})",
        R"({"added_tokens_decoder": {"a": {"content": "x"}}})",
        R"({"added_tokens_decoder": {"-1": {"content": "x"}}})",
        R"({"added_tokens_decoder": {"99999999999999999999": {"content": "x"}}})",
        R"({"added_tokens_decoder": {"40": {"content": "x"}}})",
        R"({"added_tokens_decoder": {"9": {"content": "x"}, "09": {"content": "y"}}})",
        R"({"added_tokens_decoder": {"3": {"content": "x"}}})",
        R"({"added_tokens_decoder": {"9": {"content": "x", "special": "no"}}})",
    };
    for (const char* config : broken) {
        const auto loaded =
            loadTokenizer(folderWith({{"tokenizer.json", smallBpe().dump()}, {"tokenizer_config.json", config}}));
        ASSERT_FALSE(loaded) << config;
        EXPECT_EQ(loaded.error().code, ErrorCode::FileRead);
        EXPECT_TRUE(loaded.error().message.ends_with("/tokenizer_config.json")) << loaded.error().message;
    }
}

}  // namespace
}  // namespace armillary::text
