// What one picture becomes in front of a model, before any model is there: nanoVLM's tiles beside Gemma's one square and its pan and
// scan, with what the resizes do to proportions and how many source pixels a token stands for.
// Thread rule: plain values and pure functions.
#pragma once

#include "base/error.h"
#include "inspect/tile_plan.h"
#include "records/analysis.h"
#include "records/picture_crops.h"

#include <optional>
#include <string>
#include <vector>

namespace armillary::inspect {

// Gemma's side; the defaults are those of the published snapshots: 896 / 14 = 64 patches a side, pooled 4 x 4.
struct SquareRules {
    int sidePixels = 896;
    int patchPixels = 14;
    int pooledPatches = 4;  // a side
    PanAndScanRules panAndScan;

    [[nodiscard]] int tokensPerSide() const { return sidePixels / patchPixels / pooledPatches; }
};

// How many tokens stand along a tile's side: its patches, put together by the pixel shuffle. Errors: InvalidInput (patches that
// do not divide the tile, a factor that does not divide the patches).
[[nodiscard]] Result<int> tokensPerTileSide(int tilePixels, int patchPixels, int shuffleFactor);

// What a resize does to the shapes in one part of a way.
struct Stretch {
    std::string part;     // "tiles", "global tile", "crops"; empty where there is only one
    double tallness = 1;  // how much taller things look; below 1 they look wider
};

// One way of giving a picture to a vision encoder.
struct PictureWay {
    std::string name;
    int pictures = 0;  // that the encoder reads
    int sidePixels = 0;
    int tokensPerPicture = 0;
    int markerTokens = 0;  // in front of tiles, around pictures
    std::vector<Stretch> stretches;
    double tokenWidth = 0;  // source pixels that the finest token stands for
    double tokenHeight = 0;
    double addedPixels = 0;  // of all pictures beyond resizes that keep the proportions

    [[nodiscard]] int imageTokens() const { return pictures * tokensPerPicture; }
    [[nodiscard]] int totalTokens() const { return imageTokens() + markerTokens; }
};

[[nodiscard]] PictureWay wayOf(const TilePlan& plan);
[[nodiscard]] PictureWay squareWay(PixelSize source, const SquareRules& rules);
// The whole picture and its crops; nothing when pan and scan makes none of it.
[[nodiscard]] std::optional<PictureWay> panAndScanWay(PixelSize source, const SquareRules& rules);
// Why pan and scan makes no crops of a picture; empty when it does.
[[nodiscard]] std::string panAndScanObstacle(PixelSize source, const PanAndScanRules& rules);

// Ways side by side, and every tile with its place: tables "ways" and "tiles", numbers of the plan.
[[nodiscard]] AnalysisResult pictureTokens(PixelSize source, const Result<TilePlan>& plan, const SquareRules& square);

}  // namespace armillary::inspect
