#include "text/utf8.h"

#include <gtest/gtest.h>

namespace armillary::text {
namespace {

const std::string kMark = "\uFFFD";

TEST(Utf8, ReadsEveryLength)
{
    const std::string text = "a\u00e9\u65e5\U0001F600";
    const char32_t expected[] = {U'a', 0xE9, 0x65E5, 0x1F600};
    std::size_t at = 0;
    for (std::size_t i = 0; i < 4; ++i) {
        const Utf8Read read = readUtf8(text, at);
        EXPECT_EQ(read.state, Utf8State::Valid);
        EXPECT_EQ(read.codePoint, expected[i]);
        EXPECT_EQ(read.bytes, i + 1);
        at += read.bytes;
    }
    EXPECT_EQ(at, text.size());
}

TEST(Utf8, WritesWhatItReads)
{
    for (char32_t codePoint = 0; codePoint < 0x110000; codePoint += codePoint < 0x11000 ? 1 : 61) {
        if (codePoint >= 0xD800 && codePoint < 0xE000)
            continue;
        std::string text;
        appendUtf8(text, codePoint);
        const Utf8Read read = readUtf8(text, 0);
        ASSERT_EQ(read.state, Utf8State::Valid) << static_cast<unsigned>(codePoint);
        ASSERT_EQ(read.codePoint, codePoint);
        ASSERT_EQ(read.bytes, text.size());
    }
}

TEST(Utf8, TellsUnfinishedFromBroken)
{
    EXPECT_EQ(readUtf8("\xE6\x97", 0).state, Utf8State::Unfinished);
    EXPECT_EQ(readUtf8("\xF0", 0).state, Utf8State::Unfinished);
    EXPECT_EQ(readUtf8("\xE6z", 0).state, Utf8State::Broken);
    EXPECT_EQ(readUtf8("\x80", 0).state, Utf8State::Broken);
    EXPECT_EQ(readUtf8("\xE0\x80", 0).state, Utf8State::Broken);  // overlong
    EXPECT_EQ(readUtf8("\xED\xA0", 0).state, Utf8State::Broken);  // surrogate
    EXPECT_EQ(readUtf8("\xF4\x90", 0).state, Utf8State::Broken);  // past U+10FFFF
}

// Expected counts: Python's bytes.decode("utf-8", "replace").
TEST(Utf8, RepairsAsPythonDoes)
{
    const struct {
        std::string broken;
        std::string repaired;
    } cases[] = {
        {"ok", "ok"},
        {std::string("nul\0in", 6), std::string("nul\0in", 6)},
        {"a\xFF"
         "b",
         "a" + kMark + "b"},
        {"\xE6\x97", kMark},
        {"\xE6\x97z", kMark + "z"},
        {"\xF0\x9F\x98", kMark},
        {"\xF0\x9F\xF0\x9F\x98\x80", kMark + "\U0001F600"},
        {"\xC0\xAF", kMark + kMark},
        {"\xED\xA0\x80", kMark + kMark + kMark},
        {"\xF5\x80\x80\x80", kMark + kMark + kMark + kMark},
    };
    for (const auto& one : cases) {
        EXPECT_EQ(toValidUtf8(one.broken), one.repaired);
        EXPECT_EQ(isValidUtf8(one.broken), one.broken == one.repaired);
        EXPECT_TRUE(isValidUtf8(toValidUtf8(one.broken)));
    }
}

}  // namespace
}  // namespace armillary::text
