// The window's desk of analyses. Those of records are computed in threads of their own, so that they go on while a model works;
// those that need models go through the inference thread, one at a time and after questions and rollouts.
//
// Rules:
// - Wishes start in the order of asking; a wish that takes the place of a dropped one of the same name starts before the others,
//   because somebody is moving through its arguments.
// - Of two threads at most one computes what took long before: a quick wish never waits behind two slow ones.
// - A wish for a record whose large tensors are still being read waits for them.
// - A stop goes straight to the computation through its std::stop_source; nothing waits for it.
// - close(): no new work, stop what runs; closed() comes when the threads have ended or after kCloseLimit, with a log line.
// Thread rule: GUI thread.
#pragma once

#include "app/analysis/analysis_memory.h"
#include "app/analysis/analysis_worker.h"
#include "app/inference/inference_service.h"
#include "records/model_report.h"
#include "widgets/analysis/analysis_desk.h"

#include <QElapsedTimer>
#include <QThread>
#include <QTimer>

#include <array>
#include <deque>
#include <optional>
#include <set>
#include <stop_token>

namespace armillary::app {

class AnalysisService : public widgets::AnalysisDesk {
    Q_OBJECT
public:
    static constexpr std::chrono::milliseconds kCloseLimit{5000};
    // What took longer counts as slow from then on.
    static constexpr std::chrono::milliseconds kSlow{300};

    // `modelAnalyses`: those that only an engine can run.
    AnalysisService(InferenceService& inference, const std::vector<AnalysisEntry>& modelAnalyses,
                    QObject* parent = nullptr);
    // Closes with a bounded wait if close() has not ended yet.
    ~AnalysisService() override;

    [[nodiscard]] const std::vector<AnalysisEntry>& entries() const override { return m_entries; }
    [[nodiscard]] QString obstacle(const widgets::AnalysisWish& wish) const override;
    [[nodiscard]] std::shared_ptr<const AnalysisResult> atHand(const widgets::AnalysisWish& wish) const override;
    [[nodiscard]] widgets::AnalysisTicket request(const widgets::AnalysisWish& wish) override;
    void drop(widgets::AnalysisTicket ticket) override;

    // The models that are loaded; null: none.
    void setModels(std::shared_ptr<const ModelReport> report);

    // `record` is of the run `name`, and lacks large tensors when `isWhole` is false: setWhole or setUnreadable follows.
    void nameRun(const std::shared_ptr<const RunRecord>& record, const QString& name, bool isWhole = true);
    // `whole` holds everything that `part` lacked. Who waits for `part` gets it.
    void setWhole(const std::shared_ptr<const RunRecord>& part, const std::shared_ptr<const RunRecord>& whole);
    // The rest of `part` could not be read; who waits for it hears why.
    void setUnreadable(const std::shared_ptr<const RunRecord>& part, const QString& sentence);
    // What the open session keeps of the run `name`.
    void keepOfSession(const QString& name, const std::vector<std::shared_ptr<const AnalysisResult>>& results);
    void forgetSession();

    // Stops what runs and drops what waits.
    void stopAll();
    // A model works on an analysis or one waits for it.
    [[nodiscard]] bool isModelBusy() const;

    void close();
    [[nodiscard]] bool isClosed() const { return m_closed; }
    // False while a thread lives; after closed() that means that it did not stop in time.
    [[nodiscard]] bool haveThreadsEnded() const;

Q_SIGNALS:
    // A model analysis was computed: a session may want to keep it.
    void modelResultMade(const std::shared_ptr<const armillary::RunRecord>& record,
                         const std::shared_ptr<const armillary::AnalysisResult>& result);
    // isModelBusy()
    void workChanged();
    void closed();

private:
    struct Pending {
        widgets::AnalysisTicket ticket = 0;
        widgets::AnalysisWish wish;
        bool needsModel = false;
    };
    struct Running {
        Pending pending;
        std::stop_source stop;
        QElapsedTimer clock;
    };
    struct Lane {
        QThread* thread = nullptr;         // left behind, running, if it does not end in time
        AnalysisWorker* worker = nullptr;  // deleted by its thread
        std::optional<Running> running;
    };

    [[nodiscard]] const AnalysisEntry* entryOf(const std::string& name) const;
    void startNext();
    // To those that wait for the rest of their record.
    void tellReading();
    void startOn(Lane& lane);
    void startModel();
    // Takes the first that waits, can start and is allowed.
    template <class Allowed>
    [[nodiscard]] std::optional<Pending> takeNext(Allowed allowed);
    void ended(const Pending& pending, const AnalysisOutcome& outcome);
    void modelEnded(RunId id, const RunResult& result);
    void threadEnded();

    InferenceService& m_inference;
    std::vector<AnalysisEntry> m_entries;
    std::array<Lane, 2> m_lanes;
    std::deque<Pending> m_waiting;
    std::optional<Pending> m_onModel;    // given to the inference service
    RunId m_modelRun = 0;                // its run
    std::set<std::string> m_slow;        // names
    std::set<std::string> m_replaced;    // names of wishes dropped since the event loop turned last
    std::set<const RunRecord*> m_parts;  // records whose rest is being read
    std::shared_ptr<const ModelReport> m_models;
    AnalysisMemory m_memory;
    widgets::AnalysisTicket m_lastTicket = 0;
    QTimer m_closeTimer;
    bool m_startPending = false;
    bool m_refusing = false;
    bool m_closed = false;
};

}  // namespace armillary::app
