#include "widgets/canvas/frame_damage.h"

#include <algorithm>
#include <cstring>

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

std::uint64_t textureNumber(const ImDrawCmd& command)
{
    // Those of fonts get their name of the renderer only when they are uploaded.
    const ImTextureRef& texture = command.TexRef;
    return texture._TexData != nullptr ? ~static_cast<std::uint64_t>(texture._TexData->UniqueID)
                                       : static_cast<std::uint64_t>(texture._TexID);
}

// A rectangle or a letter: two triangles over four corners.
bool isQuad(const ImDrawIdx* index)
{
    return index[0] == index[3] && index[2] == index[4];
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
    const ImDrawIdx* index = list.IdxBuffer.Data + command.IdxOffset;
    const ImDrawVert* corners = list.VtxBuffer.Data + command.VtxOffset;
    const float width = static_cast<float>(m_size.width());
    const float height = static_cast<float>(m_size.height());
    for (unsigned int i = 0; i < command.ElemCount;) {
        const bool quad = i + 6 <= command.ElemCount && isQuad(index + i);
        const ImDrawIdx used[4] = {index[i], index[i + 1], index[i + 2], quad ? index[i + 5] : index[i + 2]};
        std::uint64_t number = state;
        ImVec2 low = corners[used[0]].pos;
        ImVec2 high = low;
        for (int corner = 0; corner < (quad ? 4 : 3); ++corner) {
            const ImDrawVert& at = corners[used[corner]];
            number = mixedBytes(number, &at, sizeof(at));
            low = ImVec2(std::min(low.x, at.pos.x), std::min(low.y, at.pos.y));
            high = ImVec2(std::max(high.x, at.pos.x), std::max(high.y, at.pos.y));
        }
        i += quad ? 6 : 3;
        low = ImVec2(std::max(low.x, clip.x) * scale.x, std::max(low.y, clip.y) * scale.y);
        high = ImVec2(std::min(high.x, clip.z) * scale.x, std::min(high.y, clip.w) * scale.y);
        // Written so that a corner which is no number is left out too.
        if (!(low.x <= high.x && low.y <= high.y && high.x >= 0 && high.y >= 0 && low.x < width && low.y < height))
            continue;
        const auto tile = [](float pixel, float last) {
            return static_cast<int>(std::clamp(pixel, 0.0F, last)) / kTilePixels;
        };
        addShape(number,
                 {tile(low.x, width - 1), tile(low.y, height - 1), tile(high.x, width - 1), tile(high.y, height - 1)});
    }
}

QRect FrameDamage::compare(const ImDrawData& drawn, const QSize& sizePixels)
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
        return all;
    QRect out;
    for (int row = 0; row < rows; ++row) {
        for (int column = 0; column < m_columns; ++column) {
            const auto at =
                static_cast<std::size_t>(row) * static_cast<std::size_t>(m_columns) + static_cast<std::size_t>(column);
            if (m_last[at] != m_now[at])
                out |= QRect(column * kTilePixels, row * kTilePixels, kTilePixels, kTilePixels);
        }
    }
    return out & all;
}

}  // namespace armillary::widgets
