// What a locked panel goes on showing: the run and the overlay layers as they were.
// Thread rule: GUI thread.
#pragma once

#include "widgets/overlay/overlay_stack.h"
#include "widgets/shown_run.h"

#include <memory>

namespace armillary::widgets {

struct FrozenView {
    ShownRun run;
    OverlayStack overlays;
};

// Null while the run has no record yet: there is nothing finished to hold on to.
[[nodiscard]] std::unique_ptr<FrozenView> frozenView(const ShownRun& run, const OverlayStack& overlays);

}  // namespace armillary::widgets
