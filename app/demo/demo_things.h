// What the demo shows and changes of the window.
// Thread rule: GUI thread; all of it outlives the demo's parts.
#pragma once

#include "app/inference/run_controller.h"
#include "app/media_service.h"
#include "app/session/session_service.h"
#include "app/settings.h"
#include "app/views/view_shell.h"
#include "widgets/models/run_list_model.h"
#include "widgets/run_pair.h"
#include "widgets/selection.h"
#include "widgets/shown_run.h"

#include <QMainWindow>

namespace armillary::widgets {
class QuestionPanel;
}

namespace armillary::app {

class RecordedShelf;
class SessionController;

struct DemoThings {
    QMainWindow& window;
    ViewShell& views;
    const WindowLayout::Docks& docks;
    RunController& questions;
    SessionController& session;
    SessionService& sessionFiles;
    MediaService& mediaFiles;
    widgets::MediaListModel& media;
    widgets::MessageListModel& messages;
    widgets::ShownRun& run;
    widgets::Selection& selection;
    widgets::RunPair& pair;
    widgets::RunListModel& runs;
    widgets::QuestionPanel& question;
    Settings& settings;
    RecordedShelf* shelf = nullptr;
};

}  // namespace armillary::app
