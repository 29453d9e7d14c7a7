// How nanoVLM cuts a picture: resized to whole tiles, split, a global tile in front; and which pixels a token stands for.
//
// The long side goes to the largest side (or to the next whole number of tiles), the short side is rounded UP to whole
// tiles, so the picture is stretched by up to almost one tile and nothing is padded. A token therefore covers a rectangle of
// the source whose edges seldom fall between pixels (tokenBox), and the resize reads a little beyond it (touchedPixels).
// Source: DynamicResize and GlobalAndSplitImages of nanoVLM's data/custom_transforms.py.
// Thread rule: plain values and pure functions.
#pragma once

#include "base/error.h"
#include "records/token_layout.h"

#include <string>
#include <vector>

namespace armillary::inspect {

// What a snapshot prescribes; the defaults are those of its published configuration.
struct TileRules {
    int tilePixels = 512;       // vit_img_size: a side of a tile
    int maxSidePixels = 2048;   // max_img_size: the resized long side at most; a whole number of tiles
    bool fillsMaxSide = true;   // resize_to_max_side_len: small pictures grow to maxSidePixels too
    int tokensPerSide = 8;      // of a tile's square token grid
    bool hasGlobalTile = true;  // the vocabulary names one: the whole picture as a tile in front of several
    int mostPerSide = 8;        // rows and columns of tiles that the vocabulary has names for
};

struct PixelSize {
    int height = 0, width = 0;
};

// A tile in the order in which the encoder and the prompt have it.
struct Tile {
    int crop = 0;  // TokenOrigin::crop: its place in this order
    bool isGlobal = false;
    int row = 0, column = 0;  // of the grid of tiles; 0 for the global tile
    PixelBox covers;          // in fractions of the source picture
};

// Whole pixels [top, bottom) x [left, right) of the source picture.
struct SourcePixels {
    int top = 0, left = 0, bottom = 0, right = 0;
};

struct TilePlan {
    TileRules rules;
    PixelSize source;
    PixelSize resized;
    int rows = 0, columns = 0;  // of tiles
    std::vector<Tile> tiles;

    [[nodiscard]] int tokensPerTile() const { return rules.tokensPerSide * rules.tokensPerSide; }
    [[nodiscard]] int imageTokens() const { return static_cast<int>(tiles.size()) * tokensPerTile(); }
    // One in front of every tile: its place, or that it is the global one.
    [[nodiscard]] int markerTokens() const { return static_cast<int>(tiles.size()); }
    [[nodiscard]] int totalTokens() const { return imageTokens() + markerTokens(); }

    // Resized pixels for a pixel of the source.
    [[nodiscard]] double verticalScale() const;
    [[nodiscard]] double horizontalScale() const;
    // How much taller the resized picture looks than the source: above 1 stretched in height, below 1 in width.
    [[nodiscard]] double stretch() const { return verticalScale() / horizontalScale(); }
    // What the short side would be in pixels if the proportions were kept, before it is rounded up to whole tiles.
    [[nodiscard]] double exactShortSide() const;

    // The part of the source picture that a token stands for, in fractions of its sides.
    [[nodiscard]] PixelBox tokenBox(const Tile& tile, int tokenRow, int tokenColumn) const;
    // The pixels of the source that the resizes read to make the token's patches; reaches beyond tokenBox by the filter's
    // width, except at the picture's edge. The encoder then mixes all patches of a tile, none of another.
    [[nodiscard]] SourcePixels touchedPixels(const Tile& tile, int tokenRow, int tokenColumn) const;
};

// Errors: InvalidInput (an empty picture, rules that do not fit each other, more tiles a side than have names).
[[nodiscard]] Result<TilePlan> planTiles(PixelSize source, const TileRules& rules);

// The name of the token in front of `tile`: "<|global_image|>" or "<row_1_col_2>", as published snapshots spell them.
[[nodiscard]] std::string tileMarker(const Tile& tile);

}  // namespace armillary::inspect
