// Small multiples: pictures of one size in a grid, each with a title and a line below it, unusual ones framed. Shows the
// channels of a latent frame, and the branches of a rollout with their variance map.
// Thread rule: GUI thread.
#pragma once

#include "widgets/canvas/imgui_canvas.h"
#include "widgets/canvas/texture_store.h"
#include "widgets/colormap.h"

#include <QImage>
#include <QRectF>
#include <QString>

#include <optional>
#include <vector>

namespace armillary::widgets {

struct MapTile {
    QImage image;  // null = nothing to show yet
    QString title;
    QString line;  // numbers below the picture
    QString tip;   // beside the pointer
    bool isUnusual = false;
    bool isChosen = false;
};

// The grid with the largest tiles of `aspect` (width / height) that fits `count` of them into `room`; each takes
// `textHeight` more below and above its picture.
struct TileGrid {
    int columns = 1;
    int rows = 0;
    double width = 0;  // of a picture
    double height = 0;
};
[[nodiscard]] TileGrid fitTiles(int count, double aspect, const QSizeF& room, double textHeight, double gap);

class LatentMapsCanvas : public ImguiCanvas {
    Q_OBJECT
public:
    explicit LatentMapsCanvas(const QString& name, QWidget* parent = nullptr);

    void setTiles(std::vector<MapTile> tiles, double aspect);
    // The legend below the grid; nothing: none.
    void setLegend(ColorScale scale, const QString& lowest, const QString& highest);
    void clearLegend();
    [[nodiscard]] const std::vector<MapTile>& tiles() const { return m_tiles; }
    // Where the picture of tile `index` lies, in logical pixels.
    [[nodiscard]] QRectF rectOf(int index, const QSizeF& size) const;

    [[nodiscard]] QSize minimumSizeHint() const override { return {160, 90}; }

Q_SIGNALS:
    void tileClicked(int index);

protected:
    void drawFrame(ImDrawList& list, const ImVec2& size) override;

private:
    struct Legend {
        ColorScale scale = ColorScale::Magnitude;
        QString lowest;
        QString highest;
    };

    void drawLegend(ImDrawList& list, const ImVec2& size) const;
    void drawTile(ImDrawList& list, const MapTile& tile, const QRectF& rect);
    void drawTip(ImDrawList& list, const ImVec2& size, const QString& tip) const;
    [[nodiscard]] double textHeight() const;

    std::vector<MapTile> m_tiles;
    double m_aspect = 1;
    std::optional<Legend> m_legend;
    TextureStore m_textures;
};

}  // namespace armillary::widgets
