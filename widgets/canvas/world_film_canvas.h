// The world as the language model reads it: one tile a latent frame, with the frames it stands for and its world tokens painted by
// the overlay layers, all in one scale; above them a ruler of frames and latent frames. The pointer hovers cells, clicks choose
// (Shift, Ctrl), a dragged box chooses a set, Alt+click makes a cell the query; titles and ruler choose the latent frame. Wheel
// scrolls, Ctrl+wheel zooms.
// Thread rule: GUI thread.
#pragma once

#include "widgets/canvas/imgui_canvas.h"
#include "widgets/canvas/overlay_painter.h"
#include "widgets/canvas/texture_store.h"
#include "widgets/canvas/world_film_layout.h"

#include <QImage>

#include <optional>
#include <vector>

namespace armillary::widgets {

struct WorldTile {
    std::size_t grid = 0;  // of the painter
    int latentFrame = 0;
    int firstFrame = 0;  // that it stands for
    int lastFrame = 0;
    QString origin;  // "given", "predicted", "seen"; empty where it says nothing
    QImage picture;  // null = not there (yet)
};

class WorldFilmCanvas : public ImguiCanvas {
    Q_OBJECT
public:
    WorldFilmCanvas(const ShownRun& run, Selection& selection, const OverlayStack& overlays, QWidget* parent = nullptr);

    // Another run: the grids of media 0 ... in `painter().grids()`.
    void refresh();
    // Another run or other layers from now on, for locked views; both outlive this.
    void setSources(const ShownRun& run, const OverlayStack& overlays);
    [[nodiscard]] const OverlayPainter& painter() const { return m_painter; }
    // `aspect` is width / height of the pictures.
    void setTiles(std::vector<WorldTile> tiles, double aspect);
    void setPicture(int tile, const QImage& picture);
    // The latent frame that other views look at; nothing: all of them.
    void setCurrent(std::optional<int> latentFrame);
    void zoomToFit();
    void zoomBy(int steps);

    [[nodiscard]] const std::vector<WorldTile>& tiles() const { return m_tiles; }
    // Where things are on the widget, for tests: a tile's picture, the middle of a token's cell.
    [[nodiscard]] QRectF pictureRect(int tile) const;
    [[nodiscard]] QPoint pointFromPosition(std::int64_t position) const;
    [[nodiscard]] QPoint pointOnRuler(int tile) const;

    [[nodiscard]] QSize sizeHint() const override { return {640, 320}; }
    [[nodiscard]] QSize minimumSizeHint() const override { return {180, 120}; }

Q_SIGNALS:
    void latentFrameChosen(int latentFrame);

protected:
    void drawFrame(ImDrawList& list, const ImVec2& size) override;

private:
    void arrange(const ImVec2& size);
    void handleInput(const ImVec2& size);
    void handleButtons();
    void drawRuler(ImDrawList& list, const ImVec2& size) const;
    void drawTile(ImDrawList& list, const ImVec2& size, int tile);
    void drawBox(ImDrawList& list) const;
    void drawTooltip(ImDrawList& list, const ImVec2& size) const;
    [[nodiscard]] QRectF rulerSegment(int tile, double width) const;
    [[nodiscard]] float rulerHeight() const;
    // As long as there is room for.
    [[nodiscard]] QByteArray titleOf(const WorldTile& tile, float room) const;
    [[nodiscard]] QPointF fractionIn(int tile, const ImVec2& point) const;
    void choose(Positions positions, bool isBox, const ImGuiIO& io);

    const ShownRun* m_run;
    Selection& m_selection;
    OverlayPainter m_painter;
    TextureStore m_textures;
    std::vector<WorldTile> m_tiles;
    double m_aspect = 1;
    WorldFilmLayout m_layout;
    std::optional<double> m_pictureWidth;  // empty = fit
    double m_scroll = 0;
    bool m_reveal = false;
    std::optional<int> m_current;
    std::optional<int> m_pointedTile;
    std::int64_t m_pointed = -1;
    bool m_wasPointing = false;
    std::optional<int> m_boxTile;
    QPointF m_boxCorner;  // fractions of the tile's picture
    ImVec2 m_pressedAt;
    std::optional<QRectF> m_box;
};

}  // namespace armillary::widgets
