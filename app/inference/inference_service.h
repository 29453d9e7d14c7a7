// The window's door to the inference thread: numbers runs, keeps what waits, stops what runs, and hands out what streams.
//
// Rules:
// - One request runs; of each kind at most one waits, and a newer one takes its place (the older ends as cancelled).
//   Waiting loads go before waiting rollouts, those before waiting questions, and analyses come last.
// - Run ids rise. Updates of a run that is not the running one are dropped.
// - Streamed updates come at most 30 times a second, however fast the engine is.
// - Every id that request() returned gets exactly one runFinished, and nothing of that run comes after it.
// - A stop goes straight to the running engine (std::stop_source), never through the worker's event queue.
// - close(): no new work, stop what runs, end the thread; closed() comes when it has ended or after kCloseLimit, with a log
//   line. Nothing spins, nothing is terminated.
// Thread rule: GUI thread.
#pragma once

#include "app/inference/inference_worker.h"
#include "app/inference/run_mailbox.h"

#include <QElapsedTimer>
#include <QObject>
#include <QThread>
#include <QTimer>

#include <array>
#include <chrono>
#include <memory>
#include <optional>
#include <stop_token>

namespace armillary::app {

class InferenceService : public QObject {
    Q_OBJECT
public:
    static constexpr std::chrono::milliseconds kDrainInterval{34};
    static constexpr std::chrono::milliseconds kCloseLimit{5000};

    explicit InferenceService(EngineFactory factory, QObject* parent = nullptr);
    // Closes with a bounded wait if close() has not ended yet.
    ~InferenceService() override;

    // The id of the run; 0 after close().
    RunId load(const ModelFolders& folders, const LoadOptions& options);
    // The same with folders that have to be found first, which may take a while.
    RunId loadFound(FolderFinder finder, const LoadOptions& options);
    RunId ask(std::shared_ptr<const Question> question);
    RunId predict(std::shared_ptr<const RolloutRequest> rollout, const CaptureRequest& capture);
    // An analysis that needs the loaded models.
    RunId analyse(std::shared_ptr<const RunRecord> record, const AnalysisRequest& analysis);
    // The id that the next request will have.
    [[nodiscard]] RunId nextId() const { return m_lastId + 1; }
    // Stops the running request and drops the waiting ones.
    void cancel();
    // Stops the running request if it is of this kind, and drops a waiting one of this kind.
    void cancel(RequestKind kind);

    [[nodiscard]] bool isBusy() const { return m_running.has_value(); }
    [[nodiscard]] bool isBusy(RequestKind kind) const;
    // A request of this kind runs now; isBusy() also counts one that waits.
    [[nodiscard]] bool isRunning(RequestKind kind) const { return m_running && m_running->kind == kind; }
    [[nodiscard]] bool isClosed() const { return m_closed; }
    // False while the thread lives; after closed() that means that it did not stop in time.
    [[nodiscard]] bool hasThreadEnded() const { return m_thread->isFinished(); }
    void close();

Q_SIGNALS:
    void runStarted(armillary::app::RunId id, const armillary::app::Request& request);
    void runUpdated(const armillary::app::RunUpdate& update);
    void runFinished(armillary::app::RunId id, const armillary::app::RunResult& result);
    void closed();

private:
    struct Pending {
        RunId id = 0;
        Request request;
    };

    RunId request(Request request);
    void startNext();
    void start(Pending pending);
    void dropWaiting(std::optional<Pending>& slot);
    [[nodiscard]] std::optional<Pending>& waitingSlot(RequestKind kind);
    void guiWake();
    void guiDrain();
    void guiFinished(RunId id, const RunResult& result);
    void guiThreadEnded();

    std::shared_ptr<RunMailbox> m_mailbox;
    QThread* m_thread = nullptr;          // left behind, running, if it does not end in time
    InferenceWorker* m_worker = nullptr;  // deleted by its thread
    RunId m_lastId = 0;
    struct Running {
        RunId id = 0;
        RequestKind kind = RequestKind::Ask;
    };
    std::optional<Running> m_running;
    std::stop_source m_stop;
    std::array<std::optional<Pending>, kRequestKinds.size()> m_waiting;  // by kind
    QTimer m_drainTimer;
    QElapsedTimer m_sinceDrain;
    QTimer m_closeTimer;
    bool m_refusing = false;
    bool m_closed = false;
};

}  // namespace armillary::app
