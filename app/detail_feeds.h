// Gives the panels of models, time and memory what only the window knows: the loaded models, stages and plans as they come, and what
// snapshot folders hold.
// Thread rule: GUI thread. Lives no longer than the panels.
#pragma once

#include "app/analysis/snapshot_service.h"

#include <QObject>

namespace armillary::widgets {
class AnatomyPanel;
class MemoryPanel;
class ShownRollout;
class TimelinePanel;
}  // namespace armillary::widgets

namespace armillary::app {

class RolloutController;
class RunController;

// Whose news is passed on, and to whom; a panel that is not there gets none.
struct DetailFeedParts {
    RunController& runs;
    RolloutController& rollouts;
    widgets::ShownRollout& rollout;
    widgets::AnatomyPanel* anatomy = nullptr;
    widgets::TimelinePanel* timeline = nullptr;
    widgets::MemoryPanel* memory = nullptr;
};

class DetailFeeds : public QObject {
    Q_OBJECT
public:
    DetailFeeds(const DetailFeedParts& parts, QObject* parent);

private:
    // What takes reading whole folders, and traces.
    void feedNumbers(widgets::AnatomyPanel& anatomy);
    void showReport();
    void begin();
    void end();
    void showStep(int branch);

    DetailFeedParts m_parts;
    SnapshotService m_snapshots;
};

}  // namespace armillary::app
