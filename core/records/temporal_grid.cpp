#include "records/temporal_grid.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace armillary {

GridSizes gridSizes(const TemporalGrid& grid, int frameHeight, int frameWidth)
{
    GridSizes out;
    out.cellHeight = grid.cellHeight > 0 ? grid.cellHeight : frameHeight;
    out.cellWidth = grid.cellWidth > 0 ? grid.cellWidth : frameWidth;
    out.sheetHeight = out.cellHeight * kGridRows;
    out.sheetWidth = out.cellWidth * kGridColumns;
    out.innerHeight = out.pictureHeight = out.sheetHeight;
    out.innerWidth = out.pictureWidth = out.sheetWidth;
    if (grid.letterboxSide <= 0 || out.sheetHeight <= 0 || out.sheetWidth <= 0)
        return out;
    // As the note's code does it: the long side fills the square, the short one is cut to a whole number of pixels.
    const int side = grid.letterboxSide;
    const double ratio = static_cast<double>(out.sheetWidth) / out.sheetHeight;
    const bool isWide = ratio > 1;
    out.innerWidth = isWide ? side : std::max(1, static_cast<int>(side * ratio));
    out.innerHeight = isWide ? std::max(1, static_cast<int>(side / ratio)) : side;
    out.innerTop = (side - out.innerHeight) / 2;
    out.innerLeft = (side - out.innerWidth) / 2;
    out.pictureHeight = out.pictureWidth = side;
    return out;
}

PixelBox gridCellBox(const GridSizes& sizes, int cell)
{
    const int row = cell / kGridColumns, column = cell % kGridColumns;
    const auto down = [&](int line) {
        return (sizes.innerTop + static_cast<double>(sizes.innerHeight) * line / kGridRows) / sizes.pictureHeight;
    };
    const auto right = [&](int line) {
        return (sizes.innerLeft + static_cast<double>(sizes.innerWidth) * line / kGridColumns) / sizes.pictureWidth;
    };
    return {down(row), right(column), down(row + 1), right(column + 1)};
}

std::vector<CellShare> gridCellsOf(const GridSizes& sizes, const PixelBox& box)
{
    // Fractions are quotients of whole pixels: what is narrower than a millionth is rounding, no overlap.
    constexpr double kRounding = 1e-6;
    const double height = box.bottom - box.top, width = box.right - box.left;
    std::vector<CellShare> out;
    if (height <= 0 || width <= 0 || sizes.pictureHeight <= 0 || sizes.pictureWidth <= 0)
        return out;
    for (int cell = 0; cell < kGridCells; ++cell) {
        const PixelBox at = gridCellBox(sizes, cell);
        const double down = std::min(box.bottom, at.bottom) - std::max(box.top, at.top);
        const double across = std::min(box.right, at.right) - std::max(box.left, at.left);
        if (down > kRounding && across > kRounding)
            out.push_back({cell, down * across / (height * width)});
    }
    return out;
}

std::array<int, kGridCells> evenMoments(int frameCount)
{
    std::array<int, kGridCells> out{};
    const int last = std::max(frameCount - 1, 0);
    for (int cell = 0; cell < kGridCells; ++cell)
        out[static_cast<std::size_t>(cell)] =
            static_cast<int>(std::lround(static_cast<double>(last) * cell / (kGridCells - 1)));
    return out;
}

std::string gridCellName(const TemporalGrid& grid, int cell)
{
    const GridMoment& moment = grid.moments[static_cast<std::size_t>(cell)];
    std::string out = "cell " + std::to_string(cell / kGridColumns + 1) + "," +
                      std::to_string(cell % kGridColumns + 1) + " of the grid, frame " +
                      std::to_string(moment.sourceFrame);
    if (moment.seconds > 0 || moment.sourceFrame == 0) {
        std::array<char, 32> seconds{};
        std::snprintf(seconds.data(), seconds.size(), ", %.2f s", moment.seconds);
        out += seconds.data();
    }
    return out;
}

const Image* seenPicture(const Clip& clip, int still)
{
    if (clip.grid)
        return clip.grid->picture.empty() ? nullptr : &clip.grid->picture;
    if (clip.frames.empty())
        return nullptr;
    const bool isInside = still >= 0 && still < static_cast<int>(clip.frames.size());
    return isInside ? &clip.frames[static_cast<std::size_t>(still)] : &clip.frames.back();
}

}  // namespace armillary
