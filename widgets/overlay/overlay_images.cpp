#include "widgets/overlay/overlay_images.h"

#include <QPainter>

#include <algorithm>
#include <cmath>
#include <utility>

namespace armillary::widgets {
namespace {

std::size_t cellIndex(const TokenGrid& grid, std::int32_t row, std::int32_t column)
{
    return static_cast<std::size_t>(row) * static_cast<std::size_t>(grid.columns) + static_cast<std::size_t>(column);
}

// How much of the picture a value may cover: where there is little to say, the picture is what matters.
double weightOf(const OverlayLayer& layer, std::int64_t position)
{
    constexpr double kLeast = 0.35;
    const auto at = static_cast<std::size_t>(position);
    if (!layer.colors.empty() || position < 0 || at >= layer.values.size())
        return 1;
    const double span = static_cast<double>(layer.highest) - layer.lowest;
    const double fraction = span > 0 ? std::clamp((layer.values[at] - layer.lowest) / span, 0.0, 1.0) : 0;
    const double size = layer.scale == ColorScale::Signed ? std::abs(2 * fraction - 1) : fraction;
    return std::isnan(size) ? 0 : kLeast + (1 - kLeast) * size;
}

bool isTransparent(const QImage& cells)
{
    for (int row = 0; row < cells.height(); ++row) {
        const auto* line = reinterpret_cast<const QRgb*>(cells.constScanLine(row));
        if (std::any_of(line, line + cells.width(), [](QRgb cell) { return qAlpha(cell) != 0; }))
            return false;
    }
    return true;
}

QImage emptyTile()
{
    // Twice as fine as it is drawn, for screens with small pixels.
    QImage tile(static_cast<int>(2 * kPatternPixels), static_cast<int>(2 * kPatternPixels),
                QImage::Format_ARGB32_Premultiplied);
    tile.fill(Qt::transparent);
    return tile;
}

QImage hatchTile()
{
    QImage tile = emptyTile();
    QPainter painter(&tile);
    painter.setRenderHint(QPainter::Antialiasing);
    const double side = tile.width();
    tile.fill(QColor(24, 26, 30, 120));
    painter.setPen(QPen(QColor(235, 235, 235, 200), 2.2));
    // Three lines make a tile whose neighbours continue them.
    for (const double shift : {-side, 0.0, side})
        painter.drawLine(QPointF(shift - 4, side + 4), QPointF(shift + side + 4, -4));
    return tile;
}

QImage dotTile()
{
    QImage tile = emptyTile();
    tile.fill(QColor(24, 26, 30, 110));
    QPainter painter(&tile);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(Qt::NoPen);
    painter.setBrush(QColor(235, 235, 235, 220));
    painter.drawEllipse(QPointF(tile.width() / 2.0, tile.height() / 2.0), 3.2, 3.2);
    return tile;
}

}  // namespace

std::int64_t PlacedGrid::positionAt(std::int32_t row, std::int32_t column) const
{
    if (row < 0 || column < 0 || row >= grid.rows || column >= grid.columns)
        return -1;
    return positions[cellIndex(grid, row, column)];
}

PixelBox PlacedGrid::boxAt(std::int32_t row, std::int32_t column) const
{
    const double rowStep = (grid.covers.bottom - grid.covers.top) / grid.rows;
    const double columnStep = (grid.covers.right - grid.covers.left) / grid.columns;
    return {grid.covers.top + row * rowStep, grid.covers.left + column * columnStep,
            grid.covers.top + (row + 1) * rowStep, grid.covers.left + (column + 1) * columnStep};
}

std::int64_t PlacedGrid::positionFromPoint(double row, double column) const
{
    const PixelBox& covers = grid.covers;
    if (row < covers.top || row >= covers.bottom || column < covers.left || column >= covers.right)
        return -1;
    return positionAt(static_cast<std::int32_t>((row - covers.top) / (covers.bottom - covers.top) * grid.rows),
                      static_cast<std::int32_t>((column - covers.left) / (covers.right - covers.left) * grid.columns));
}

Positions PlacedGrid::positionsInside(const PixelBox& box) const
{
    Positions out;
    for (std::int32_t row = 0; row < grid.rows; ++row) {
        for (std::int32_t column = 0; column < grid.columns; ++column) {
            const PixelBox cell = boxAt(row, column);
            const bool touches =
                cell.top < box.bottom && cell.bottom > box.top && cell.left < box.right && cell.right > box.left;
            if (const std::int64_t position = positionAt(row, column); touches && position >= 0)
                out.push_back(position);
        }
    }
    return out;
}

std::vector<PlacedGrid> placedGrids(const TokenLayout& layout)
{
    std::vector<PlacedGrid> out;
    for (const TokenGrid& grid : layout.grids) {
        if (grid.rows <= 0 || grid.columns <= 0)
            continue;
        const bool isWorld = grid.kind == TokenKind::World;
        const std::int32_t frames = isWorld ? std::max(grid.latentFrames, 1) : 1;
        const auto cells = static_cast<std::size_t>(grid.rows) * static_cast<std::size_t>(grid.columns);
        std::vector<PlacedGrid> made;
        for (std::int32_t frame = 0; frame < frames; ++frame)
            made.push_back({grid, isWorld ? frame : -1, std::vector<std::int64_t>(cells, -1)});
        bool any = false;
        for (std::int64_t position = 0; position < layout.size(); ++position) {
            const auto at = static_cast<std::size_t>(position);
            const TokenOrigin& origin = layout.origins[at];
            const std::int32_t frame = isWorld ? origin.latentFrame : 0;
            const bool belongs = layout.kinds[at] == grid.kind && origin.media == grid.media &&
                                 (isWorld || origin.crop == grid.crop) && frame >= 0 && frame < frames &&
                                 origin.row >= 0 && origin.row < grid.rows && origin.column >= 0 &&
                                 origin.column < grid.columns;
            if (!belongs)
                continue;
            made[static_cast<std::size_t>(frame)].positions[cellIndex(grid, origin.row, origin.column)] = position;
            any = true;
        }
        if (any)
            out.insert(out.end(), std::make_move_iterator(made.begin()), std::make_move_iterator(made.end()));
    }
    return out;
}

std::vector<MarkedCells> markedCells(const PlacedGrid& grid, const OverlayLayer& layer)
{
    std::vector<MarkedCells> out;
    if (layer.marks.empty())
        return out;
    const auto markAt = [&](std::int32_t row, std::int32_t column) {
        const std::int64_t position = grid.positionAt(row, column);
        return position < 0 ? CellMark::Visible : overlayMark(layer, position);
    };
    for (std::int32_t row = 0; row < grid.grid.rows; ++row) {
        for (std::int32_t column = 0; column < grid.grid.columns;) {
            const CellMark mark = markAt(row, column);
            std::int32_t end = column + 1;
            while (end < grid.grid.columns && markAt(row, end) == mark)
                ++end;
            if (mark >= CellMark::Future) {
                // Rows that continue the one above make one rectangle: whole frames are masked more often than not.
                const auto above = std::find_if(out.rbegin(), out.rend(), [&](const MarkedCells& each) {
                    return each.mark == mark && each.bottom == row && each.left == column && each.right == end;
                });
                if (above != out.rend())
                    above->bottom = row + 1;
                else
                    out.push_back({mark, row, column, row + 1, end});
            }
            column = end;
        }
    }
    return out;
}

QImage cellImage(const PlacedGrid& grid, const OverlayLayer& layer)
{
    QImage out(grid.grid.columns, grid.grid.rows, QImage::Format_ARGB32);
    for (std::int32_t row = 0; row < grid.grid.rows; ++row) {
        auto* line = reinterpret_cast<QRgb*>(out.scanLine(row));
        for (std::int32_t column = 0; column < grid.grid.columns; ++column) {
            const std::int64_t position = grid.positions[cellIndex(grid.grid, row, column)];
            const QRgb color = overlayColor(layer, position);
            const auto alpha = static_cast<int>(std::lround(qAlpha(color) * weightOf(layer, position)));
            line[column] = qRgba(qRed(color), qGreen(color), qBlue(color), alpha);
        }
    }
    return out;
}

QImage veilImage(const PlacedGrid& grid, const Positions& chosen, QRgb veil)
{
    if (chosen.empty())
        return {};
    QImage out(grid.grid.columns, grid.grid.rows, QImage::Format_ARGB32);
    for (std::int32_t row = 0; row < grid.grid.rows; ++row) {
        auto* line = reinterpret_cast<QRgb*>(out.scanLine(row));
        for (std::int32_t column = 0; column < grid.grid.columns; ++column) {
            const std::int64_t position = grid.positions[cellIndex(grid.grid, row, column)];
            line[column] = std::binary_search(chosen.begin(), chosen.end(), position) ? qRgba(0, 0, 0, 0) : veil;
        }
    }
    return out;
}

const QImage& markPattern(CellMark mark)
{
    static const QImage hatch = hatchTile();
    static const QImage dots = dotTile();
    return mark == CellMark::OutsideWindow ? dots : hatch;
}

void OverlayImages::setLayout(const TokenLayout* layout)
{
    m_grids = layout != nullptr ? placedGrids(*layout) : std::vector<PlacedGrid>();
    m_made.clear();
    m_veils.clear();
    m_veiled.clear();
}

const OverlayImages::Made& OverlayImages::made(std::size_t grid, const OverlayStack::Entry& entry)
{
    Made& made = m_made[{grid, entry.id}];
    if (made.version != entry.version) {
        made.version = entry.version;
        // The same picture again stays the same texture: layers of words change nothing over a picture.
        if (QImage cells = cellImage(m_grids[grid], entry.layer); cells != made.cells) {
            made.isBlank = isTransparent(cells);
            made.cells = std::move(cells);
        }
        made.marks = markedCells(m_grids[grid], entry.layer);
    }
    return made;
}

const QImage& OverlayImages::cells(std::size_t grid, const OverlayStack::Entry& entry)
{
    return made(grid, entry).cells;
}

bool OverlayImages::isBlank(std::size_t grid, const OverlayStack::Entry& entry)
{
    return made(grid, entry).isBlank;
}

const std::vector<MarkedCells>& OverlayImages::marks(std::size_t grid, const OverlayStack::Entry& entry)
{
    return made(grid, entry).marks;
}

const QImage& OverlayImages::veil(std::size_t grid, const Positions& chosen, QRgb color)
{
    if (m_veiled != chosen || m_veilColor != color) {
        m_veiled = chosen;
        m_veilColor = color;
        m_veils.clear();
    }
    QImage& veil = m_veils[grid];
    if (veil.isNull())
        veil = veilImage(m_grids[grid], chosen, color);
    return veil;
}

}  // namespace armillary::widgets
