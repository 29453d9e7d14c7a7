#include "inspect/picture_tokens.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace armillary::inspect {
namespace {

// Begin and end of an image; the newlines around them are text.
constexpr int kMarkersPerSquare = 2;

// Takes one picture of a way into account: `width` x `height` source pixels resized to a square.
void addSquare(PictureWay& way, double height, double width, const SquareRules& rules)
{
    const int tokens = rules.tokensPerSide();
    if (way.pictures == 0 || height / tokens < way.tokenHeight)
        way.tokenHeight = height / tokens;
    if (way.pictures == 0 || width / tokens < way.tokenWidth)
        way.tokenWidth = width / tokens;
    const double side = rules.sidePixels;
    way.addedPixels += side * side - side * side * std::min(height, width) / std::max(height, width);
    ++way.pictures;
}

PictureWay emptyWay(std::string name, const SquareRules& rules)
{
    PictureWay way;
    way.name = std::move(name);
    way.sidePixels = rules.sidePixels;
    way.tokensPerPicture = rules.tokensPerSide() * rules.tokensPerSide();
    return way;
}

std::string stretchWords(const PictureWay& way)
{
    constexpr double kNothing = 0.0005;
    std::string out;
    for (const Stretch& each : way.stretches) {
        out += out.empty() ? "" : ", ";
        out += each.part.empty() ? "" : each.part + " ";
        if (std::abs(each.tallness - 1) < kNothing)
            out += "not";
        else if (each.tallness > 1)
            out += fmt::format("taller by {:.1f} %", (each.tallness - 1) * 100);
        else
            out += fmt::format("wider by {:.1f} %", (1 / each.tallness - 1) * 100);
    }
    return out;
}

std::vector<AnalysisCell> rowOf(const PictureWay& way)
{
    return {way.name,
            static_cast<double>(way.pictures),
            fmt::format("{0} x {0}", way.sidePixels),
            static_cast<double>(way.tokensPerPicture),
            static_cast<double>(way.imageTokens()),
            static_cast<double>(way.totalTokens()),
            stretchWords(way),
            std::round(way.addedPixels),
            fmt::format("{:.1f} x {:.1f}", way.tokenWidth, way.tokenHeight),
            std::string()};
}

std::vector<AnalysisCell> rowWithout(const std::string& name, const std::string& reason)
{
    const double none = std::nan("");
    return {name, none, std::string(), none, none, none, std::string(), none, std::string(), reason};
}

}  // namespace

Result<int> tokensPerTileSide(int tilePixels, int patchPixels, int shuffleFactor)
{
    if (tilePixels < 1 || patchPixels < 1 || shuffleFactor < 1)
        return fail(ErrorCode::InvalidInput, "tile, patch and pixel-shuffle factor must be above 0");
    if (tilePixels % patchPixels != 0)
        return fail(ErrorCode::InvalidInput,
                    fmt::format("patches of {} pixels do not divide a tile of {}; choose a tile of {} or {}",
                                patchPixels, tilePixels, tilePixels / patchPixels * patchPixels,
                                (tilePixels / patchPixels + 1) * patchPixels));
    const int patches = tilePixels / patchPixels;
    if (patches % shuffleFactor != 0)
        return fail(
            ErrorCode::InvalidInput,
            fmt::format("a tile has {0} x {0} patches, which a pixel-shuffle factor of {1} does not divide; choose "
                        "a divisor of {0}",
                        patches, shuffleFactor));
    return patches / shuffleFactor;
}

PictureWay wayOf(const TilePlan& plan)
{
    PictureWay way;
    way.name = "nanoVLM tiles";
    way.pictures = static_cast<int>(plan.tiles.size());
    way.sidePixels = plan.rules.tilePixels;
    way.tokensPerPicture = plan.tokensPerTile();
    way.markerTokens = plan.markerTokens();
    way.tokenWidth = static_cast<double>(plan.source.width) / (plan.columns * plan.rules.tokensPerSide);
    way.tokenHeight = static_cast<double>(plan.source.height) / (plan.rows * plan.rules.tokensPerSide);
    const double longSide = std::max(plan.resized.width, plan.resized.height);
    way.addedPixels = static_cast<double>(plan.resized.width) * plan.resized.height - longSide * plan.exactShortSide();
    const bool hasGlobal = way.pictures > 1 && plan.tiles.front().isGlobal;
    way.stretches = {{hasGlobal ? "tiles" : "", plan.stretch()}};
    // The global tile squares the picture once more.
    if (hasGlobal) {
        const double ratio = static_cast<double>(plan.source.width) / plan.source.height;
        way.stretches.push_back({"global tile", ratio});
        const double side = plan.rules.tilePixels;
        way.addedPixels += side * side * (1 - std::min(ratio, 1 / ratio));
    }
    return way;
}

PictureWay squareWay(PixelSize source, const SquareRules& rules)
{
    PictureWay way = emptyWay("Gemma 3 square", rules);
    addSquare(way, source.height, source.width, rules);
    way.stretches = {{"", static_cast<double>(source.width) / source.height}};
    way.markerTokens = kMarkersPerSquare * way.pictures;
    return way;
}

std::string panAndScanObstacle(PixelSize source, const PanAndScanRules& rules)
{
    if (!panAndScanCrops(source.height, source.width, rules).empty())
        return {};
    if (source.height < 1 || source.width < 1)
        return "the picture has no pixels";
    const double ratio =
        static_cast<double>(std::max(source.height, source.width)) / std::min(source.height, source.width);
    if (ratio < rules.minRatioToActivate)
        return fmt::format("sides {:.2f} : 1, crops begin at {:.2f} : 1", ratio, rules.minRatioToActivate);
    return fmt::format("crops would be smaller than {} pixels", rules.minCropPixels);
}

std::optional<PictureWay> panAndScanWay(PixelSize source, const SquareRules& rules)
{
    const std::vector<CropBox> crops = panAndScanCrops(source.height, source.width, rules.panAndScan);
    if (crops.empty())
        return std::nullopt;
    PictureWay way = emptyWay("Gemma 3 pan and scan", rules);
    addSquare(way, source.height, source.width, rules);
    const auto tallness = [](double width, double height) { return width / height; };
    way.stretches = {{"whole", tallness(source.width, source.height)},
                     {"crops", tallness(crops.front().width, crops.front().height)}};
    for (const CropBox& crop : crops)
        addSquare(way, crop.height, crop.width, rules);
    // What is left over for the last one may be narrower.
    if (crops.back().width != crops.front().width || crops.back().height != crops.front().height)
        way.stretches.push_back({"last crop", tallness(crops.back().width, crops.back().height)});
    way.markerTokens = kMarkersPerSquare * way.pictures;
    return way;
}

AnalysisResult pictureTokens(PixelSize source, const Result<TilePlan>& plan, const SquareRules& square)
{
    AnalysisResult out;
    out.request.name = "picture-tokens";
    out.numbers = {{"source width", static_cast<double>(source.width), "pixels"},
                   {"source height", static_cast<double>(source.height), "pixels"}};
    AnalysisTable ways{"ways",
                       {"way", "pictures", "size", "tokens_a_picture", "image_tokens", "total_tokens", "stretch",
                        "added_pixels", "token_covers", "reason"},
                       {}};
    AnalysisTable tiles{"tiles", {"crop", "marker", "row", "column", "top", "left", "bottom", "right"}, {}};
    if (plan) {
        ways.rows.push_back(rowOf(wayOf(*plan)));
        out.numbers.push_back({"resized width", static_cast<double>(plan->resized.width), "pixels"});
        out.numbers.push_back({"resized height", static_cast<double>(plan->resized.height), "pixels"});
        out.numbers.push_back({"short side before rounding", plan->exactShortSide(), "pixels"});
        out.numbers.push_back({"stretch of the tiles", (plan->stretch() - 1) * 100, "%"});
        for (const Tile& tile : plan->tiles)
            tiles.rows.push_back({static_cast<double>(tile.crop), tileMarker(tile), static_cast<double>(tile.row),
                                  static_cast<double>(tile.column), tile.covers.top, tile.covers.left,
                                  tile.covers.bottom, tile.covers.right});
    } else {
        ways.rows.push_back(rowWithout("nanoVLM tiles", plan.error().message));
        out.cautions.push_back(plan.error().message);
    }
    ways.rows.push_back(rowOf(squareWay(source, square)));
    if (const auto way = panAndScanWay(source, square))
        ways.rows.push_back(rowOf(*way));
    else
        ways.rows.push_back(rowWithout("Gemma 3 pan and scan", panAndScanObstacle(source, square.panAndScan)));
    out.tables = {std::move(ways), std::move(tiles)};
    out.cautions.push_back("total tokens count the marker of every tile, and begin and end of every square; words and "
                           "newlines between crops come on top");
    return out;
}

}  // namespace armillary::inspect
