#include "widgets/canvas/token_strip_layout.h"

#include <algorithm>
#include <cmath>

namespace armillary::widgets {
namespace {

float cellWidthFromHeight(float height)
{
    constexpr float kWidenFrom = 14;
    constexpr float kWidestRatio = 3.6F;
    const float t = std::clamp((height - kWidenFrom) / (22 - kWidenFrom), 0.0F, 1.0F);
    return std::floor(height * (1 + t * (kWidestRatio - 1)));
}

}  // namespace

StripRect TokenStripLayout::rectFromPosition(std::int64_t position) const
{
    return {static_cast<float>(position % columns) * cellWidth, static_cast<float>(position / columns) * cellHeight,
            cellWidth, cellHeight};
}

std::optional<std::int64_t> TokenStripLayout::positionFromPoint(float x, float y) const
{
    if (x < 0 || y < 0)
        return std::nullopt;
    const auto column = static_cast<std::int64_t>(x / cellWidth);
    const auto row = static_cast<std::int64_t>(y / cellHeight);
    const std::int64_t position = row * columns + column;
    if (column >= columns || position >= count)
        return std::nullopt;
    return position;
}

std::pair<std::int64_t, std::int64_t> TokenStripLayout::positionsBetween(float top, float bottom) const
{
    const auto firstRow = static_cast<std::int64_t>(std::floor(std::max(top, 0.0F) / cellHeight));
    const auto lastRow = static_cast<std::int64_t>(std::ceil(std::max(bottom, 0.0F) / cellHeight));
    return {std::min(firstRow * columns, count), std::min(lastRow * columns, count)};
}

TokenStripLayout layoutTokenStrip(std::int64_t count, float width, float cellHeight)
{
    TokenStripLayout out;
    out.count = count;
    out.cellHeight = std::clamp(cellHeight, kSmallestCellPixels, kLargestCellPixels);
    out.cellWidth = cellWidthFromHeight(out.cellHeight);
    out.columns = std::max<std::int64_t>(1, static_cast<std::int64_t>(width / out.cellWidth));
    // Cells with words in them share the whole width; small ones stay square.
    if (out.cellWidth > out.cellHeight)
        out.cellWidth = std::floor(width / static_cast<float>(out.columns));
    out.rows = (count + out.columns - 1) / out.columns;
    return out;
}

TokenStripLayout fitTokenStrip(std::int64_t count, float width, float height)
{
    for (float cell = kLargestCellPixels; cell > kSmallestCellPixels; cell -= 1) {
        TokenStripLayout layout = layoutTokenStrip(count, width, cell);
        if (layout.contentHeight() <= height)
            return layout;
    }
    return layoutTokenStrip(count, width, kSmallestCellPixels);
}

std::optional<std::size_t> StripOverview::spanFromX(float x) const
{
    for (std::size_t i = 0; i < rects.size(); ++i) {
        if (x >= rects[i].left && x < rects[i].right())
            return i;
    }
    return std::nullopt;
}

float StripOverview::xFromPosition(std::int64_t position) const
{
    for (std::size_t i = 0; i < spans.size(); ++i) {
        const TokenSpan& span = spans[i];
        if (position < span.end) {
            const auto share = static_cast<float>(position - span.begin) / static_cast<float>(span.end - span.begin);
            return rects[i].left + std::max(0.0F, share) * rects[i].width;
        }
    }
    return rects.empty() ? 0 : rects.back().right();
}

std::int64_t StripOverview::positionFromX(float x) const
{
    if (spans.empty())
        return 0;
    for (std::size_t i = 0; i < spans.size(); ++i) {
        if (x < rects[i].right()) {
            const float share = std::clamp((x - rects[i].left) / rects[i].width, 0.0F, 1.0F);
            const auto length = static_cast<float>(spans[i].end - spans[i].begin);
            return std::min(spans[i].end - 1, spans[i].begin + static_cast<std::int64_t>(share * length));
        }
    }
    return spans.back().end - 1;
}

StripOverview layoutStripOverview(std::vector<TokenSpan> spans, float width, float leastWidth)
{
    StripOverview out;
    out.spans = std::move(spans);
    if (out.spans.empty() || width <= 0)
        return out;
    const auto spanCount = static_cast<float>(out.spans.size());
    const float least = std::min(leastWidth, width / spanCount);
    std::int64_t total = 0;
    for (const TokenSpan& span : out.spans)
        total += span.end - span.begin;
    // Every span gets its least width; what is left is shared by length. Two spans keep their order of size that way.
    const float shared = width - least * spanCount;
    float x = 0;
    for (const TokenSpan& span : out.spans) {
        const float share =
            static_cast<float>(span.end - span.begin) / static_cast<float>(std::max<std::int64_t>(total, 1));
        const float w = least + shared * share;
        out.rects.push_back({x, 0, w, 1});
        x += w;
    }
    return out;
}

}  // namespace armillary::widgets
