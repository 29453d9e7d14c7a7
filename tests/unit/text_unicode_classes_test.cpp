#include "text/unicode_classes.h"

#include <gtest/gtest.h>

namespace armillary::text {
namespace {

template <class Test>
int count(Test test)
{
    int found = 0;
    for (char32_t c = 0; c < 0x110000; ++c) {
        if ((c < 0xD800 || c >= 0xE000) && test(c))
            ++found;
    }
    return found;
}

// Counts: the library `tokenizers` 0.23.3 asked about every code point.
TEST(UnicodeClasses, HaveAsManyMembersAsInTheReference)
{
    EXPECT_EQ(count(isLetter), 141028);
    EXPECT_EQ(count(isNumber), 1911);
    EXPECT_EQ(count(isWhiteSpace), 25);
    EXPECT_EQ(count(isWordCharacter), 144666);
}

TEST(UnicodeClasses, KnowTheLimitsOfTheirRanges)
{
    EXPECT_TRUE(isLetter(U'z'));
    EXPECT_FALSE(isLetter(U'{'));
    EXPECT_TRUE(isLetter(0x4E00));
    EXPECT_FALSE(isLetter(0xD7));   // multiplication sign, between letters
    EXPECT_TRUE(isNumber(0xBD));    // one half
    EXPECT_TRUE(isNumber(0x2167));  // Roman eight
    EXPECT_FALSE(isNumber(U'a'));
    EXPECT_TRUE(isWhiteSpace(0x3000));
    EXPECT_FALSE(isWhiteSpace(0x200B));
    EXPECT_FALSE(isWhiteSpace(0x1C));
    EXPECT_TRUE(isWordCharacter(U'_'));
    EXPECT_TRUE(isWordCharacter(0x301));
    EXPECT_FALSE(isWordCharacter(U'-'));
    EXPECT_TRUE(extendsCluster(0x301));
    EXPECT_TRUE(extendsCluster(0x200D));
    EXPECT_FALSE(extendsCluster(U'a'));
    EXPECT_TRUE(prependsToCluster(0x600));
    EXPECT_FALSE(prependsToCluster(0x606));
    EXPECT_TRUE(standsAlone(0xAD));
    EXPECT_FALSE(standsAlone(0x20));
}

}  // namespace
}  // namespace armillary::text
