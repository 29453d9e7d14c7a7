#include "inspect/tile_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace armillary::inspect {
namespace {

constexpr int kMostPixels = 1 << 16;

// Half the width of a filter in pixels of the coarser side; the reference resizes with Pillow's bicubic, and makes the global
// tile from the result with an antialiased bilinear.
constexpr double kBicubicReach = 2;
constexpr double kBilinearReach = 1;

struct Span {
    int begin = 0, end = 0;
};

// The input pixels that make the output pixels `out` when a side goes from `inPixels` to `outPixels`.
Span readPixels(Span out, int inPixels, int outPixels, double filterReach)
{
    if (inPixels == outPixels)
        return out;
    const double scale = static_cast<double>(inPixels) / outPixels;
    const double reach = filterReach * std::max(scale, 1.0);
    const int begin = static_cast<int>((out.begin + 0.5) * scale - reach + 0.5);
    const int end = static_cast<int>((out.end - 0.5) * scale + reach + 0.5);
    return {std::max(begin, 0), std::min(end, inPixels)};
}

// Pixels of a tile's side that token `index` covers; tokens need not divide the tile evenly in made-up rules.
Span tokenPixels(int index, const TileRules& rules)
{
    return {index * rules.tilePixels / rules.tokensPerSide, (index + 1) * rules.tilePixels / rules.tokensPerSide};
}

Span shifted(Span span, int by)
{
    return {span.begin + by, span.end + by};
}

Result<void> checkRules(const TileRules& rules)
{
    if (rules.tilePixels < 1 || rules.maxSidePixels < 1 || rules.tokensPerSide < 1 || rules.mostPerSide < 1 ||
        rules.maxSidePixels > kMostPixels)
        return fail(
            ErrorCode::InvalidInput,
            fmt::format("tiles of {} pixels, a largest side of {} and {} tokens a side make no plan; choose numbers "
                        "above 0 and a side of at most {}",
                        rules.tilePixels, rules.maxSidePixels, rules.tokensPerSide, kMostPixels));
    if (rules.tokensPerSide > rules.tilePixels)
        return fail(ErrorCode::InvalidInput, fmt::format("a tile of {} pixels cannot have {} tokens a side",
                                                         rules.tilePixels, rules.tokensPerSide));
    return {};
}

// The reference computes in doubles in this order, and so does this: the last bit decides where a side is rounded up.
PixelSize resizedSize(PixelSize source, const TileRules& rules)
{
    const bool isWide = source.width >= source.height;
    const int longSide = isWide ? source.width : source.height;
    const int shortSide = isWide ? source.height : source.width;
    const auto wholeTiles = [&rules](double pixels) {
        return static_cast<int>(std::ceil(pixels / rules.tilePixels)) * rules.tilePixels;
    };
    const int targetLong =
        rules.fillsMaxSide ? rules.maxSidePixels : std::min(rules.maxSidePixels, wholeTiles(longSide));
    const double scale = static_cast<double>(targetLong) / longSide;
    const int targetShort = std::max(wholeTiles(shortSide * scale), rules.tilePixels);
    return isWide ? PixelSize{targetShort, targetLong} : PixelSize{targetLong, targetShort};
}

std::vector<Tile> tilesOf(int rows, int columns, bool hasGlobalTile)
{
    std::vector<Tile> tiles;
    const bool isOne = rows == 1 && columns == 1;
    if (hasGlobalTile || isOne)
        tiles.push_back({0, hasGlobalTile, 0, 0, {0, 0, 1, 1}});
    if (isOne)
        return tiles;
    for (int row = 0; row < rows; ++row)
        for (int column = 0; column < columns; ++column)
            tiles.push_back({static_cast<int>(tiles.size()),
                             false,
                             row,
                             column,
                             {static_cast<double>(row) / rows, static_cast<double>(column) / columns,
                              static_cast<double>(row + 1) / rows, static_cast<double>(column + 1) / columns}});
    return tiles;
}

}  // namespace

double TilePlan::verticalScale() const
{
    return static_cast<double>(resized.height) / source.height;
}

double TilePlan::horizontalScale() const
{
    return static_cast<double>(resized.width) / source.width;
}

double TilePlan::exactShortSide() const
{
    return source.width >= source.height ? source.height * horizontalScale() : source.width * verticalScale();
}

PixelBox TilePlan::tokenBox(const Tile& tile, int tokenRow, int tokenColumn) const
{
    const double height = (tile.covers.bottom - tile.covers.top) / rules.tokensPerSide;
    const double width = (tile.covers.right - tile.covers.left) / rules.tokensPerSide;
    const double top = tile.covers.top + tokenRow * height;
    const double left = tile.covers.left + tokenColumn * width;
    return {top, left, top + height, left + width};
}

SourcePixels TilePlan::touchedPixels(const Tile& tile, int tokenRow, int tokenColumn) const
{
    Span down = tokenPixels(tokenRow, rules);
    Span across = tokenPixels(tokenColumn, rules);
    if (tile.isGlobal) {
        down = readPixels(down, resized.height, rules.tilePixels, kBilinearReach);
        across = readPixels(across, resized.width, rules.tilePixels, kBilinearReach);
    } else {
        down = shifted(down, tile.row * rules.tilePixels);
        across = shifted(across, tile.column * rules.tilePixels);
    }
    down = readPixels(down, source.height, resized.height, kBicubicReach);
    across = readPixels(across, source.width, resized.width, kBicubicReach);
    return {down.begin, across.begin, down.end, across.end};
}

Result<TilePlan> planTiles(PixelSize source, const TileRules& rules)
{
    if (source.height < 1 || source.width < 1)
        return fail(ErrorCode::InvalidInput, "the picture has no pixels; choose another one");
    if (const Result<void> checked = checkRules(rules); !checked)
        return tl::unexpected(checked.error());

    TilePlan plan{rules, source, resizedSize(source, rules), 0, 0, {}};
    if (plan.resized.height % rules.tilePixels != 0 || plan.resized.width % rules.tilePixels != 0)
        return fail(
            ErrorCode::InvalidInput,
            fmt::format("a picture of {}x{} would become {}x{}, which does not split into tiles of {}; make the "
                        "largest side a whole number of tiles",
                        source.width, source.height, plan.resized.width, plan.resized.height, rules.tilePixels));
    plan.rows = plan.resized.height / rules.tilePixels;
    plan.columns = plan.resized.width / rules.tilePixels;
    if (std::max(plan.rows, plan.columns) > rules.mostPerSide)
        return fail(
            ErrorCode::InvalidInput,
            fmt::format(
                "a picture of {}x{} would become {} rows and {} columns of tiles, but only {} have names in the "
                "vocabulary; make the tiles larger or the largest side smaller",
                source.width, source.height, plan.rows, plan.columns, rules.mostPerSide));
    plan.tiles = tilesOf(plan.rows, plan.columns, rules.hasGlobalTile);
    return plan;
}

std::string tileMarker(const Tile& tile)
{
    return tile.isGlobal ? "<|global_image|>" : fmt::format("<row_{}_col_{}>", tile.row + 1, tile.column + 1);
}

}  // namespace armillary::inspect
