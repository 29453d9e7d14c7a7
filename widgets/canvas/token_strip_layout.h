// Where each position of a sequence lies in the token strip: a bar of the whole sequence on top, and below it one cell a
// position, in reading order, wrapped into rows. Lengths are logical pixels.
// Thread rule: pure functions, no OpenGL.
#pragma once

#include "records/token_layout.h"

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace armillary::widgets {

struct StripRect {
    float left = 0;
    float top = 0;
    float width = 0;
    float height = 0;

    [[nodiscard]] float right() const { return left + width; }
    [[nodiscard]] float bottom() const { return top + height; }
};

inline constexpr float kSmallestCellPixels = 3;
inline constexpr float kLargestCellPixels = 30;

// Cells of equal size, row by row; (0, 0) is the top left corner of position 0.
struct TokenStripLayout {
    std::int64_t count = 0;
    float cellWidth = 1;
    float cellHeight = 1;
    std::int64_t columns = 1;
    std::int64_t rows = 0;

    [[nodiscard]] float contentHeight() const { return static_cast<float>(rows) * cellHeight; }
    [[nodiscard]] StripRect rectFromPosition(std::int64_t position) const;
    // Empty outside of the cells.
    [[nodiscard]] std::optional<std::int64_t> positionFromPoint(float x, float y) const;
    // Positions [first, last) whose rows touch [top, bottom).
    [[nodiscard]] std::pair<std::int64_t, std::int64_t> positionsBetween(float top, float bottom) const;
};

// `count` cells of height `cellHeight` in rows of at most `width`. Small cells are square; from about 14 pixels on they
// widen, so that a word fits in.
[[nodiscard]] TokenStripLayout layoutTokenStrip(std::int64_t count, float width, float cellHeight);
// The layout with the largest cells that show all of `count` in width x height; the smallest cells if nothing fits.
[[nodiscard]] TokenStripLayout fitTokenStrip(std::int64_t count, float width, float height);

// The bar of the whole sequence: one piece a span, as wide as its share, but never narrower than `leastWidth` as long as
// there is room, so that a single bracket token stays visible beside 4,000 world tokens.
struct StripOverview {
    std::vector<TokenSpan> spans;
    std::vector<StripRect> rects;  // one a span, height 1

    [[nodiscard]] std::optional<std::size_t> spanFromX(float x) const;
    [[nodiscard]] float xFromPosition(std::int64_t position) const;
    [[nodiscard]] std::int64_t positionFromX(float x) const;
};

[[nodiscard]] StripOverview layoutStripOverview(std::vector<TokenSpan> spans, float width, float leastWidth);

}  // namespace armillary::widgets
