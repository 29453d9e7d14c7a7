// The pixels of a temporal grid: four frames brought to the size of a cell and put side by side, perhaps within a black square.
// Source of the letterbox: the design note on Gemma's input (Pillow's bicubic, sizes cut to whole pixels).
// Thread rule: free functions without shared state.
#pragma once

#include "base/error.h"
#include "records/temporal_grid.h"

namespace armillary::picture {

// `clip`'s frames by `grid`'s moments. Errors: InvalidInput (a moment that the clip does not have, no pixels, a picture too large).
[[nodiscard]] Result<Image> composeGrid(const Clip& clip, const TemporalGrid& grid);
// `clip` with its grid composed; as it is without a grid. Errors: as composeGrid.
[[nodiscard]] Result<Clip> withGridPicture(Clip clip);

// `image` in its shape within a black square of `side` pixels, centred.
[[nodiscard]] Image letterbox(const Image& image, int side, PictureFilter filter);
// Any picture to any size above 0.
[[nodiscard]] Image resizeWith(const Image& image, int heightPixels, int widthPixels, PictureFilter filter);

}  // namespace armillary::picture
