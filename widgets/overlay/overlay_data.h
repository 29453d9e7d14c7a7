// The numbers behind what is painted, for exports: one array a shown layer, by position of the sequence.
// Thread rule: GUI thread.
#pragma once

#include "records/analysis.h"
#include "widgets/overlay/overlay_stack.h"

#include <optional>

namespace armillary::widgets {

// Nothing when no layer is shown. Arrays "ID values" (float) or "ID colors" (red, green, blue), "ID marks" where there are any.
[[nodiscard]] std::optional<AnalysisResult> overlayData(const OverlayStack& overlays);

}  // namespace armillary::widgets
