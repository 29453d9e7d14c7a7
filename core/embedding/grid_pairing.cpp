#include "embedding/grid_pairing.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>

namespace armillary::embedding {
namespace {

constexpr double kLeastCover = 0.5;

// Where cell `index` of `count` between `from` and `to` begins and ends.
struct Stretch {
    double begin, end;
};

Stretch cellStretch(double from, double to, std::int64_t count, std::int64_t index)
{
    const double step = (to - from) / static_cast<double>(count);
    return {from + step * static_cast<double>(index), from + step * static_cast<double>(index + 1)};
}

double overlap(const Stretch& a, const Stretch& b)
{
    return std::max(0.0, std::min(a.end, b.end) - std::max(a.begin, b.begin));
}

// The common cell as the mean of the grid's tokens by shared area; nothing where they cover too little of it.
std::optional<std::vector<float>> pooledCell(const Matrix& vectors, const GridTokens& grid, const Stretch& down,
                                             const Stretch& across)
{
    std::vector<double> sums(static_cast<std::size_t>(vectors.columns), 0.0);
    double area = 0;
    for (std::int64_t row = 0; row < grid.grid.rows; ++row) {
        const double height =
            overlap(down, cellStretch(grid.grid.covers.top, grid.grid.covers.bottom, grid.grid.rows, row));
        for (std::int64_t column = 0; height > 0 && column < grid.grid.columns; ++column) {
            const std::int64_t at = grid.rows[static_cast<std::size_t>(row * grid.grid.columns + column)];
            const double shared =
                at < 0 ? 0
                       : height * overlap(across, cellStretch(grid.grid.covers.left, grid.grid.covers.right,
                                                              grid.grid.columns, column));
            if (shared <= 0)
                continue;
            area += shared;
            for (std::size_t each = 0; each < sums.size(); ++each)
                sums[each] += shared * vectors.row(at)[each];
        }
    }
    if (area < kLeastCover * (down.end - down.begin) * (across.end - across.begin))
        return std::nullopt;
    std::vector<float> out;
    for (const double sum : sums)
        out.push_back(static_cast<float>(sum / area));
    return out;
}

}  // namespace

Result<GridTokens> gridTokens(const TokenVectors& tokens, TokenKind kind, std::int32_t media, std::int32_t latentFrame)
{
    const auto found = std::find_if(tokens.grids.begin(), tokens.grids.end(), [&](const TokenGrid& grid) {
        return grid.kind == kind && (media < 0 || grid.media == media) &&
               (kind == TokenKind::World || grid.crop == 0) && grid.rows > 0 && grid.columns > 0;
    });
    if (found == tokens.grids.end())
        return fail(ErrorCode::InvalidInput,
                    fmt::format("{} has no grid of {} tokens{}", tokens.tensor, tokenKindName(kind),
                                media < 0 ? "" : fmt::format(" of medium {}", media)));
    const bool isWorld = kind == TokenKind::World;
    if (isWorld && (latentFrame < 0 || latentFrame >= found->latentFrames))
        return fail(ErrorCode::InvalidInput, fmt::format("there is no latent frame {}; the world tokens have {}",
                                                         latentFrame, found->latentFrames));
    GridTokens out{*found, std::vector<std::int64_t>(static_cast<std::size_t>(found->rows) *
                                                         static_cast<std::size_t>(found->columns),
                                                     -1)};
    for (std::int64_t i = 0; i < tokens.size(); ++i) {
        const TokenOrigin& origin = tokens.origins[static_cast<std::size_t>(i)];
        const bool isOfGrid = tokens.kinds[static_cast<std::size_t>(i)] == kind && origin.media == found->media &&
                              (isWorld ? origin.latentFrame == latentFrame : origin.crop == found->crop);
        if (isOfGrid && origin.row >= 0 && origin.row < found->rows && origin.column >= 0 &&
            origin.column < found->columns)
            out.rows[static_cast<std::size_t>(origin.row) * static_cast<std::size_t>(found->columns) +
                     static_cast<std::size_t>(origin.column)] = i;
    }
    if (std::all_of(out.rows.begin(), out.rows.end(), [](std::int64_t row) { return row < 0; }))
        return fail(ErrorCode::InvalidInput,
                    fmt::format("{} has no {} tokens with a place in their grid", tokens.tensor, tokenKindName(kind)));
    return out;
}

Result<PairedVectors> pairedGrids(const TokenVectors& first, const GridTokens& firstGrid, const TokenVectors& second,
                                  const GridTokens& secondGrid)
{
    const std::int64_t rows = std::min(firstGrid.grid.rows, secondGrid.grid.rows);
    const std::int64_t columns = std::min(firstGrid.grid.columns, secondGrid.grid.columns);
    PairedVectors out;
    out.x.columns = first.vectors.columns;
    out.y.columns = second.vectors.columns;
    for (std::int64_t row = 0; row < rows; ++row) {
        for (std::int64_t column = 0; column < columns; ++column) {
            const Stretch down = cellStretch(0, 1, rows, row);
            const Stretch across = cellStretch(0, 1, columns, column);
            const auto x = pooledCell(first.vectors, firstGrid, down, across);
            const auto y = pooledCell(second.vectors, secondGrid, down, across);
            if (!x || !y)
                continue;
            out.x.values.insert(out.x.values.end(), x->begin(), x->end());
            out.y.values.insert(out.y.values.end(), y->begin(), y->end());
            ++out.x.rows;
            ++out.y.rows;
        }
    }
    if (out.x.rows == 0)
        return fail(ErrorCode::InvalidInput, "the two grids share no part of the picture");
    const auto describe = [&](const GridTokens& grid) {
        return fmt::format("{} x {}", grid.grid.rows, grid.grid.columns);
    };
    if (firstGrid.grid.rows != secondGrid.grid.rows || firstGrid.grid.columns != secondGrid.grid.columns)
        out.cautions.push_back(
            fmt::format("grids of {} and {} tokens were pooled to {} x {} cells, means weighted by shared area",
                        describe(firstGrid), describe(secondGrid), rows, columns));
    if (out.x.rows == rows * columns) {
        out.gridRows = rows;
        out.gridColumns = columns;
    } else {
        out.cautions.push_back(
            fmt::format("{} of {} cells are covered by one grid only and were left out; no shifts were drawn",
                        rows * columns - out.x.rows, rows * columns));
    }
    return out;
}

Result<PairedVectors> pairedPositions(const TokenVectors& first, const TokenVectors& second)
{
    std::map<std::int64_t, std::int64_t> bySecond;
    for (std::int64_t i = 0; i < second.size(); ++i) {
        const std::int64_t position = second.positions[static_cast<std::size_t>(i)];
        if (position >= 0)
            bySecond[position] = i;
    }
    std::vector<std::int64_t> left, right;
    for (std::int64_t i = 0; i < first.size(); ++i) {
        const auto found = bySecond.find(first.positions[static_cast<std::size_t>(i)]);
        if (found == bySecond.end())
            continue;
        left.push_back(i);
        right.push_back(found->second);
    }
    if (left.empty())
        return fail(ErrorCode::InvalidInput,
                    fmt::format("{} and {} share no positions of the sequence; pair them by grid", first.tensor,
                                second.tensor));
    return PairedVectors{chosenRows(first.vectors, left), chosenRows(second.vectors, right), 0, 0, {}};
}

}  // namespace armillary::embedding
