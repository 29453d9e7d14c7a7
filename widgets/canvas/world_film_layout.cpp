#include "widgets/canvas/world_film_layout.h"

#include <algorithm>
#include <cmath>

namespace armillary::widgets {
namespace {

constexpr double kSmallestWidth = 40;
constexpr double kLargestWidth = 4000;

}  // namespace

QRectF WorldFilmLayout::titleOf(int tile) const
{
    return {(tile % columns) * (pictureWidth + gap), (tile / columns) * (pictureHeight + titleHeight + gap),
            pictureWidth, titleHeight};
}

QRectF WorldFilmLayout::pictureOf(int tile) const
{
    const QRectF title = titleOf(tile);
    return {title.left(), title.bottom(), pictureWidth, pictureHeight};
}

std::optional<int> WorldFilmLayout::tileFromPoint(double x, double y) const
{
    if (x < 0 || y < 0)
        return std::nullopt;
    const auto column = static_cast<int>(x / (pictureWidth + gap));
    const auto row = static_cast<int>(y / (pictureHeight + titleHeight + gap));
    const int tile = row * columns + column;
    if (column >= columns || tile >= tiles || !pictureOf(tile).united(titleOf(tile)).contains(x, y))
        return std::nullopt;
    return tile;
}

WorldFilmLayout layoutWorldFilm(int tiles, double aspect, double width, double height, double titleHeight,
                                std::optional<double> pictureWidth)
{
    WorldFilmLayout out;
    out.tiles = std::max(0, tiles);
    out.titleHeight = titleHeight;
    const auto columnsOf = [&](double each) {
        return std::clamp(static_cast<int>((width + out.gap) / (each + out.gap)), 1, std::max(1, out.tiles));
    };
    double best = std::clamp(pictureWidth.value_or(kSmallestWidth), kSmallestWidth, kLargestWidth);
    for (int columns = 1; !pictureWidth && columns <= out.tiles; ++columns) {
        const int rows = (out.tiles + columns - 1) / columns;
        const double wide = (width + out.gap) / columns - out.gap;
        const double high = height / rows - titleHeight - out.gap;
        best = std::max(best, std::min(wide, high * aspect));
    }
    out.pictureWidth = std::floor(best);
    out.pictureHeight = std::max(1.0, std::floor(best / aspect));
    out.columns = columnsOf(out.pictureWidth);
    return out;
}

}  // namespace armillary::widgets
