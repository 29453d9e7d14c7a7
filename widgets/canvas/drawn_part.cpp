#include "widgets/canvas/drawn_part.h"

#include "widgets/canvas/draw_shapes.h"

#include <cstdint>
#include <utility>

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
    Cutter(const std::vector<QRect>& parts, const ImVec2& scale) : m_parts(parts), m_scale(scale), m_kept(parts.size())
    {}

    void cut(ImDrawList& list)
    {
        const auto commands = static_cast<std::size_t>(list.CmdBuffer.Size);
        for (std::vector<Indices>& part : m_kept)
            part.assign(commands, {});
        for (std::size_t i = 0; i < commands; ++i) {
            if (list.CmdBuffer[static_cast<int>(i)].UserCallback == nullptr)
                sortShapes(list, i);
        }
        m_corners.resize(0);
        m_indices.resize(0);
        m_commands.resize(0);
        m_newIndex.assign(static_cast<std::size_t>(list.VtxBuffer.Size), 0);
        m_owner.assign(static_cast<std::size_t>(list.VtxBuffer.Size), 0);
        for (std::size_t part = 0; part < m_parts.size(); ++part)
            writePart(list, part);
        list.VtxBuffer.swap(m_corners);
        list.IdxBuffer.swap(m_indices);
        list.CmdBuffer.swap(m_commands);
    }
    [[nodiscard]] std::vector<std::size_t> takeOwners() { return std::move(m_partOfCommand); }

private:
    struct Range {
        const ImDrawIdx* first;
        unsigned int count;
    };
    using Indices = std::vector<Range>;

    void sortShapes(const ImDrawList& list, std::size_t command)
    {
        forEachShape(list, list.CmdBuffer[static_cast<int>(command)], m_scale, [&](const DrawShape& shape) {
            if (shape.low.x > shape.high.x || shape.low.y > shape.high.y)
                return;
            for (std::size_t part = 0; part < m_parts.size(); ++part) {
                if (!touches(shape, m_parts[part]))
                    continue;
                Indices& kept = m_kept[part][command];
                // Neighbours in the list are most often neighbours in the picture.
                if (!kept.empty() && kept.back().first + kept.back().count == shape.index)
                    kept.back().count += shape.indexCount;
                else
                    kept.push_back({shape.index, shape.indexCount});
            }
        });
    }

    // Changes of the renderer's state go along only where something is drawn in it.
    void writePart(const ImDrawList& list, std::size_t part)
    {
        const ImDrawCallback reset = ImGui::GetPlatformIO().DrawCallback_ResetRenderState;
        std::vector<ImDrawCmd> waiting;
        bool isReset = true;
        for (std::size_t i = 0; i < m_kept[part].size(); ++i) {
            const ImDrawCmd& command = list.CmdBuffer[static_cast<int>(i)];
            if (command.UserCallback != nullptr) {
                if (command.UserCallback == reset)
                    waiting.clear();
                if (command.UserCallback != reset || !isReset)
                    waiting.push_back(command);
                continue;
            }
            if (m_kept[part][i].empty())
                continue;
            for (const ImDrawCmd& each : std::exchange(waiting, {})) {
                addCommand(each, part);
                isReset = each.UserCallback == reset;
            }
            addCommand(shapesOf(list, command, m_kept[part][i]), part);
        }
        if (isReset)
            return;
        ImDrawCmd end;
        end.UserCallback = reset;
        addCommand(end, part);
    }

    ImDrawCmd shapesOf(const ImDrawList& list, const ImDrawCmd& command, const Indices& kept)
    {
        ++m_number;
        ImDrawCmd out = command;
        out.VtxOffset = static_cast<unsigned int>(m_corners.Size);
        out.IdxOffset = static_cast<unsigned int>(m_indices.Size);
        for (const Range& range : kept) {
            for (unsigned int i = 0; i < range.count; ++i) {
                const std::size_t corner = command.VtxOffset + range.first[i];
                if (m_owner[corner] != m_number) {
                    m_owner[corner] = m_number;
                    m_newIndex[corner] =
                        static_cast<ImDrawIdx>(static_cast<unsigned int>(m_corners.Size) - out.VtxOffset);
                    m_corners.push_back(list.VtxBuffer[static_cast<int>(corner)]);
                }
                m_indices.push_back(m_newIndex[corner]);
            }
        }
        out.ElemCount = static_cast<unsigned int>(m_indices.Size) - out.IdxOffset;
        return out;
    }

    void addCommand(const ImDrawCmd& command, std::size_t part)
    {
        m_commands.push_back(command);
        m_partOfCommand.push_back(part);
    }

    const std::vector<QRect>& m_parts;
    ImVec2 m_scale;
    std::vector<std::vector<Indices>> m_kept;  // by part and command
    ImVector<ImDrawVert> m_corners;
    ImVector<ImDrawIdx> m_indices;
    ImVector<ImDrawCmd> m_commands;
    std::vector<std::size_t> m_partOfCommand;
    std::vector<ImDrawIdx> m_newIndex;
    std::vector<std::uint32_t> m_owner;  // the part of a command that a corner was kept for last
    std::uint32_t m_number = 0;
};

}  // namespace

std::vector<std::size_t> keepParts(ImDrawData& drawn, const std::vector<QRect>& parts)
{
    Cutter cutter(parts, drawn.FramebufferScale);
    for (ImDrawList* list : drawn.CmdLists)
        cutter.cut(*list);
    return cutter.takeOwners();
}

}  // namespace armillary::widgets
