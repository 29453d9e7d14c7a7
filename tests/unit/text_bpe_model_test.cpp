#include "text/bpe_model.h"

#include "text_test_files.h"

#include <chrono>

namespace armillary::text {
namespace {

using test::Ids;
using test::smallBpe;
using test::tokenizerOf;

TEST(BpeModel, JoinsTheLowestRankFirst)
{
    const auto tokenizer = tokenizerOf(smallBpe());
    ASSERT_TRUE(tokenizer);
    EXPECT_EQ(tokenizer->encode("abc"), (Ids{3, 6}));
    EXPECT_EQ(tokenizer->encode("ab c"), (Ids{7, 2, 5}));
    EXPECT_EQ(tokenizer->encode("ababc"), (Ids{7, 3, 6}));
    EXPECT_EQ(tokenizer->encode("bcbc"), (Ids{6, 6}));
    EXPECT_EQ(tokenizer->encode(""), Ids{});
}

TEST(BpeModel, JoinsTheLeftmostOfEqualPairs)
{
    nlohmann::json json = smallBpe();
    json["model"]["vocab"] = {{"<pad>", 0}, {"<unk>", 1}, {"a", 2}, {"aa", 3}, {"aaa", 4}, {"aaaa", 5}};
    json["model"]["merges"] = nlohmann::json::parse(R"(["a a", "aa a", "aa aa"])");
    json["added_tokens"] = nlohmann::json::array();
    const auto tokenizer = tokenizerOf(json);
    ASSERT_TRUE(tokenizer);
    EXPECT_EQ(tokenizer->encode("aaa"), (Ids{4}));
    EXPECT_EQ(tokenizer->encode("aaaa"), (Ids{5}));
    EXPECT_EQ(tokenizer->encode("aaaaa"), (Ids{3, 4}));
}

TEST(BpeModel, ReadsMergesOfBothForms)
{
    nlohmann::json json = smallBpe();
    json["model"]["merges"] = {"b c", "a b"};
    const auto tokenizer = tokenizerOf(json);
    ASSERT_TRUE(tokenizer);
    EXPECT_EQ(tokenizer->encode("abcab"), (Ids{3, 6, 7}));
}

TEST(BpeModel, WritesUnknownCharacters)
{
    nlohmann::json json = smallBpe();
    EXPECT_EQ(tokenizerOf(json)->encode("xyz\u65e5 a"), (Ids{1, 2, 3}));
    json["model"]["fuse_unk"] = false;
    EXPECT_EQ(tokenizerOf(json)->encode("xyz a"), (Ids{1, 1, 1, 2, 3}));
    json["model"]["unk_token"] = nullptr;
    EXPECT_EQ(tokenizerOf(json)->encode("xyz a"), (Ids{2, 3}));
}

TEST(BpeModel, FallsBackToBytesWhereAllAreKnown)
{
    nlohmann::json json = smallBpe();
    json["model"]["byte_fallback"] = true;
    json["model"]["vocab"]["<0xC3>"] = 8;
    json["model"]["vocab"]["<0xA9>"] = 9;
    json["added_tokens"] = nlohmann::json::array();
    const auto tokenizer = tokenizerOf(json);
    ASSERT_TRUE(tokenizer);
    EXPECT_EQ(tokenizer->encode("a\u00e9"
                                "b"),
              (Ids{3, 8, 9, 4}));
    EXPECT_EQ(tokenizer->encode("\u00e8"), (Ids{1}));
    EXPECT_EQ(tokenizer->decode({3, 8, 9, 4}, false), "a\u00e9"
                                                      "b");
    EXPECT_EQ(tokenizer->bytes(8), "\xC3");
}

TEST(BpeModel, CanIgnoreMergesForWholeWords)
{
    nlohmann::json json = smallBpe();
    json["model"]["vocab"]["abcc"] = 8;
    json["added_tokens"] = nlohmann::json::array();
    EXPECT_EQ(tokenizerOf(json)->encode("abcc"), (Ids{3, 6, 5}));
    json["model"]["ignore_merges"] = true;
    EXPECT_EQ(tokenizerOf(json)->encode("abcc"), (Ids{8}));
}

// A word of a million characters in one line: with a search for the best pair per join this would take hours.
TEST(BpeModel, JoinsLongWordsInNearlyLinearTime)
{
    const auto tokenizer = test::tokenizerAt("models/gemma-tiny");
    ASSERT_TRUE(tokenizer);
    std::string text;
    while (text.size() < 1000000)
        text += "the quick brown fox jumps over the lazy dog 123 ";
    const auto begin = std::chrono::steady_clock::now();
    const Ids ids = tokenizer->encode(text);
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(30));
    EXPECT_GT(ids.size(), 100000U);
    EXPECT_EQ(tokenizer->decode(ids, false), text);
}

}  // namespace
}  // namespace armillary::text
