#include "text/normalizer.h"

#include <gtest/gtest.h>

namespace armillary::text {
namespace {

Normalizer madeNormalizer(const char* json)
{
    const auto normalizer = Normalizer::fromJson(nlohmann::json::parse(json), "tokenizer.json");
    EXPECT_TRUE(normalizer) << normalizer.error().message;
    return normalizer.value_or(Normalizer());
}

TEST(Normalizer, DoesNothingWithoutAnEntry)
{
    EXPECT_EQ(madeNormalizer("null").apply(" a  b "), " a  b ");
}

TEST(Normalizer, CarriesOutEachKind)
{
    EXPECT_EQ(madeNormalizer(R"({"type":"Replace","pattern":{"String":" "},"content":"▁"})").apply(" a  b"), "▁a▁▁b");
    EXPECT_EQ(madeNormalizer(R"({"type":"Replace","pattern":{"String":"aa"},"content":"b"})").apply("aaaaa"), "bba");
    EXPECT_EQ(madeNormalizer(R"({"type":"Replace","pattern":{"Regex":" {2,}"},"content":"▁"})").apply("a b  c     d "),
              "a b▁c▁d ");
    EXPECT_EQ(madeNormalizer(R"({"type":"Prepend","prepend":"▁"})").apply("a"), "▁a");
    EXPECT_EQ(madeNormalizer(R"({"type":"Prepend","prepend":"▁"})").apply(""), "");
    EXPECT_EQ(madeNormalizer(R"({"type":"Strip","strip_left":true,"strip_right":false})").apply(" \u3000a \n"), "a \n");
    EXPECT_EQ(madeNormalizer(R"({"type":"Strip","strip_left":false,"strip_right":true})").apply(" \u3000a \n"),
              " \u3000a");
    EXPECT_EQ(madeNormalizer(R"({"type":"Strip","strip_left":true,"strip_right":true})").apply(" \n "), "");
}

TEST(Normalizer, KeepsTheOrderOfASequence)
{
    const Normalizer normalizer = madeNormalizer(R"({"type":"Sequence","normalizers":[
        {"type":"Replace","pattern":{"String":"a"},"content":"b"}, {"type":"Replace","pattern":{"String":"b"},"content":"c"}]})");
    EXPECT_EQ(normalizer.apply("ab"), "cc");
}

TEST(Normalizer, RefusesWhatItDoesNotKnow)
{
    const char* broken[] = {
        R"({"type":"NFKC"})",
        R"({"type":"Replace","pattern":{"Regex":"\\s+"},"content":" "})",
        R"({"type":"Replace","pattern":{"String":""},"content":" "})",
        R"({"type":"Replace","pattern":{"String":3},"content":" "})",
        R"({"type":"Replace","pattern":" ","content":" "})",
        R"({"type":"Strip","strip_left":"yes"})",
        R"({"type":"Precompiled","precompiled_charsmap":"!"})",
        R"({"type":"Sequence"})",
        R"({"type":7})",
        R"({})",
        R"([])",
        R"("Replace")",
    };
    for (const char* json : broken) {
        const auto normalizer = Normalizer::fromJson(nlohmann::json::parse(json), "/x/tokenizer.json");
        ASSERT_FALSE(normalizer) << json;
        EXPECT_TRUE(normalizer.error().message.ends_with("/x/tokenizer.json")) << normalizer.error().message;
        EXPECT_EQ(normalizer.error().code, ErrorCode::FileRead);
    }
}

}  // namespace
}  // namespace armillary::text
