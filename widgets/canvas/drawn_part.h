// Cuts a frame down to what touches some rectangles of it. Software renderers take their time by corners as well as by pixels: a
// highlight must not push the thousands of cells around it through the renderer.
// Thread rule: GUI thread.
#pragma once

#include <imgui.h>

#include <QRect>

#include <vector>

namespace armillary::widgets {

// Takes every shape out of `drawn` that touches none of `parts` (pixels).
void keepParts(ImDrawData& drawn, const std::vector<QRect>& parts);

}  // namespace armillary::widgets
