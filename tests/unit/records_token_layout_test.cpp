#include "records/token_layout.h"

#include <gtest/gtest.h>

namespace armillary {
namespace {

// <bos>, a 2x2 picture, a 1x2 crop of its right half, a word.
TokenLayout sampleLayout()
{
    TokenLayout layout;
    const auto add = [&layout](std::int64_t id, TokenKind kind, TokenOrigin origin) {
        layout.ids.push_back(id);
        layout.kinds.push_back(kind);
        layout.origins.push_back(origin);
        layout.pieces.emplace_back("x");
    };
    add(2, TokenKind::Control, {});
    for (std::int32_t i = 0; i < 4; ++i)
        add(9, TokenKind::Image, {0, 0, -1, i / 2, i % 2});
    for (std::int32_t i = 0; i < 2; ++i)
        add(9, TokenKind::Image, {0, 1, -1, 0, i});
    add(5, TokenKind::Text, {});
    layout.grids.push_back({0, 0, TokenKind::Image, 2, 2, 1, {0, 0, 1, 1}});
    layout.grids.push_back({0, 1, TokenKind::Image, 1, 2, 1, {0, 0.5, 1, 1}});
    return layout;
}

TEST(TokenLayout, SpansSplitAtKindsAndAtCrops)
{
    const auto spans = sampleLayout().spans();
    ASSERT_EQ(spans.size(), 4u);
    EXPECT_EQ(spans[1].kind, TokenKind::Image);
    EXPECT_EQ(spans[1].begin, 1);
    EXPECT_EQ(spans[1].end, 5);
    EXPECT_EQ(spans[2].begin, 5);
    EXPECT_EQ(spans[2].end, 7);
    EXPECT_EQ(spans[3].kind, TokenKind::Text);
}

TEST(TokenLayout, CountsKinds)
{
    EXPECT_EQ(sampleLayout().count(TokenKind::Image), 6);
    EXPECT_EQ(sampleLayout().count(TokenKind::World), 0);
}

TEST(TokenLayout, BoxesAreFractionsOfTheSourcePicture)
{
    const TokenLayout layout = sampleLayout();
    const PixelBox lowerLeft = layout.boxFromToken(3);
    EXPECT_DOUBLE_EQ(lowerLeft.top, 0.5);
    EXPECT_DOUBLE_EQ(lowerLeft.left, 0);
    EXPECT_DOUBLE_EQ(lowerLeft.bottom, 1);
    EXPECT_DOUBLE_EQ(lowerLeft.right, 0.5);
    const PixelBox cropRight = layout.boxFromToken(6);
    EXPECT_DOUBLE_EQ(cropRight.left, 0.75);
    EXPECT_DOUBLE_EQ(cropRight.right, 1);
    EXPECT_DOUBLE_EQ(layout.boxFromToken(7).bottom, 0);
}

TEST(TokenLayout, PointsFindTheTokensOfEveryCropThatHoldsThem)
{
    const TokenLayout layout = sampleLayout();
    EXPECT_EQ(layout.tokensFromPoint(0, TokenKind::Image, 0.25, 0.25), (std::vector<std::int64_t>{1}));
    EXPECT_EQ(layout.tokensFromPoint(0, TokenKind::Image, 0.75, 0.9), (std::vector<std::int64_t>{4, 6}));
    EXPECT_TRUE(layout.tokensFromPoint(1, TokenKind::Image, 0.75, 0.9).empty());
}

}  // namespace
}  // namespace armillary
