#include "text/decoder.h"

#include <gtest/gtest.h>

namespace armillary::text {
namespace {

Decoder madeDecoder(const char* json)
{
    const auto decoder = Decoder::fromJson(nlohmann::json::parse(json), "tokenizer.json");
    EXPECT_TRUE(decoder) << decoder.error().message;
    return decoder.value_or(Decoder());
}

TEST(Decoder, ReadsBytePieces)
{
    EXPECT_EQ(byteOfPiece("<0x0A>"), 10);
    EXPECT_EQ(byteOfPiece("<0xff>"), 255);
    EXPECT_EQ(byteOfPiece("<0xG0>"), -1);
    EXPECT_EQ(byteOfPiece("<0x0A"), -1);
    EXPECT_EQ(byteOfPiece("<bos>"), -1);
}

// Runs of bytes that are not UTF-8 become one mark a byte, those that are become text: decoders.ByteFallback of the reference.
TEST(Decoder, JoinsByteFallback)
{
    const Decoder decoder = Decoder::forByteFallback();
    EXPECT_EQ(decoder.decode({"▁Hello", "▁", "world"}), " Hello world");
    EXPECT_EQ(decoder.decode({"<0xE5>", "<0x8f>", "<0xab>", "a"}), "\u53eb"
                                                                   "a");
    EXPECT_EQ(decoder.decode({"<0xE5>", "<0x8f>", "a"}), "\uFFFD\uFFFDa");
    EXPECT_EQ(decoder.decode({"<0x61>", "<0xE5>"}), "\uFFFD\uFFFD");
    EXPECT_EQ(decoder.decode({"<0xE2>", "<0x96>", "<0x81>"}), "▁");
    EXPECT_EQ(decoder.decode({}), "");
    EXPECT_EQ(decoder.bytes("<0xE5>"), "\xE5");
    EXPECT_EQ(decoder.bytes("▁the"), " the");
    EXPECT_EQ(decoder.bytes("\n\n"), "\n\n");
}

TEST(Decoder, JoinsMetaspace)
{
    EXPECT_EQ(Decoder::forMetaspace().decode({"▁A▁b", "▁c", "▁"}), "Ab c ");
    EXPECT_EQ(Decoder::forMetaspace().bytes("▁c"), " c");
    EXPECT_EQ(madeDecoder(R"({"type":"Metaspace","replacement":"_","prepend_scheme":"never"})").decode({"_a", "_b"}),
              " a b");
    EXPECT_EQ(madeDecoder(R"({"type":"Metaspace","add_prefix_space":false})").decode({"▁a"}), " a");
}

TEST(Decoder, JoinsByteLevel)
{
    const Decoder decoder =
        madeDecoder(R"({"type":"ByteLevel","add_prefix_space":true,"trim_offsets":true,"use_regex":true})");
    EXPECT_EQ(decoder.decode({"\u0120na", "\u00c3\u00afve", "\u00c3"}), " na\u00efve\uFFFD");
    EXPECT_EQ(decoder.decode({"<|image|> \u65e5"}), "<|image|> \u65e5");
    EXPECT_EQ(decoder.bytes("\u00c3"), "\xC3");
}

TEST(Decoder, StripsAndJoinsPlainly)
{
    const Decoder strip = madeDecoder(
        R"({"type":"Sequence","decoders":[{"type":"Fuse"},{"type":"Strip","content":" ","start":1,"stop":2}]})");
    EXPECT_EQ(strip.decode({"  a", "b   "}), " ab ");
    EXPECT_EQ(strip.decode({" "}), "");
    EXPECT_EQ(madeDecoder("null").decode({"a", "b"}), "a b");
}

TEST(Decoder, RefusesWhatItDoesNotKnow)
{
    const char* broken[] = {
        R"({"type":"WordPiece"})",
        R"({"type":"Replace","pattern":{"Regex":"a"},"content":"b"})",
        R"({"type":"Strip","content":"","start":1,"stop":0})",
        R"({"type":"Strip","content":" ","start":-1,"stop":0})",
        R"({"type":"Metaspace","replacement":""})",
        R"({"type":"Sequence","decoders":7})",
        R"({"type":null})",
        R"([1])",
    };
    for (const char* json : broken) {
        const auto decoder = Decoder::fromJson(nlohmann::json::parse(json), "/x/tokenizer.json");
        ASSERT_FALSE(decoder) << json;
        EXPECT_TRUE(decoder.error().message.ends_with("/x/tokenizer.json")) << decoder.error().message;
    }
}

}  // namespace
}  // namespace armillary::text
