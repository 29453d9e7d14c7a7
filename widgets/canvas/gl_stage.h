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
#include <QFont>
#include <QImage>
#include <QOffscreenSurface>
#include <QOpenGLContext>
#include <QOpenGLFramebufferObject>
#include <QRect>
#include <QString>

#include <map>
#include <memory>
#include <vector>

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
    // A context that is drawn here and shares the letters of all others. `leave` before ImGui::DestroyContext.
    [[nodiscard]] ImGuiContext* makeContext();
    void leave(ImGuiContext* imgui);
    // Begins a frame of the current ImGui context. It must be rendered, or begun again, before another context's.
    void beginFrame();
    // What Qt draws with. Letters are drawn into the shared atlas when they are used for the first time.
    [[nodiscard]] ImFont* fontFrom(const QFont& font);
    // Draws the parts `damage` (pixels) of the current ImGui context's draw data over `background` into `image`, whose other
    // pixels stay. The draw data is used up. False on failure.
    bool render(const QColor& background, const std::vector<QRect>& damage, QImage& image);
    // Draws `list` alone over `background` into a texture as large as the current ImGui context's frame, the first row on top. The
    // list is used up. Null on failure.
    [[nodiscard]] std::unique_ptr<QOpenGLFramebufferObject> drawnTexture(const QColor& background, ImDrawList& list);

private:
    GlStage();
    void enter(ImGuiContext* imgui);
    // One of everything that canvases draw: drivers compile programs when something is drawn for the first time, and drawing
    // the letters of the sizes that canvases write in takes tens of milliseconds.
    void warmUp();

    QOffscreenSurface m_surface;
    QOpenGLContext m_context;
    std::unique_ptr<QOpenGLFramebufferObject> m_target;  // as large as the largest canvas yet
    ImGuiContext* m_imgui = nullptr;                     // owns the renderer that the canvases' contexts borrow
    ImFontAtlas* m_letters = nullptr;                    // of all contexts
    std::map<QString, ImFont*> m_fonts;
    int m_frames = 0;  // of all contexts
    QString m_failure;
};

}  // namespace armillary::widgets
