// A Qt widget whose picture is drawn by Dear ImGui: one ImGui context a canvas, Qt's input translated into it, repainted
// on demand only. Derived canvases draw what records and selection say; they keep no truth of their own.
//
// Thread rule: GUI thread. Needs OpenGL 3.3 core (Mesa's software renderer will do); see `failure`.
#pragma once

#include <imgui.h>

#include <QColor>
#include <QOpenGLWidget>
#include <QString>

#include <functional>
#include <vector>

class QOpenGLContext;

namespace armillary::widgets {

struct ThemeColors;

[[nodiscard]] constexpr ImU32 canvasColor(int red, int green, int blue, int alpha = 255)
{
    return IM_COL32(red, green, blue, alpha);
}
[[nodiscard]] ImU32 canvasColor(const QColor& color, double opacity = 1);

class ImguiCanvas : public QOpenGLWidget {
    Q_OBJECT
public:
    explicit ImguiCanvas(QWidget* parent = nullptr);
    ~ImguiCanvas() override;

    // Empty while drawing works; else one sentence (no OpenGL 3.3).
    [[nodiscard]] const QString& failure() const { return m_failure; }
    // Time our own code took for the last frame, from the start of drawing to the finished draw lists.
    [[nodiscard]] double lastDrawSeconds() const { return m_lastDrawSeconds; }
    [[nodiscard]] qint64 frameCount() const { return m_frameCount; }

Q_SIGNALS:
    void failed(const QString& sentence);

protected:
    // Draws one frame into `list`, which covers the widget; `size` is in logical pixels.
    virtual void drawFrame(ImDrawList& list, const ImVec2& size) = 0;
    // Textures go here, with the context current.
    virtual void releaseTextures() {}
    // Runs `change` after the frame; drawing code reports clicks and hovers this way, so that nobody repaints inside a
    // paint.
    void afterFrame(std::function<void()> change);
    [[nodiscard]] const ThemeColors& colors() const;
    [[nodiscard]] float smallFontSize() const;

    void initializeGL() override;
    void paintGL() override;
    bool event(QEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void mouseDoubleClickEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void wheelEvent(QWheelEvent* event) override;
    void leaveEvent(QEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void keyReleaseEvent(QKeyEvent* event) override;
    void focusInEvent(QFocusEvent* event) override;
    void focusOutEvent(QFocusEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    void loadFont();
    void shutdownGl();
    void repaintAfterInput();
    void feedModifiers(Qt::KeyboardModifiers modifiers);
    void feedButton(QMouseEvent* event, bool down);
    void feedKey(QKeyEvent* event, bool down);

    ImGuiContext* m_imgui = nullptr;
    QOpenGLContext* m_glOwner = nullptr;  // the context the GL parts were made in
    bool m_fontStale = true;
    int m_framesWanted = 0;
    qint64 m_frameCount = 0;
    double m_lastDrawSeconds = 0;
    double m_lastFrameAt = 0;
    QString m_failure;
    std::vector<std::function<void()>> m_afterFrame;
};

}  // namespace armillary::widgets
