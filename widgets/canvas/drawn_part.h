// Cuts a frame down to what touches some rectangles of it. Software renderers take their time by corners as well as by pixels: a
// highlight must not push the thousands of cells around it through the renderer, nor what lies in one rectangle once for every other.
// Thread rule: GUI thread.
#pragma once

#include <imgui.h>

#include <QRect>

#include <vector>

namespace armillary::widgets {

// Takes every shape out of `drawn` that touches none of `parts` (pixels). The rest comes by parts, all of the first one first; which
// one a command belongs to is returned, for all lists in a row. A shape that touches two parts is there twice.
[[nodiscard]] std::vector<std::size_t> keepParts(ImDrawData& drawn, const std::vector<QRect>& parts);

}  // namespace armillary::widgets
