#include "text/added_tokens.h"

#include <gtest/gtest.h>

namespace armillary::text {
namespace {

AddedToken token(std::int64_t id, const std::string& content)
{
    AddedToken made;
    made.id = id;
    made.content = content;
    return made;
}

// Spans as text: tokens as [id:text], the rest as it is, with bars between.
std::string shown(const AddedTokens& tokens, const std::string& text, bool normalized = false)
{
    std::string out;
    for (const AddedSpan& span : tokens.split(text, normalized)) {
        if (!out.empty())
            out += '|';
        const std::string part = text.substr(span.begin, span.end - span.begin);
        out += span.token == nullptr ? part : "[" + std::to_string(span.token->id) + ":" + part + "]";
    }
    return out;
}

TEST(AddedTokens, TakesTheLeftmostAndLongest)
{
    const AddedTokens tokens({token(1, "<a>"), token(2, "\n"), token(3, "\n\n"), token(4, "<a><b>"), token(5, "")});
    EXPECT_EQ(shown(tokens, "x<a>y"), "x|[1:<a>]|y");
    EXPECT_EQ(shown(tokens, "\n\n\n"), "[3:\n\n]|[2:\n]");
    EXPECT_EQ(shown(tokens, "<a><b><a>"), "[4:<a><b>]|[1:<a>]");
    EXPECT_EQ(shown(tokens, "<a"), "<a");
    EXPECT_EQ(shown(tokens, ""), "");
    EXPECT_EQ(tokens.all().size(), 4U);
    EXPECT_EQ(shown(AddedTokens(), "text"), "text");
}

TEST(AddedTokens, HonoursItsFlags)
{
    AddedToken left = token(1, "<l>");
    left.stripsLeft = true;
    AddedToken right = token(2, "<r>");
    right.stripsRight = true;
    AddedToken word = token(3, "cat");
    word.singleWord = true;
    AddedToken normalized = token(4, "N");
    normalized.normalized = true;
    normalized.normalizedContent = "n";
    const AddedTokens tokens({left, right, word, normalized});
    EXPECT_EQ(shown(tokens, "a \u3000<l> b"), "a|[1: \u3000<l>]| b");
    EXPECT_EQ(shown(tokens, "a <r>\n b"), "a |[2:<r>\n ]|b");
    EXPECT_EQ(shown(tokens, "<r>  <l>"), "[2:<r>  ]|[1:<l>]");
    EXPECT_EQ(shown(tokens, "a cat, cats, concat, cat"), "a |[3:cat]|, cats, concat, |[3:cat]");
    EXPECT_EQ(shown(tokens, "\u00e9"
                            "cat"),
              "\u00e9"
              "cat");
    EXPECT_EQ(shown(tokens, "aNn"), "aNn");
    EXPECT_EQ(shown(tokens, "aNn", true), "aN|[4:n]");
}

TEST(AddedTokens, FindsByIdAndContent)
{
    const AddedTokens tokens({token(7, "x"), token(8, "y"), token(9, "x")});
    EXPECT_EQ(tokens.find("x")->id, 9);
    EXPECT_EQ(tokens.find(8)->content, "y");
    EXPECT_EQ(tokens.find("z"), nullptr);
    EXPECT_EQ(tokens.find(1), nullptr);
}

}  // namespace
}  // namespace armillary::text
