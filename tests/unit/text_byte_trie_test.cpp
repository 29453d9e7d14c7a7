#include "text/byte_trie.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>

namespace armillary::text {
namespace {

TEST(ByteTrie, FindsEveryPrefixShortestFirst)
{
    const ByteTrie trie({{"abc", 2}, {"a", 0}, {"ab", 1}, {"b", 3}, {"\xE6\x97", 4}});
    std::vector<std::pair<std::size_t, std::int32_t>> found;
    trie.forEachPrefix("abcd", [&](std::size_t length, std::int32_t value) { found.emplace_back(length, value); });
    const std::vector<std::pair<std::size_t, std::int32_t>> expected = {{1, 0}, {2, 1}, {3, 2}};
    EXPECT_EQ(found, expected);
    EXPECT_EQ(trie.longestPrefix("abx")->second, 1);
    EXPECT_EQ(trie.longestPrefix("\xE6\x97\xA5")->second, 4);
    EXPECT_FALSE(trie.longestPrefix("xab"));
    EXPECT_FALSE(trie.longestPrefix(""));
    EXPECT_FALSE(trie.longestPrefix("\xE6"));
}

TEST(ByteTrie, KeepsTheLastOfEqualKeysAndNoEmptyOne)
{
    const ByteTrie trie({{"x", 1}, {"", 9}, {"x", 2}});
    EXPECT_EQ(trie.longestPrefix("xy")->second, 2);
    EXPECT_FALSE(trie.longestPrefix("y"));
    EXPECT_FALSE(ByteTrie().longestPrefix("x"));
}

TEST(ByteTrie, AgreesWithASearchThroughAllKeys)
{
    std::mt19937 random(3);
    const auto word = [&](unsigned longest) {
        std::string made;
        for (unsigned i = 1 + random() % longest; i > 0; --i)
            made += "ab\xC3\xFF"[random() % 4];
        return made;
    };
    std::map<std::string, std::int32_t> keys;
    for (int i = 0; i < 120; ++i)
        keys.emplace(word(6), i);
    std::vector<std::pair<std::string_view, std::int32_t>> list(keys.begin(), keys.end());
    const ByteTrie trie(list);
    for (int i = 0; i < 2000; ++i) {
        const std::string text = word(9);
        std::pair<std::size_t, std::int32_t> longest{0, -1};
        for (const auto& [key, value] : keys) {
            if (text.starts_with(key) && key.size() > longest.first)
                longest = {key.size(), value};
        }
        const auto found = trie.longestPrefix(text);
        ASSERT_EQ(found.value_or(std::pair<std::size_t, std::int32_t>{0, -1}), longest) << text;
    }
}

}  // namespace
}  // namespace armillary::text
