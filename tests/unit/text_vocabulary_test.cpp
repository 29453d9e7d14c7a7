#include "text/vocabulary.h"

#include <gtest/gtest.h>

namespace armillary::text {
namespace {

TEST(Vocabulary, FindsEveryPieceOfALargeOne)
{
    std::vector<std::string> pieces;
    pieces.reserve(50000);
    for (int i = 0; i < 50000; ++i)
        pieces.push_back("piece" + std::to_string(i));
    const Vocabulary vocabulary(pieces);
    EXPECT_EQ(vocabulary.size(), 50000);
    EXPECT_EQ(vocabulary.duplicate(), nullptr);
    for (int i = 0; i < 50000; ++i)
        ASSERT_EQ(vocabulary.find(pieces[static_cast<std::size_t>(i)]), i);
    EXPECT_FALSE(vocabulary.find("piece50000"));
    EXPECT_FALSE(vocabulary.find(""));
    EXPECT_TRUE(vocabulary.has(49999));
    EXPECT_FALSE(vocabulary.has(50000));
    EXPECT_FALSE(vocabulary.has(-1));
}

TEST(Vocabulary, TellsOfDuplicates)
{
    const Vocabulary vocabulary({"a", "b", "a"});
    ASSERT_NE(vocabulary.duplicate(), nullptr);
    EXPECT_EQ(*vocabulary.duplicate(), "a");
    EXPECT_FALSE(Vocabulary().find("a"));
    EXPECT_FALSE(Vocabulary(std::vector<std::string>{}).find("a"));
}

}  // namespace
}  // namespace armillary::text
