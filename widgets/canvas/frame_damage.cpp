#include "widgets/canvas/frame_damage.h"

#include "widgets/canvas/draw_shapes.h"
#include "widgets/canvas/texture_store.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <numeric>
#include <utility>

namespace armillary::widgets {
namespace {

// Depends on the order: what is drawn later lies on top.
std::uint64_t mixed(std::uint64_t into, std::uint64_t value)
{
    const std::uint64_t product = (into ^ value) * 0x9E3779B97F4A7C15ULL;
    return product ^ (product >> 29);
}

std::uint64_t mixedBytes(std::uint64_t into, const void* bytes, std::size_t count)
{
    const auto* at = static_cast<const std::uint8_t*>(bytes);
    std::uint64_t word = 0;
    for (; count >= sizeof(word); count -= sizeof(word), at += sizeof(word)) {
        std::memcpy(&word, at, sizeof(word));
        into = mixed(into, word);
    }
    word = 0;
    std::memcpy(&word, at, count);
    return mixed(into, word);
}

// As mixedBytes of the corner, with products that do not wait for each other: thousands of corners are compared at every hover.
std::uint64_t mixedCorner(std::uint64_t into, const ImDrawVert& corner)
{
    std::uint64_t place = 0, texel = 0;
    std::memcpy(&place, &corner.pos, sizeof(place));
    std::memcpy(&texel, &corner.uv, sizeof(texel));
    const std::uint64_t color = corner.col;
    return mixed(into, place * 0xC2B2AE3D27D4EB4FULL + (texel ^ (texel >> 31)) * 0x165667B19E3779F9ULL +
                           color * 0xFF51AFD7ED558CCDULL);
}

std::uint64_t textureNumber(const ImDrawCmd& command)
{
    // Those of fonts get their name of the renderer only when they are uploaded.
    const ImTextureRef& texture = command.TexRef;
    return texture._TexData != nullptr ? ~static_cast<std::uint64_t>(texture._TexData->UniqueID)
                                       : TextureStore::uploadOf(texture._TexID);
}

int area(const QRect& rect)
{
    return rect.width() * rect.height();
}

// From where to where a shape reaches between two heights, in pixels; nothing where the first is greater.
std::pair<float, float> widthBetween(const DrawShape& shape, const ImDrawVert* corners, const ImVec2& scale, float top,
                                     float bottom)
{
    float low = std::numeric_limits<float>::max(), high = std::numeric_limits<float>::lowest();
    for (int i = 0; i < shape.cornerCount; ++i) {
        const auto at = [&](int corner) {
            const ImVec2& pos = corners[shape.corners[static_cast<std::size_t>(corner % shape.cornerCount)]].pos;
            return ImVec2(pos.x * scale.x, pos.y * scale.y);
        };
        const ImVec2 from = at(i), to = at(i + 1);
        if (std::max(from.y, to.y) < top || std::min(from.y, to.y) > bottom)
            continue;
        for (const float y : {top, bottom, from.y, to.y}) {
            if (y < top || y > bottom || y < std::min(from.y, to.y) || y > std::max(from.y, to.y))
                continue;
            const float part = to.y == from.y ? 0 : (y - from.y) / (to.y - from.y);
            const float x = from.x + part * (to.x - from.x);
            low = std::min({low, x, to.y == from.y ? to.x : x});
            high = std::max({high, x, to.y == from.y ? to.x : x});
        }
    }
    return {low, high};
}

// Every rectangle is drawn, read back and painted by itself, which costs about as much as drawing so many tiles more.
constexpr int kTilesOfARect = 3;
constexpr std::size_t kMostRects = 16;
// More scattered than that, everything has changed.
constexpr std::size_t kMostScattered = 64;

void mergeRects(std::vector<QRect>& rects)
{
    while (rects.size() > 1) {
        std::size_t first = 0, second = 0;
        int least = std::numeric_limits<int>::max();
        for (std::size_t i = 0; i < rects.size(); ++i) {
            for (std::size_t j = i + 1; j < rects.size(); ++j) {
                const int more =
                    rects[i].intersects(rects[j]) ? -1 : area(rects[i] | rects[j]) - area(rects[i]) - area(rects[j]);
                if (more < least) {
                    least = more;
                    first = i;
                    second = j;
                }
            }
        }
        if (rects.size() <= kMostRects && least > kTilesOfARect)
            return;
        rects[first] |= rects[second];
        rects.erase(rects.begin() + static_cast<std::ptrdiff_t>(second));
    }
}

}  // namespace

void FrameDamage::addShape(std::uint64_t number, const Tiles& tiles)
{
    for (int row = tiles.top; row <= tiles.bottom; ++row) {
        std::uint64_t* line = m_now.data() + static_cast<std::ptrdiff_t>(row) * m_columns;
        for (int column = tiles.left; column <= tiles.right; ++column)
            line[column] = mixed(line[column], number);
    }
}

void FrameDamage::addCommand(const ImDrawList& list, const ImDrawCmd& command, std::uint64_t state, const ImVec2& scale)
{
    const ImVec4& clip = command.ClipRect;
    state = mixedBytes(mixed(state, textureNumber(command)), &clip, sizeof(clip));
    const ImDrawVert* corners = list.VtxBuffer.Data + command.VtxOffset;
    const auto width = static_cast<float>(m_size.width());
    const auto height = static_cast<float>(m_size.height());
    // A picture of half a pixel more than whole ones is drawn a little smaller than its corners say.
    const float around = scale.x == std::floor(scale.x) && scale.y == std::floor(scale.y) ? 0.0F : 1.0F;
    forEachShape(list, command, scale, [&](const DrawShape& shape) {
        if (!shape.isSeen(width, height))
            return;
        std::uint64_t number = state;
        for (int corner = 0; corner < shape.cornerCount; ++corner)
            number = mixedCorner(number, corners[shape.corners[static_cast<std::size_t>(corner)]]);
        const auto tile = [](float pixel, float last) {
            return static_cast<int>(std::clamp(pixel, 0.0F, last)) / kTilePixels;
        };
        const Tiles tiles{tile(shape.low.x - around, width - 1), tile(shape.low.y - around, height - 1),
                          tile(shape.high.x + around, width - 1), tile(shape.high.y + around, height - 1)};
        // Most of what a long slanting line spans it does not touch.
        if (tiles.right - tiles.left < 2 || tiles.bottom - tiles.top < 2) {
            addShape(number, tiles);
            return;
        }
        for (int row = tiles.top; row <= tiles.bottom; ++row) {
            const auto top = static_cast<float>(row * kTilePixels);
            const auto [low, high] =
                widthBetween(shape, corners, scale, top - 1 - around, top + kTilePixels + 1 + around);
            if (low <= high)
                addShape(number, {std::clamp(tile(low - around, width - 1), tiles.left, tiles.right), row,
                                  std::clamp(tile(high + around, width - 1), tiles.left, tiles.right), row});
        }
    });
}

std::vector<QRect> FrameDamage::changedTiles(int rows) const
{
    std::vector<QRect> out;
    for (int row = 0; row < rows; ++row) {
        const auto line = static_cast<std::size_t>(row) * static_cast<std::size_t>(m_columns);
        for (int column = 0; column < m_columns; ++column) {
            const auto differs = [&](int at) {
                return m_last[line + static_cast<std::size_t>(at)] != m_now[line + static_cast<std::size_t>(at)];
            };
            if (!differs(column))
                continue;
            int end = column + 1;
            while (end < m_columns && differs(end))
                ++end;
            // A run below one of the same columns makes it taller.
            const auto above = std::find_if(out.rbegin(), out.rend(), [&](const QRect& each) {
                return each.bottom() == row - 1 && each.left() == column && each.right() == end - 1;
            });
            if (above != out.rend())
                above->setBottom(row);
            else
                out.emplace_back(column, row, end - column, 1);
            column = end;
        }
    }
    if (out.size() > kMostScattered)
        out = {std::accumulate(out.begin(), out.end(), QRect(),
                               [](const QRect& all, const QRect& each) { return all | each; })};
    mergeRects(out);
    return out;
}

std::vector<QRect> FrameDamage::compare(const ImDrawData& drawn, const QSize& sizePixels)
{
    const bool isAll = m_size != sizePixels;
    m_size = sizePixels;
    m_columns = (sizePixels.width() + kTilePixels - 1) / kTilePixels;
    const int rows = (sizePixels.height() + kTilePixels - 1) / kTilePixels;
    m_last.swap(m_now);
    m_now.assign(static_cast<std::size_t>(m_columns) * static_cast<std::size_t>(rows), 1);
    std::uint64_t state = 1;
    for (const ImDrawList* list : drawn.CmdLists) {
        for (const ImDrawCmd& command : list->CmdBuffer) {
            if (command.UserCallback != nullptr)
                state = command.UserCallback == ImGui::GetPlatformIO().DrawCallback_ResetRenderState
                            ? 1
                            : mixedBytes(state, &command.UserCallback, sizeof(command.UserCallback));
            else
                addCommand(*list, command, state, drawn.FramebufferScale);
        }
    }
    const QRect all(QPoint(0, 0), sizePixels);
    if (isAll || m_last.size() != m_now.size())
        return {all};
    std::vector<QRect> out = changedTiles(rows);
    for (QRect& rect : out)
        rect = QRect(rect.topLeft() * kTilePixels, rect.size() * kTilePixels) & all;
    return out;
}

}  // namespace armillary::widgets
