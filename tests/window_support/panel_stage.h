// Everything a panel reads, for tests: no model, no thread, analyses computed at once.
// Thread rule: GUI thread.
#pragma once

#include "window_support/direct_desk.h"

#include "widgets/models/media_list_model.h"
#include "widgets/models/message_list_model.h"
#include "widgets/models/run_list_model.h"
#include "widgets/overlay/overlay_stack.h"
#include "widgets/panel.h"
#include "widgets/run_pair.h"
#include "widgets/selection.h"
#include "widgets/shown_run.h"

namespace armillary::test {

struct PanelStage {
    widgets::Selection selection;
    widgets::ShownRun run;
    widgets::MediaListModel media;
    widgets::MessageListModel messages;
    DirectDesk desk;
    widgets::RunPair pair;
    widgets::OverlayStack overlays;
    widgets::RunListModel runs;

    [[nodiscard]] widgets::PanelContext context()
    {
        return {selection, run, media, messages, desk, pair, overlays, runs};
    }
};

}  // namespace armillary::test
