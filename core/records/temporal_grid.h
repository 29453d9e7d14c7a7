// Four moments of a clip as one picture of two rows and two columns, in place of a still: where each moment lies, in what
// size and through which filter. Composing the pixels is done by picture/grid_picture.
// Thread rule: plain values and pure functions; immutable once behind Clip::grid.
#pragma once

#include "records/image.h"
#include "records/token_layout.h"

#include <array>
#include <string>
#include <vector>

namespace armillary {

inline constexpr int kGridRows = 2;
inline constexpr int kGridColumns = 2;
inline constexpr int kGridCells = kGridRows * kGridColumns;

// How frames are brought to the size of a cell. Pillow's three, and nearest for pictures made of large pixels.
enum class PictureFilter { Bicubic, Bilinear, Lanczos, Nearest };

struct GridMoment {
    int frame = 0;        // index into the clip's frames
    int sourceFrame = 0;  // index in the source, which may have many more
    double seconds = 0;   // since the source's first frame; 0 where the source has no rate

    bool operator==(const GridMoment&) const = default;
};

struct TemporalGrid {
    std::array<GridMoment, kGridCells> moments;  // row by row
    int cellHeight = 0;                          // 0 and 0: as large as the first moment's frame
    int cellWidth = 0;
    PictureFilter filter = PictureFilter::Bicubic;
    // Above 0: the four cells keep their shape within a black square of this side, as the design note has it. 0: nothing is
    // added, and Gemma's processor stretches the picture to its square.
    int letterboxSide = 0;
    Image picture;  // as composed; empty where nobody has done it yet or the pixels were not kept

    // The same recipe; the pixels follow from it.
    [[nodiscard]] bool sameRecipe(const TemporalGrid& other) const
    {
        return moments == other.moments && cellHeight == other.cellHeight && cellWidth == other.cellWidth &&
               filter == other.filter && letterboxSide == other.letterboxSide;
    }
};

// Sizes in pixels of a grid's parts, for frames of which the first moment's has the given size.
struct GridSizes {
    int cellHeight = 0, cellWidth = 0;
    int sheetHeight = 0, sheetWidth = 0;                               // of the four cells side by side
    int innerTop = 0, innerLeft = 0, innerHeight = 0, innerWidth = 0;  // the four cells within the picture
    int pictureHeight = 0, pictureWidth = 0;
};
[[nodiscard]] GridSizes gridSizes(const TemporalGrid& grid, int frameHeight, int frameWidth);

// Where cell `cell` (row by row) lies, in fractions of the picture.
[[nodiscard]] PixelBox gridCellBox(const GridSizes& sizes, int cell);
// The cells whose pixels `box` (fractions of the picture) touches, in order, with the share of the box that lies in each. A box
// over a border belongs to all of them; one in the black bars to none.
struct CellShare {
    int cell = 0;
    double share = 0;
};
[[nodiscard]] std::vector<CellShare> gridCellsOf(const GridSizes& sizes, const PixelBox& box);

// Four frames of `frameCount`, evenly spaced, the first and the last among them; frames repeat in shorter clips.
[[nodiscard]] std::array<int, kGridCells> evenMoments(int frameCount);
// "cell 1,2 of the grid, frame 12, 0.50 s"; rows and columns count from 1, the time is left out where there is none.
[[nodiscard]] std::string gridCellName(const TemporalGrid& grid, int cell);

// The picture that the vision encoder sees of `clip`: its grid, else frame `still` (the last one when out of range). Null for a
// clip without frames and for a grid that was not composed.
[[nodiscard]] const Image* seenPicture(const Clip& clip, int still);

}  // namespace armillary
