#include "widgets/canvas/drawn_part.h"

#include "widgets/canvas/draw_shapes.h"

#include <algorithm>
#include <cstdint>

namespace armillary::widgets {
namespace {

// A pixel more on every side: a picture of half a pixel more than whole ones is drawn a little smaller than its corners say.
bool touches(const DrawShape& shape, const QRect& part)
{
    return shape.low.x <= static_cast<float>(part.right()) + 2 && shape.high.x >= static_cast<float>(part.left()) - 1 &&
           shape.low.y <= static_cast<float>(part.bottom()) + 2 && shape.high.y >= static_cast<float>(part.top()) - 1;
}

class Cutter {
public:
    Cutter(const std::vector<QRect>& parts, const ImVec2& scale) : m_parts(parts), m_scale(scale) {}

    void cut(ImDrawList& list)
    {
        m_kept.resize(0);
        m_indices.resize(0);
        m_newIndex.assign(static_cast<std::size_t>(list.VtxBuffer.Size), 0);
        m_owner.assign(static_cast<std::size_t>(list.VtxBuffer.Size), 0);
        std::uint32_t number = 0;
        for (ImDrawCmd& command : list.CmdBuffer) {
            if (command.UserCallback == nullptr)
                cut(list, command, ++number);
        }
        list.VtxBuffer.swap(m_kept);
        list.IdxBuffer.swap(m_indices);
    }

private:
    void cut(const ImDrawList& list, ImDrawCmd& command, std::uint32_t number)
    {
        const auto firstCorner = static_cast<unsigned int>(m_kept.Size);
        const auto firstIndex = static_cast<unsigned int>(m_indices.Size);
        forEachShape(list, command, m_scale, [&](const DrawShape& shape) {
            const bool stays = shape.low.x <= shape.high.x && shape.low.y <= shape.high.y &&
                               std::any_of(m_parts.begin(), m_parts.end(),
                                           [&shape](const QRect& part) { return touches(shape, part); });
            if (!stays)
                return;
            for (unsigned int i = 0; i < shape.indexCount; ++i) {
                const std::size_t corner = command.VtxOffset + shape.index[i];
                if (m_owner[corner] != number) {
                    m_owner[corner] = number;
                    m_newIndex[corner] = static_cast<ImDrawIdx>(static_cast<unsigned int>(m_kept.Size) - firstCorner);
                    m_kept.push_back(list.VtxBuffer[static_cast<int>(corner)]);
                }
                m_indices.push_back(m_newIndex[corner]);
            }
        });
        command.VtxOffset = firstCorner;
        command.IdxOffset = firstIndex;
        command.ElemCount = static_cast<unsigned int>(m_indices.Size) - firstIndex;
    }

    const std::vector<QRect>& m_parts;
    ImVec2 m_scale;
    ImVector<ImDrawVert> m_kept;
    ImVector<ImDrawIdx> m_indices;
    std::vector<ImDrawIdx> m_newIndex;
    std::vector<std::uint32_t> m_owner;  // the command that a corner was kept for last
};

}  // namespace

void keepParts(ImDrawData& drawn, const std::vector<QRect>& parts)
{
    Cutter cutter(parts, drawn.FramebufferScale);
    for (ImDrawList* list : drawn.CmdLists)
        cutter.cut(*list);
}

}  // namespace armillary::widgets
