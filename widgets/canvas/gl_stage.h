// Where canvases are drawn: one OpenGL context off screen for all of them. It turns Dear ImGui's draw lists into pictures that
// widgets paint like any other.
//
// Why not a QOpenGLWidget a canvas: one in a window makes Qt put the whole window together by OpenGL at every change of any
// label, which a software renderer pays with tens of milliseconds on the GUI thread; and each would compile programs of its own
// at its first picture. Here programs are compiled once, before the first window is shown.
// Thread rule: GUI thread, one instance; canvases share it.
#pragma once

#include <imgui.h>

#include <QColor>
#include <QImage>
#include <QOffscreenSurface>
#include <QOpenGLContext>
#include <QOpenGLFramebufferObject>
#include <QRect>
#include <QString>

#include <memory>

namespace armillary::widgets {

class GlStage {
public:
    // Made on first use, gone with its last holder.
    [[nodiscard]] static std::shared_ptr<GlStage> shared();
    ~GlStage();
    GlStage(const GlStage&) = delete;
    GlStage& operator=(const GlStage&) = delete;

    // Empty while drawing works; else one sentence (no OpenGL 3.3).
    [[nodiscard]] const QString& failure() const { return m_failure; }
    // Makes the context current, for textures. False when there is none.
    bool makeCurrent();
    // Lets `imgui` be drawn here, and takes back what was made for it. `leave` before ImGui::DestroyContext.
    void enter(ImGuiContext* imgui);
    void leave(ImGuiContext* imgui);
    // Draws the part `damage` (pixels) of the current ImGui context's draw data over `background` into `image`, whose other
    // pixels stay. The draw data is used up. False on failure.
    bool render(const QColor& background, const QRect& damage, QImage& image);

private:
    GlStage();
    // One of everything that canvases draw: drivers compile programs when something is drawn for the first time.
    void warmUp();

    QOffscreenSurface m_surface;
    QOpenGLContext m_context;
    std::unique_ptr<QOpenGLFramebufferObject> m_target;  // as large as the largest canvas yet
    ImGuiContext* m_imgui = nullptr;                     // owns the renderer that the canvases' contexts borrow
    QString m_failure;
};

}  // namespace armillary::widgets
