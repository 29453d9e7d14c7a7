#include "records/token_layout.h"

#include <algorithm>

namespace armillary {
namespace {

const TokenGrid* gridOf(const TokenLayout& layout, const TokenOrigin& origin, TokenKind kind)
{
    for (const TokenGrid& grid : layout.grids) {
        if (grid.kind == kind && grid.media == origin.media && (kind == TokenKind::World || grid.crop == origin.crop))
            return &grid;
    }
    return nullptr;
}

bool holds(const PixelBox& box, double row, double column)
{
    return row >= box.top && row < box.bottom && column >= box.left && column < box.right;
}

}  // namespace

std::vector<TokenSpan> TokenLayout::spans() const
{
    std::vector<TokenSpan> out;
    for (std::int64_t i = 0; i < size(); ++i) {
        const auto at = static_cast<std::size_t>(i);
        const bool joins = !out.empty() && out.back().kind == kinds[at] && origins[at - 1].media == origins[at].media &&
                           origins[at - 1].crop == origins[at].crop;
        if (joins)
            out.back().end = i + 1;
        else
            out.push_back({kinds[at], i, i + 1});
    }
    return out;
}

std::int64_t TokenLayout::count(TokenKind kind) const
{
    return std::count(kinds.begin(), kinds.end(), kind);
}

PixelBox TokenLayout::boxFromToken(std::int64_t index) const
{
    const auto at = static_cast<std::size_t>(index);
    const TokenOrigin& origin = origins[at];
    const TokenGrid* grid = gridOf(*this, origin, kinds[at]);
    if (grid == nullptr || grid->rows == 0 || grid->columns == 0)
        return {0, 0, 0, 0};
    if (origin.row < 0 || origin.column < 0)
        return grid->covers;
    const double rowStep = (grid->covers.bottom - grid->covers.top) / grid->rows;
    const double columnStep = (grid->covers.right - grid->covers.left) / grid->columns;
    return {grid->covers.top + origin.row * rowStep, grid->covers.left + origin.column * columnStep,
            grid->covers.top + (origin.row + 1) * rowStep, grid->covers.left + (origin.column + 1) * columnStep};
}

std::vector<std::int64_t> TokenLayout::tokensFromPoint(std::int32_t media, TokenKind kind, double row,
                                                       double column) const
{
    std::vector<std::int64_t> out;
    for (std::int64_t i = 0; i < size(); ++i) {
        const auto at = static_cast<std::size_t>(i);
        if (kinds[at] == kind && origins[at].media == media && holds(boxFromToken(i), row, column))
            out.push_back(i);
    }
    return out;
}

}  // namespace armillary
