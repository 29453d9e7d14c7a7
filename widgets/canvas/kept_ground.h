// The part of a canvas that stays while the pointer moves, drawn once: thousands of points are described, compared and drawn when
// they change, and for a highlight above them they are one picture.
// Thread rule: GUI thread; `draw` while the canvas draws its frame.
#pragma once

#include "widgets/canvas/gl_stage.h"

#include <imgui.h>

#include <QColor>
#include <QSize>

#include <functional>
#include <memory>

namespace armillary::widgets {

class KeptGround {
public:
    explicit KeptGround(GlStage& stage) : m_stage(stage) {}
    ~KeptGround();
    KeptGround(const KeptGround&) = delete;
    KeptGround& operator=(const KeptGround&) = delete;

    // What `describe` draws is something else now.
    void forget() { m_isStale = true; }
    // Draws the whole frame's ground over `background`; `describe` only when it has to. No letters may be drawn in it.
    void draw(ImDrawList& list, const QColor& background, const std::function<void(ImDrawList&)>& describe);
    // How often it was described.
    [[nodiscard]] int described() const { return m_described; }

private:
    GlStage& m_stage;
    std::unique_ptr<QOpenGLFramebufferObject> m_picture;
    QColor m_background;
    bool m_isStale = true;
    int m_described = 0;
};

}  // namespace armillary::widgets
