// Overlay layers as small pictures, one pixel a token, for every token grid of a sequence: crops of pictures and latent frames.
// Made once per version of a layer; what is drawn each frame are textures of them.
// Thread rule: GUI thread.
#pragma once

#include "records/token_layout.h"
#include "widgets/overlay/overlay_stack.h"
#include "widgets/selection.h"

#include <QImage>
#include <QString>

#include <cstdint>
#include <map>
#include <utility>
#include <vector>

namespace armillary::widgets {

// One crop of a picture, or one latent frame of a world, as positions of the sequence.
struct PlacedGrid {
    TokenGrid grid;
    std::int32_t latentFrame = -1;        // of a world
    std::vector<std::int64_t> positions;  // [rows,columns]; -1 where the sequence has no token of this cell

    [[nodiscard]] std::int64_t positionAt(std::int32_t row, std::int32_t column) const;
    // The cell's part of the source picture, in fractions of its sides.
    [[nodiscard]] PixelBox boxAt(std::int32_t row, std::int32_t column) const;
    // The token whose pixels hold the point (fractions of the picture); -1 outside.
    [[nodiscard]] std::int64_t positionFromPoint(double row, double column) const;
    // Those whose cells a rectangle of the picture touches.
    [[nodiscard]] Positions positionsInside(const PixelBox& box) const;
};

// Grids without a token in them (a pooled world) are left out. World grids give one a latent frame.
[[nodiscard]] std::vector<PlacedGrid> placedGrids(const TokenLayout& layout);

// Neighbouring cells with the same mark, as one rectangle of cells.
struct MarkedCells {
    CellMark mark = CellMark::Future;
    std::int32_t top = 0, left = 0, bottom = 0, right = 0;  // without the last
};
// Those that no key can be read in: Future and OutsideWindow.
[[nodiscard]] std::vector<MarkedCells> markedCells(const PlacedGrid& grid, const OverlayLayer& layer);
// One pixel a cell, transparent where there is nothing; small values let more of the picture through.
[[nodiscard]] QImage cellImage(const PlacedGrid& grid, const OverlayLayer& layer);
// A veil over the cells that are not among `chosen`; null when none is chosen at all.
[[nodiscard]] QImage veilImage(const PlacedGrid& grid, const Positions& chosen, QRgb veil);
// A tile of the pattern that stands for cells of that mark: lines for Future, dots for OutsideWindow.
[[nodiscard]] const QImage& markPattern(CellMark mark);
inline constexpr float kPatternPixels = 8;  // its side on the screen

// The pictures of one sequence's grids, kept until a layer or the choice changes.
class OverlayImages {
public:
    // Another sequence; null: none.
    void setLayout(const TokenLayout* layout);
    [[nodiscard]] const std::vector<PlacedGrid>& grids() const { return m_grids; }

    [[nodiscard]] const QImage& cells(std::size_t grid, const OverlayStack::Entry& entry);
    // Nothing of the layer is seen in the grid.
    [[nodiscard]] bool isBlank(std::size_t grid, const OverlayStack::Entry& entry);
    [[nodiscard]] const std::vector<MarkedCells>& marks(std::size_t grid, const OverlayStack::Entry& entry);
    [[nodiscard]] const QImage& veil(std::size_t grid, const Positions& chosen, QRgb color);

private:
    struct Made {
        quint64 version = 0;
        QImage cells;
        bool isBlank = true;
        std::vector<MarkedCells> marks;
    };

    [[nodiscard]] const Made& made(std::size_t grid, const OverlayStack::Entry& entry);

    std::vector<PlacedGrid> m_grids;
    std::map<std::pair<std::size_t, QString>, Made> m_made;
    Positions m_veiled;
    QRgb m_veilColor = 0;
    std::map<std::size_t, QImage> m_veils;
};

}  // namespace armillary::widgets
