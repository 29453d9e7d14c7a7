// Where each latent frame lies in the world's filmstrip: tiles of equal size in reading order, as large as fits, or larger when
// zoomed, below a ruler of frames. Lengths are logical pixels.
// Thread rule: pure functions, no OpenGL.
#pragma once

#include <optional>

#include <QRectF>

namespace armillary::widgets {

struct WorldFilmLayout {
    int tiles = 0;
    int columns = 1;
    double pictureWidth = 1;
    double pictureHeight = 1;
    double titleHeight = 16;
    double gap = 8;

    [[nodiscard]] int rows() const { return (tiles + columns - 1) / columns; }
    [[nodiscard]] double contentHeight() const { return rows() * (pictureHeight + titleHeight + gap); }
    // Of the whole content, (0, 0) its top left corner.
    [[nodiscard]] QRectF pictureOf(int tile) const;
    [[nodiscard]] QRectF titleOf(int tile) const;
    // The tile whose picture or title holds the point.
    [[nodiscard]] std::optional<int> tileFromPoint(double x, double y) const;
};

// `aspect` is width / height of a picture. `pictureWidth` empty: the largest at which all tiles fit into width x height.
[[nodiscard]] WorldFilmLayout layoutWorldFilm(int tiles, double aspect, double width, double height, double titleHeight,
                                              std::optional<double> pictureWidth);

}  // namespace armillary::widgets
