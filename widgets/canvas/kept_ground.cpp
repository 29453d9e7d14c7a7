#include "widgets/canvas/kept_ground.h"

#include "widgets/canvas/texture_store.h"

#include <imgui_internal.h>

#include <cmath>

namespace armillary::widgets {

KeptGround::~KeptGround()
{
    if (m_picture)
        (void)m_stage.makeCurrent();
}

void KeptGround::draw(ImDrawList& list, const QColor& background, const std::function<void(ImDrawList&)>& describe)
{
    const ImGuiIO& io = ImGui::GetIO();
    const float width = io.DisplaySize.x * io.DisplayFramebufferScale.x;
    const float height = io.DisplaySize.y * io.DisplayFramebufferScale.y;
    // A picture of half a pixel would be a blurred one.
    if (width != std::floor(width) || height != std::floor(height)) {
        ++m_described;
        describe(list);
        return;
    }
    const bool fits = m_picture && m_picture->width() == static_cast<int>(width) &&
                      m_picture->height() == static_cast<int>(height) && m_background == background;
    if (m_isStale || !fits) {
        ++m_described;
        ImDrawList ground(ImGui::GetDrawListSharedData());
        ground._ResetForNewFrame();
        ground._SetPixelDensity(io.DisplayFramebufferScale.x);
        ground.PushTexture(ImGui::GetIO().Fonts->TexRef);
        ground.PushClipRect(ImVec2(0, 0), io.DisplaySize);
        describe(ground);
        m_picture = m_stage.drawnTexture(background, ground);
        m_background = background;
        m_isStale = !m_picture;
        if (!m_picture)
            return;
        TextureStore::noteUpload(m_picture->texture());
    }
    TextureStore::drawTexture(list, m_picture->texture(), ImVec2(0, 0), io.DisplaySize);
}

}  // namespace armillary::widgets
