// One picture with what its tokens are painted with: overlay layers on the image tokens' grids or on a latent frame of the world
// tokens. Pointing at a pixel hovers the image and world tokens that stand for it, a click chooses those of the grids that are
// drawn, a dragged box a set of them (Shift and Ctrl as everywhere), Alt+click makes one the query. Wheel zooms, the middle
// button or Alt+drag moves, F fits.
// Thread rule: GUI thread.
#pragma once

#include "widgets/canvas/imgui_canvas.h"
#include "widgets/canvas/overlay_painter.h"
#include "widgets/canvas/texture_store.h"
#include "widgets/overlay/overlay_stack.h"
#include "widgets/selection.h"
#include "widgets/shown_run.h"

#include <QImage>
#include <QPointF>
#include <QRectF>

#include <optional>

namespace armillary::widgets {

// Which of a picture's tokens are drawn over it.
enum class PictureTokens { Image, Crops, World };

class PictureCanvas : public ImguiCanvas {
    Q_OBJECT
public:
    PictureCanvas(const ShownRun& run, Selection& selection, const OverlayStack& overlays, QWidget* parent = nullptr);

    // `picture` may be smaller than the source, whose size in pixels `sourceSize` gives.
    void setPicture(const QImage& picture, const QSize& sourceSize);
    // Which picture of the run's question this is; empty = not part of the run, so nothing is highlighted.
    void setRunMedia(std::optional<int> media);
    [[nodiscard]] std::optional<int> runMedia() const { return m_runMedia; }
    // `latentFrame` of World.
    void setTokens(PictureTokens tokens, int latentFrame);
    [[nodiscard]] PictureTokens tokens() const { return m_tokens; }
    // Another run or layout.
    void refresh();
    // Another run or other layers from now on, for locked views; both outlive this.
    void setSources(const ShownRun& run, const OverlayStack& overlays);
    void zoomToFit();

    // Where the picture lies on the widget, in logical pixels.
    [[nodiscard]] QRectF pictureRect() const;
    // How many boxes the last frame drew over the picture.
    [[nodiscard]] int drawnBoxes() const { return m_drawnBoxes; }
    // How many grids the last frame painted.
    [[nodiscard]] int drawnGrids() const { return static_cast<int>(m_drawnGrids.size()); }

    [[nodiscard]] QSize minimumSizeHint() const override { return {160, 120}; }

protected:
    void drawFrame(ImDrawList& list, const ImVec2& size) override;

private:
    void handleInput(const ImVec2& size);
    void handleButtons(bool inside);
    void drawBox(ImDrawList& list) const;
    void drawPointerLabel(ImDrawList& list, const ImVec2& size) const;
    void hoverPixel(const std::optional<QPointF>& fraction);
    void findGrids();
    // Those of the drawn grids at a point or inside a box, in fractions of the picture.
    [[nodiscard]] Positions drawnAt(const QPointF& fraction) const;
    [[nodiscard]] Positions drawnInside(const QRectF& fractions) const;
    [[nodiscard]] bool isDrawn(std::int64_t position) const;
    [[nodiscard]] QPointF fractionFrom(const ImVec2& point) const;
    [[nodiscard]] QRectF fittedRect() const;

    const ShownRun* m_run;
    Selection& m_selection;
    OverlayPainter m_painter;
    QImage m_picture;
    QSize m_sourceSize;
    std::optional<int> m_runMedia;
    PictureTokens m_tokens = PictureTokens::Image;
    int m_latentFrame = 0;
    std::vector<std::size_t> m_drawnGrids;
    TextureStore m_textures;
    double m_zoom = 1;                   // relative to the fitted size
    QPointF m_offset;                    // of the picture's centre from the widget's, logical pixels
    std::optional<QPointF> m_pointed;    // fractions of the picture
    std::optional<QPointF> m_boxCorner;  // where a drag began, fractions
    ImVec2 m_pressedAt;
    std::optional<QRectF> m_box;   // being dragged
    Positions m_hovering;          // what this canvas hovered last
    bool m_tokensChanged = false;  // other ones lie under the pointer, moved or not
    int m_drawnBoxes = 0;
};

}  // namespace armillary::widgets
