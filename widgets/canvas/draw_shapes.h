// The shapes of Dear ImGui's draw lists, one by one: a rectangle or a letter is a quad of two triangles, everything else comes in
// single triangles.
// Thread rule: free functions without shared state.
#pragma once

#include <imgui.h>

#include <algorithm>
#include <array>

namespace armillary::widgets {

struct DrawShape {
    const ImDrawIdx* index = nullptr;  // its first index
    unsigned int indexCount = 0;       // 3 or 6
    std::array<ImDrawIdx, 4> corners{};
    int cornerCount = 0;
    ImVec2 low, high;  // on the framebuffer, pixels, cut to the command's clip rectangle
    // A shape that is cut away altogether, or has a corner that is no number, touches nothing.
    [[nodiscard]] bool isSeen(float width, float height) const
    {
        return low.x <= high.x && low.y <= high.y && high.x >= 0 && high.y >= 0 && low.x < width && low.y < height;
    }
};

template <class Visit>
void forEachShape(const ImDrawList& list, const ImDrawCmd& command, const ImVec2& scale, Visit visit)
{
    const ImDrawIdx* index = list.IdxBuffer.Data + command.IdxOffset;
    const ImDrawVert* corners = list.VtxBuffer.Data + command.VtxOffset;
    const ImVec4& clip = command.ClipRect;
    DrawShape shape;
    for (unsigned int i = 0; i < command.ElemCount; i += shape.indexCount) {
        const ImDrawIdx* at = index + i;
        const bool isQuad = i + 6 <= command.ElemCount && at[0] == at[3] && at[2] == at[4];
        shape.index = at;
        shape.indexCount = isQuad ? 6 : 3;
        shape.cornerCount = isQuad ? 4 : 3;
        shape.corners = {at[0], at[1], at[2], isQuad ? at[5] : at[2]};
        ImVec2 low = corners[shape.corners[0]].pos;
        ImVec2 high = low;
        for (int corner = 1; corner < shape.cornerCount; ++corner) {
            const ImVec2& pos = corners[shape.corners[static_cast<std::size_t>(corner)]].pos;
            low = ImVec2(std::min(low.x, pos.x), std::min(low.y, pos.y));
            high = ImVec2(std::max(high.x, pos.x), std::max(high.y, pos.y));
        }
        shape.low = ImVec2(std::max(low.x, clip.x) * scale.x, std::max(low.y, clip.y) * scale.y);
        shape.high = ImVec2(std::min(high.x, clip.z) * scale.x, std::min(high.y, clip.w) * scale.y);
        visit(static_cast<const DrawShape&>(shape));
    }
}

}  // namespace armillary::widgets
