#include "widgets/frozen_view.h"

namespace armillary::widgets {

std::unique_ptr<FrozenView> frozenView(const ShownRun& run, const OverlayStack& overlays)
{
    if (!run.record())
        return nullptr;
    auto out = std::make_unique<FrozenView>();
    out->run.showRecord(run.record());
    for (const OverlayStack::Entry& entry : overlays.entries()) {
        out->overlays.setLayer(entry.id, entry.layer);
        out->overlays.setVisible(entry.id, entry.isVisible);
        out->overlays.setOpacity(entry.id, entry.opacity);
    }
    out->overlays.setSolo(overlays.solo());
    out->overlays.setOn(overlays.isOn());
    return out;
}

}  // namespace armillary::widgets
