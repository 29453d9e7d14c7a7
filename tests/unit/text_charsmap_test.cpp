#include "text/charsmap.h"

#include "support/test_data.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <fstream>

namespace armillary::text {
namespace {

std::string nmtNfkc()
{
    std::ifstream file(test::dataPath("models/cosmos-tiny/tokenizer/tokenizer.json"));
    return nlohmann::json::parse(file)["normalizer"]["precompiled_charsmap"];
}

// Expected: normalizers.Precompiled of the library `tokenizers` 0.23.3 with the same map. A combining mark after a ligature or an
// ordinal disappears there when the grapheme is shorter than 6 bytes; the snapshot's tokenizer really does that.
TEST(Charsmap, NormalizesAsTheReference)
{
    const auto map = Charsmap::fromBase64(nmtNfkc());
    ASSERT_TRUE(map) << map.error().message;
    const std::pair<std::string, std::string> cases[] = {
        {"", ""},
        {"plain text", "plain text"},
        {"\ufb01 \u00bd \u2460 \u00c5", "fi 1\u20442 1 \u00c5"},
        {"e\u0301", "\u00e9"},
        {"\ufb01\u0301", "fi"},
        {"\ufb01\u0301\u0301", "fi\u0301\u0301"},
        {"\u0600\u00aa\u0301", "\u0600a\u0301"},
        {"\u00aa\u0301", "a"},
        {"\uff76\uff9e", "\u30ab\u3099"},
        {"\ud55c\uae00", "\ud55c\uae00"},
        {"\u1112\u1161\u11ab", "\u1112\u1161\u11ab"},
        {"a\u200bb", "a b"},
        {"\ufeffx", " x"},
        {"tab\tnew\nline\r\n", "tab new line "},
        {"\u00ad\u00aa\u0301", "\u00ada"},
        {std::string("x\0y", 3), std::string("x\0y", 3)},
        {"\u337f", "\u682a\u5f0f\u4f1a\u793e"},
        {"\u00a0\u3000", "  "},
        {"\uff21", "A"},
        {"\U0001f1f5\U0001f1f1 \U0001f468\u200d\U0001f469", "\U0001f1f5\U0001f1f1 \U0001f468\u200d\U0001f469"},
        {"\u2126", "\u03a9"},
        {"\u0958", "\u0915\u093c"},
    };
    for (const auto& [text, expected] : cases)
        EXPECT_EQ(map->apply(text), expected) << text;
}

TEST(Charsmap, RefusesWhatIsNoMap)
{
    for (const std::string base64 : {"", "AAAA", "!!!!", "AAAAAAAA", "/////w==", "AA==AAAA"})
        EXPECT_FALSE(Charsmap::fromBase64(base64)) << base64;
}

TEST(Charsmap, NeverReadsOutsideABrokenMap)
{
    // Each bit pattern of the first units leads somewhere else.
    const std::string whole = nmtNfkc();
    for (std::size_t at = 8; at < 4000; at += 7) {
        std::string base64 = whole;
        base64[at] = base64[at] == '/' ? 'A' : '/';
        const auto map = Charsmap::fromBase64(base64);
        if (map) {
            EXPECT_LT(map->apply("\ufb01 \u00bd \u2460 e\u0301 \uff21 abc").size(), whole.size());
        }
    }
}

}  // namespace
}  // namespace armillary::text
