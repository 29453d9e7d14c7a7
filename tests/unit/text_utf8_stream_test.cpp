#include "text/tokenizer.h"
#include "text/utf8.h"

#include <gtest/gtest.h>

#include <random>

namespace armillary::text {
namespace {

TEST(Utf8Stream, GivesTheSameTextWhereverTheBytesAreCut)
{
    const std::string text = "na\u00efve \u65e5\u672c \U0001F468\u200D\U0001F469 end";
    for (std::size_t cut = 0; cut <= text.size(); ++cut) {
        for (std::size_t second = cut; second <= text.size(); ++second) {
            Utf8Stream stream;
            std::string out = stream.add(text.substr(0, cut));
            EXPECT_TRUE(isValidUtf8(out));
            out += stream.add(text.substr(cut, second - cut));
            out += stream.add(text.substr(second));
            EXPECT_EQ(out, text);
            EXPECT_EQ(stream.finish(), "");
        }
    }
}

TEST(Utf8Stream, HoldsAnUnfinishedCharacterBack)
{
    Utf8Stream stream;
    EXPECT_EQ(stream.add("a\xE6\x97"), "a");
    EXPECT_EQ(stream.add("\xA5"), "\u65e5");
    EXPECT_EQ(stream.add("\xF0\x9F"), "");
    EXPECT_EQ(stream.finish(), "\uFFFD");
    EXPECT_EQ(stream.finish(), "");
    EXPECT_EQ(stream.add("\x9F"), "\uFFFD");
}

TEST(Utf8Stream, AddsUpToTheRepairedWholeForAnyBytes)
{
    std::mt19937 random(7);
    for (int round = 0; round < 300; ++round) {
        std::string bytes;
        for (unsigned i = random() % 60; i > 0; --i)
            bytes += static_cast<char>(random() % 3 == 0 ? random() % 128 : 0x80 + random() % 128);
        Utf8Stream stream;
        std::string out;
        for (std::size_t at = 0; at < bytes.size();) {
            const std::size_t count = 1 + random() % 4;
            out += stream.add(std::string_view(bytes).substr(at, count));
            at += count;
        }
        out += stream.finish();
        ASSERT_EQ(out, toValidUtf8(bytes));
    }
}

}  // namespace
}  // namespace armillary::text
