// What happens between Predict and the rollout that the panel shows: reads the condition and what comes after it, runs one
// branch a seed, one after another, and puts steps, previews and records into the shown rollout.
// Thread rule: GUI thread; waits for nothing.
#pragma once

#include "app/inference/inference_service.h"
#include "app/media_service.h"
#include "widgets/models/message_list_model.h"
#include "widgets/panels/rollout_panel.h"
#include "widgets/rollout/shown_rollout.h"

#include <QObject>
#include <QString>

#include <memory>
#include <optional>
#include <vector>

namespace armillary::app {

class RolloutController : public QObject {
    Q_OBJECT
public:
    RolloutController(widgets::ShownRollout& shown, widgets::MessageListModel& messages, InferenceService& inference,
                      MediaService& mediaFiles, QObject* parent = nullptr);

    // Takes the place of a prediction that is under way.
    void predict(const widgets::RolloutWish& wish);
    // Stops the branch that runs and drops those that wait; what was made stays.
    void stop();

    [[nodiscard]] bool isBusy() const { return m_collecting.has_value() || m_branch.has_value(); }

Q_SIGNALS:
    void stateChanged();
    void workStarted(const QString& what);
    void workEnded(const QString& summary);
    // A prediction left a record, perhaps of what was made before it was stopped.
    void recordMade(const std::shared_ptr<const armillary::RunRecord>& record);

private:
    struct Collecting {
        quint64 ticket = 0;
        widgets::RolloutWish wish;
    };

    void begin(const widgets::RolloutWish& wish, const Clip& read);
    void runBranch(int branch);
    void updated(const RunUpdate& update);
    void finished(RunId id, const RunResult& result);

    widgets::ShownRollout& m_shown;
    widgets::MessageListModel& m_messages;
    InferenceService& m_inference;
    MediaService& m_mediaFiles;
    std::optional<Collecting> m_collecting;
    CaptureRequest m_capture;
    std::optional<int> m_branch;  // that runs or waits for the engine
    RunId m_run = 0;              // its run
    bool m_stopping = false;      // no further branch
};

}  // namespace armillary::app
