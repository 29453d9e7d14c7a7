#include "widgets/text/text_difference.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace armillary::widgets {
namespace {

using Words = std::vector<std::string>;

// The length of a longest common subsequence by the table, as a reference.
std::size_t longestCommon(const Words& a, const Words& b)
{
    std::vector<std::vector<std::size_t>> table(a.size() + 1, std::vector<std::size_t>(b.size() + 1, 0));
    for (std::size_t i = 0; i < a.size(); ++i) {
        for (std::size_t j = 0; j < b.size(); ++j)
            table[i + 1][j + 1] = a[i] == b[j] ? table[i][j] + 1 : std::max(table[i][j + 1], table[i + 1][j]);
    }
    return table[a.size()][b.size()];
}

void expectSound(const TextDifference& found, const Words& a, const Words& b)
{
    ASSERT_EQ(found.partnerInB.size(), a.size());
    ASSERT_EQ(found.partnerInA.size(), b.size());
    std::size_t pairs = 0, last = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        if (!found.partnerInB[i])
            continue;
        const std::size_t partner = *found.partnerInB[i];
        EXPECT_EQ(a[i], b[partner]);
        EXPECT_EQ(found.partnerInA[partner], i);
        EXPECT_TRUE(pairs == 0 || partner > last);
        last = partner;
        ++pairs;
    }
    EXPECT_EQ(pairs, found.common);
}

TEST(TextDifference, FindsTheWordsInCommon)
{
    const Words a = {"a", "cup", "of", "coffee"}, b = {"a", "bowl", "of", "hot", "coffee"};
    const TextDifference found = textDifference(a, b);
    expectSound(found, a, b);
    EXPECT_EQ(found.common, 3u);
    EXPECT_FALSE(found.partnerInB[1]);
    EXPECT_FALSE(found.partnerInA[3]);
    EXPECT_TRUE(found.isLongest);
}

TEST(TextDifference, EmptyAndEqualTexts)
{
    const Words a = {"a", "b"}, none;
    EXPECT_EQ(textDifference(none, none).common, 0u);
    EXPECT_EQ(textDifference(a, none).common, 0u);
    EXPECT_EQ(textDifference(none, a).common, 0u);
    EXPECT_EQ(textDifference(a, a).common, 2u);
    const Words other = {"c"};
    EXPECT_EQ(textDifference(a, other).common, 0u);
}

TEST(TextDifference, IsAsLongAsTheTableSays)
{
    std::mt19937 random(3);
    for (int round = 0; round < 300; ++round) {
        Words a, b;
        for (Words* words : {&a, &b}) {
            const auto length = random() % 18;
            for (std::size_t i = 0; i < length; ++i)
                words->push_back(std::string(1, static_cast<char>('a' + random() % 4)));
        }
        const TextDifference found = textDifference(a, b);
        expectSound(found, a, b);
        EXPECT_EQ(found.common, longestCommon(a, b)) << round;
        EXPECT_TRUE(found.isLongest);
    }
}

TEST(TextDifference, GivesUpWhereTextsShareNothing)
{
    Words a, b;
    for (int i = 0; i < 5000; ++i) {
        a.push_back("a" + std::to_string(i));
        b.push_back("b" + std::to_string(i));
    }
    a.insert(a.begin(), "the");
    b.insert(b.begin(), "the");
    const TextDifference found = textDifference(a, b);
    expectSound(found, a, b);
    EXPECT_EQ(found.common, 1u);
    EXPECT_FALSE(found.isLongest);
}

}  // namespace
}  // namespace armillary::widgets
