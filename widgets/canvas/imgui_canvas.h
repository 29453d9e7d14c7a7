// A Qt widget whose picture is drawn by Dear ImGui: one ImGui context a canvas, Qt's input translated into it, repainted
// on demand only. Derived canvases draw what records and selection say; they keep no truth of their own.
//
// A frame is described (draw lists), compared with the last one, and only what differs is drawn, read back and painted. Frames that
// update() asks for are drawn before the window's next update, in a turn of paint_turns; a widget that is shown or resized is
// drawn while it is painted.
//
// Thread rule: GUI thread. Needs OpenGL 3.3 core (Mesa's software renderer will do); without it says so in its place.
#pragma once

#include "widgets/canvas/frame_damage.h"
#include "widgets/canvas/gl_stage.h"

#include <imgui.h>

#include <QColor>
#include <QImage>
#include <QRect>
#include <QString>
#include <QWidget>

#include <functional>
#include <memory>
#include <vector>

namespace armillary::widgets {

struct ThemeColors;

[[nodiscard]] constexpr ImU32 canvasColor(int red, int green, int blue, int alpha = 255)
{
    return IM_COL32(red, green, blue, alpha);
}
[[nodiscard]] ImU32 canvasColor(const QColor& color, double opacity = 1);

class ImguiCanvas : public QWidget {
    Q_OBJECT
public:
    explicit ImguiCanvas(QWidget* parent = nullptr);
    ~ImguiCanvas() override;

    // Empty while drawing works; else one sentence (no OpenGL 3.3).
    [[nodiscard]] const QString& failure() const { return m_stage->failure(); }
    // Asks for a new frame. QWidget's would paint the last one again.
    void update();
    // For PaintTurns.
    void drawInTurn();
    // Time the last frame took, from the start of drawing to the finished picture.
    [[nodiscard]] double lastDrawSeconds() const { return m_lastDrawSeconds; }
    // The part of it up to the finished draw lists: our own code. The rest is drawing them and reading the picture back.
    [[nodiscard]] double lastDrawListSeconds() const { return m_lastDrawListSeconds; }
    // The pixels that the last frame changed; only those were drawn. Several rectangles, and one around them.
    [[nodiscard]] const std::vector<QRect>& lastDamageRects() const { return m_lastDamage; }
    [[nodiscard]] QRect lastDamage() const;
    [[nodiscard]] qint64 frameCount() const { return m_frameCount; }

protected:
    // Draws one frame into `list`, which covers the widget; `size` is in logical pixels.
    virtual void drawFrame(ImDrawList& list, const ImVec2& size) = 0;
    // For textures.
    [[nodiscard]] GlStage& stage() { return *m_stage; }
    // Runs `change` after the frame; drawing code reports clicks and hovers this way, so that nobody repaints inside a
    // paint. Only what is new should be reported: every report costs a frame.
    void afterFrame(std::function<void()> change);
    // While a frame is drawn: the pointer stands elsewhere than in the last one.
    [[nodiscard]] static bool hasPointerMoved();
    [[nodiscard]] const ThemeColors& colors() const;
    [[nodiscard]] float smallFontSize() const;

    void paintEvent(QPaintEvent* event) override;
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
    // Makes the draw lists of a frame. False without OpenGL.
    bool describe();
    // Brings m_frame up to date with them.
    bool render();
    [[nodiscard]] std::vector<QRect> damageOfFrame();
    void paintFrame(const QRegion& region);
    void paintFailure();
    void runLater(std::vector<std::function<void()>> changes);
    void wantFollowingFrames();
    // `frames` in all: ImGui reacts to some input one frame late.
    void repaintAfterInput(int frames = 3);
    void feedModifiers(Qt::KeyboardModifiers modifiers);
    void feedButton(QMouseEvent* event, bool down);
    void feedKey(QKeyEvent* event, bool down);

    std::shared_ptr<GlStage> m_stage = GlStage::shared();
    ImGuiContext* m_imgui = nullptr;
    bool m_fontStale = true;
    bool m_isStale = true;  // a frame was asked for and is not drawn
    int m_framesWanted = 0;
    qint64 m_frameCount = 0;
    double m_lastDrawSeconds = 0;
    double m_lastDrawListSeconds = 0;
    QImage m_frame;
    QRgb m_ground = 0;  // that m_frame was drawn over
    FrameDamage m_damage;
    std::vector<QRect> m_lastDamage;
    double m_lastFrameAt = 0;
    double m_frameBeganAt = 0;
    std::vector<std::function<void()>> m_afterFrame;
};

}  // namespace armillary::widgets
