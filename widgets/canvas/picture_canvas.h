// One picture with the highlighted tokens' pixels framed on it. Pointing at a pixel hovers the image and world tokens that
// stand for it. Wheel zooms, drag moves, F fits.
// Thread rule: GUI thread.
#pragma once

#include "widgets/canvas/imgui_canvas.h"
#include "widgets/canvas/texture_store.h"
#include "widgets/selection.h"
#include "widgets/shown_run.h"

#include <QImage>
#include <QPointF>
#include <QRectF>

#include <optional>

namespace armillary::widgets {

class PictureCanvas : public ImguiCanvas {
    Q_OBJECT
public:
    PictureCanvas(const ShownRun& run, Selection& selection, QWidget* parent = nullptr);
    ~PictureCanvas() override;

    // `picture` may be smaller than the source, whose size in pixels `sourceSize` gives.
    void setPicture(const QImage& picture, const QSize& sourceSize);
    // Which picture of the run's question this is; empty = not part of the run, so nothing is highlighted.
    void setRunMedia(std::optional<int> media);
    [[nodiscard]] std::optional<int> runMedia() const { return m_runMedia; }
    void zoomToFit();

    // Where the picture lies on the widget, in logical pixels.
    [[nodiscard]] QRectF pictureRect() const;
    // How many boxes the last frame drew over the picture.
    [[nodiscard]] int drawnBoxes() const { return m_drawnBoxes; }

    [[nodiscard]] QSize minimumSizeHint() const override { return {160, 120}; }

protected:
    void drawFrame(ImDrawList& list, const ImVec2& size) override;

private:
    void handleInput(const ImVec2& size);
    void drawBoxes(ImDrawList& list);
    void drawPointerLabel(ImDrawList& list, const ImVec2& size) const;
    void hoverPixel(const std::optional<QPointF>& fraction);
    [[nodiscard]] QRectF fittedRect() const;

    const ShownRun& m_run;
    Selection& m_selection;
    QImage m_picture;
    QSize m_sourceSize;
    std::optional<int> m_runMedia;
    TextureStore m_textures;
    double m_zoom = 1;                 // relative to the fitted size
    QPointF m_offset;                  // of the picture's centre from the widget's, logical pixels
    std::optional<QPointF> m_pointed;  // fractions of the picture
    Positions m_hovering;              // what this canvas hovered last
    bool m_wasPointing = false;
    int m_drawnBoxes = 0;
};

}  // namespace armillary::widgets
