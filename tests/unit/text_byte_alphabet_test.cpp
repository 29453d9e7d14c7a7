#include "text/byte_alphabet.h"

#include <gtest/gtest.h>

namespace armillary::text {
namespace {

TEST(ByteAlphabet, IsGpt2s)
{
    EXPECT_EQ(byteAlphabetFromBytes(" a\n!~"), "\u0120a\u010a!~");
    EXPECT_EQ(byteAlphabetFromBytes(std::string_view("\0\x7f\xad\xff", 4)), "\u0100\u0121\u0143\u00ff");
}

TEST(ByteAlphabet, LeadsBackForEveryByte)
{
    std::string all;
    for (int byte = 0; byte < 256; ++byte)
        all += static_cast<char>(byte);
    EXPECT_EQ(bytesFromByteAlphabet(byteAlphabetFromBytes(all)), all);
    EXPECT_EQ(bytesFromByteAlphabet(""), "");
    EXPECT_FALSE(bytesFromByteAlphabet("a b"));
    EXPECT_FALSE(bytesFromByteAlphabet("\u65e5"));
    EXPECT_FALSE(bytesFromByteAlphabet("\u0144"));
}

}  // namespace
}  // namespace armillary::text
