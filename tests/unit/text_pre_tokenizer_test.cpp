#include "text/pre_tokenizer.h"

#include <gtest/gtest.h>

namespace armillary::text {
namespace {

using Words = std::vector<std::string>;

Words split(const std::string& json, const std::string& text, bool atStart = true)
{
    const auto preTokenizer = PreTokenizer::fromJson(nlohmann::json::parse(json), "tokenizer.json");
    EXPECT_TRUE(preTokenizer) << preTokenizer.error().message;
    Words words;
    if (preTokenizer) {
        for (const Word& word : preTokenizer->split({text, atStart}))
            words.push_back(word.text);
    }
    return words;
}

// Expected lists in this file: the pre-tokenizers of the library `tokenizers` 0.23.3.
TEST(PreTokenizer, CutsAtAText)
{
    const struct {
        const char* behavior;
        const char* invert;
        Words expected;
    } cases[] = {
        {"Removed", "false", {"the", "final", "countdown"}},
        {"Removed", "true", {"-", "-", "-", "-", "-"}},
        {"Isolated", "false", {"-", "the", "-", "final", "-", "-", "countdown", "-"}},
        {"Isolated", "true", {"-", "the", "-", "final", "-", "-", "countdown", "-"}},
        {"MergedWithPrevious", "false", {"-", "the-", "final-", "-", "countdown-"}},
        {"MergedWithPrevious", "true", {"-the", "-final", "-", "-countdown", "-"}},
        {"MergedWithNext", "false", {"-the", "-final", "-", "-countdown", "-"}},
        {"MergedWithNext", "true", {"-", "the-", "final-", "-", "countdown-"}},
        {"Contiguous", "false", {"-", "the", "-", "final", "--", "countdown", "-"}},
        {"Contiguous", "true", {"-", "the", "-", "final", "--", "countdown", "-"}},
    };
    for (const auto& one : cases) {
        const std::string json = std::string(R"({"type":"Split","pattern":{"String":"-"},"behavior":")") +
                                 one.behavior + R"(","invert":)" + one.invert + "}";
        EXPECT_EQ(split(json, "-the-final--countdown-"), one.expected) << json;
    }
}

TEST(PreTokenizer, CutsAtWhiteSpaceAndDigits)
{
    EXPECT_EQ(split(R"({"type":"WhitespaceSplit"})", " a\tb\u00a0c\u3000 \nd"), (Words{"a", "b", "c", "d"}));
    EXPECT_EQ(split(R"({"type":"Digits","individual_digits":true})", "a12\u00bdb34"),
              (Words{"a", "1", "2", "\u00bd", "b", "3", "4"}));
    EXPECT_EQ(split(R"({"type":"Digits","individual_digits":false})", "a12\u00bdb34"),
              (Words{"a", "12\u00bd", "b", "34"}));
    EXPECT_EQ(split("null", " a b "), (Words{" a b "}));
}

TEST(PreTokenizer, WritesMetaSymbols)
{
    const auto json = [](const std::string& scheme) {
        return R"({"type":"Metaspace","replacement":"▁","split":true,"prepend_scheme":")" + scheme + "\"}";
    };
    const Words with = {"▁Hey", "▁", "▁my", "▁friend", "▁", "▁x"};
    const Words without = {"Hey", "▁", "▁my", "▁friend", "▁", "▁x"};
    EXPECT_EQ(split(json("always"), "Hey  my friend ▁x"), with);
    EXPECT_EQ(split(json("first"), "Hey  my friend ▁x"), with);
    EXPECT_EQ(split(json("first"), "Hey  my friend ▁x", false), without);
    EXPECT_EQ(split(json("never"), "Hey  my friend ▁x"), without);
    EXPECT_EQ(split(R"({"type":"Metaspace","replacement":"▁","add_prefix_space":false})", "a b"), (Words{"a", "▁b"}));
    EXPECT_EQ(split(R"({"type":"Metaspace","replacement":"▁","split":false})", "a b"), (Words{"▁a▁b"}));
}

TEST(PreTokenizer, CutsAsGpt2)
{
    const std::string json = R"({"type":"ByteLevel","add_prefix_space":false,"trim_offsets":true,"use_regex":true})";
    EXPECT_EQ(
        split(json,
              "I'm sure they've x's 'd  two   spaces \n\nlines\tand 42km \u00bd \u2167\u65e5\u672c na\u00efve!?... "
              "\U0001f600x\u00a0y "),
        (Words{"I",
               "'m",
               "\u0120sure",
               "\u0120they",
               "'ve",
               "\u0120x",
               "'s",
               "\u0120'",
               "d",
               "\u0120",
               "\u0120two",
               "\u0120\u0120",
               "\u0120spaces",
               "\u0120\u010a",
               "\u010a",
               "lines",
               "\u0109",
               "and",
               "\u012042",
               "km",
               "\u0120\u00c2\u00bd",
               "\u0120\u00e2\u0127\u00a7",
               "\u00e6\u0139\u00a5\u00e6\u013e\u00ac",
               "\u0120na\u00c3\u00afve",
               "!?...",
               "\u0120\u00f0\u0141\u013a\u0122",
               "x",
               "\u00c2\u0142",
               "y",
               "\u0120"}));
    EXPECT_EQ(split(json, ""), Words{});
    EXPECT_EQ(split(json, "  "), (Words{"\u0120\u0120"}));
    EXPECT_EQ(split(json, "\n a"), (Words{"\u010a", "\u0120a"}));
    EXPECT_EQ(split(json, "a\u3000\u3000b"), (Words{"a", "\u00e3\u0122\u0122", "\u00e3\u0122\u0122", "b"}));
    EXPECT_EQ(split(R"({"type":"ByteLevel","add_prefix_space":true,"use_regex":false})", "a b"),
              (Words{"\u0120a\u0120b"}));
}

TEST(PreTokenizer, CarriesOutASequence)
{
    EXPECT_EQ(split(R"({"type":"Sequence","pretokenizers":[{"type":"WhitespaceSplit"},
                        {"type":"Metaspace","replacement":"▁","prepend_scheme":"always"}]})",
                    "  two  words "),
              (Words{"▁two", "▁words"}));
}

TEST(PreTokenizer, RefusesWhatItDoesNotKnow)
{
    const char* broken[] = {
        R"({"type":"BertPreTokenizer"})",
        R"({"type":"Split","pattern":{"Regex":"\\s"},"behavior":"Removed","invert":false})",
        R"({"type":"Split","pattern":{"String":" "},"behavior":"Sideways","invert":false})",
        R"({"type":"Split","pattern":{"String":""},"behavior":"Removed","invert":false})",
        R"({"type":"Metaspace","replacement":"","prepend_scheme":"always"})",
        R"({"type":"Metaspace","replacement":"▁","prepend_scheme":"sometimes"})",
        R"({"type":"Digits","individual_digits":1})",
        R"({"type":"Sequence","pretokenizers":{}})",
        R"({})",
        R"(3)",
    };
    for (const char* json : broken) {
        const auto preTokenizer = PreTokenizer::fromJson(nlohmann::json::parse(json), "/x/tokenizer.json");
        ASSERT_FALSE(preTokenizer) << json;
        EXPECT_TRUE(preTokenizer.error().message.ends_with("/x/tokenizer.json")) << preTokenizer.error().message;
    }
}

}  // namespace
}  // namespace armillary::text
