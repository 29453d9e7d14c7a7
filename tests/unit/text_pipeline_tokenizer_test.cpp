#include "text/pipeline_tokenizer.h"

#include "text_test_files.h"

#include <random>

namespace armillary::text {
namespace {

using test::Ids;
using test::smallBpe;
using test::tokenizerAt;
using test::tokenizerOf;

TEST(PipelineTokenizer, CutsControlTokensOutOfRawText)
{
    const auto tokenizer = tokenizerOf(smallBpe());
    ASSERT_TRUE(tokenizer);
    EXPECT_EQ(tokenizer->encode("a<pad>b<extra> c"), (Ids{3, 0, 4, 8, 2, 5}));
    EXPECT_EQ(tokenizer->size(), 9);
    EXPECT_EQ(tokenizer->piece(8), "<extra>");
    EXPECT_EQ(tokenizer->piece(2), "▁");
    EXPECT_EQ(tokenizer->piece(9), "");
    EXPECT_EQ(tokenizer->piece(-1), "");
    EXPECT_EQ(tokenizer->id("ab"), 7);
    EXPECT_FALSE(tokenizer->id("abab"));
}

TEST(PipelineTokenizer, LeavesControlTokensOutOfAnswers)
{
    const auto tokenizer = tokenizerOf(smallBpe());
    ASSERT_TRUE(tokenizer);
    EXPECT_EQ(tokenizer->decode({0, 7, 2, 8, 5, 99, -4}, false), "<pad>ab <extra>c");
    EXPECT_EQ(tokenizer->decode({0, 7, 2, 8, 5}, true), "ab <extra>c");
    EXPECT_TRUE(tokenizer->isControl(0));
    EXPECT_FALSE(tokenizer->isControl(8));
    EXPECT_FALSE(tokenizer->isControl(99));
    EXPECT_EQ(tokenizer->bytes(0), "");
    EXPECT_EQ(tokenizer->bytes(2), " ");
    EXPECT_EQ(tokenizer->bytes(8), "<extra>");
    EXPECT_EQ(tokenizer->bytes(-1), "");
}

TEST(PipelineTokenizer, TakesFurtherSpecialTokens)
{
    const auto base = tokenizerAt("models/gemma-tiny");
    ASSERT_TRUE(base);
    ASSERT_EQ(base->size(), 1025);
    const auto tokenizer =
        base->withAddedTokens({"<start_of_world>", "<end_of_world>", "<bos>", "<start_of_world>", "", "<mask>"});
    EXPECT_EQ(tokenizer->size(), 1027);
    EXPECT_EQ(tokenizer->id("<start_of_world>"), 1025);
    EXPECT_EQ(tokenizer->id("<end_of_world>"), 1026);
    EXPECT_EQ(tokenizer->id("<bos>"), 2);
    EXPECT_TRUE(tokenizer->isControl(1026));
    EXPECT_TRUE(tokenizer->isControl(4));
    EXPECT_FALSE(base->isControl(4));
    EXPECT_FALSE(base->id("<start_of_world>"));
    EXPECT_EQ(tokenizer->encode("<bos><start_of_world><end_of_world>"), (Ids{2, 1025, 1026}));
    EXPECT_EQ(tokenizer->withAddedTokens({"<third>"})->id("<third>"), 1027);
}

TEST(PipelineTokenizer, SearchesNormalizedTokensInNormalizedText)
{
    nlohmann::json json = smallBpe();
    json["added_tokens"].push_back({{"id", 9}, {"content", "c c"}, {"normalized", true}, {"special", false}});
    const auto tokenizer = tokenizerOf(json);
    ASSERT_TRUE(tokenizer);
    EXPECT_EQ(tokenizer->encode("ac cb"), (Ids{3, 9, 4}));
    EXPECT_EQ(tokenizer->encode("ac▁cb"), (Ids{3, 9, 4}));
    EXPECT_EQ(tokenizer->decode({9}, false), "c c");
}

TEST(PipelineTokenizer, TakesBrokenUtf8AsReplacementCharacters)
{
    const auto tokenizer = tokenizerAt("models/gemma-tiny");
    ASSERT_TRUE(tokenizer);
    EXPECT_EQ(tokenizer->encode("a\xFF\xE6\x97 b"), tokenizer->encode("a\uFFFD\uFFFD b"));
    const std::string nul("a\0b\0", 4);
    EXPECT_EQ(tokenizer->decode(tokenizer->encode(nul), false), nul);
}

std::string randomText(std::mt19937& random)
{
    static const std::vector<std::string> parts = {"the ",         "world",         "  ",
                                                   "\n",           "\n\n",          "\t",
                                                   "<bos>",        "<end_of_turn>", "caf\u00e9",
                                                   "\u65e5\u672c", "\U0001F600",    "e\u0301",
                                                   "123",          "<0x41>",        std::string(1, '\0')};
    std::string text;
    for (unsigned i = random() % 20; i > 0; --i)
        text += parts[random() % parts.size()];
    return text;
}

// Gemma's and nanoVLM's tokenizers lose nothing but the difference between a space and a literal U+2581.
TEST(PipelineTokenizer, LeadsBackToEveryText)
{
    std::mt19937 random(11);
    for (const char* model : {"models/gemma-tiny", "models/nanovlm-tiny/tokenizer"}) {
        const auto tokenizer = tokenizerAt(model);
        ASSERT_TRUE(tokenizer);
        for (int round = 0; round < 400; ++round) {
            const std::string text = randomText(random);
            const Ids ids = tokenizer->encode(text);
            ASSERT_EQ(tokenizer->decode(ids, false), text) << model;
            Utf8Stream stream;
            std::string streamed;
            for (const std::int64_t id : ids)
                streamed += stream.add(tokenizer->bytes(id));
            streamed += stream.finish();
            ASSERT_EQ(streamed, tokenizer->decode(ids, true)) << model;
        }
    }
}

TEST(PipelineTokenizer, SurvivesRandomBytesAndIds)
{
    std::mt19937 random(5);
    for (const char* model : {"models/gemma-tiny", "models/nanovlm-tiny/tokenizer", "models/cosmos-tiny/tokenizer"}) {
        const auto tokenizer = tokenizerAt(model);
        ASSERT_TRUE(tokenizer);
        for (int round = 0; round < 300; ++round) {
            std::string bytes;
            for (unsigned i = random() % 200; i > 0; --i)
                bytes += static_cast<char>(random() % 256);
            for (const std::int64_t id : tokenizer->encode(bytes)) {
                ASSERT_GE(id, 0);
                ASSERT_LT(id, tokenizer->size());
            }
            Ids ids;
            for (unsigned i = random() % 50; i > 0; --i)
                ids.push_back(static_cast<std::int64_t>(random() % 2000) - 10);
            const std::string text = tokenizer->decode(ids, round % 2 == 0);
            ASSERT_LE(text.size(), ids.size() * 64);
        }
    }
}

}  // namespace
}  // namespace armillary::text
