// The inference thread's side: owns the Engine, runs one request at a time and reports through the mailbox.
//
// Thread rule: lives in the inference thread after moveToThread; its slots run there only. The engine is made by the first
// slot and destroyed with the worker, both on that thread.
#pragma once

#include "app/inference/run_mailbox.h"
#include "base/error.h"
#include "engine/engine.h"

#include <QObject>

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <thread>
#include <variant>

namespace armillary::app {

using EngineFactory = std::function<std::unique_ptr<Engine>()>;

// Finds the folders of models on the inference thread: the embedded demo is unpacked first.
using FolderFinder = std::function<Result<ModelFolders>()>;

struct LoadRequest {
    ModelFolders folders;
    LoadOptions options;
    FolderFinder finder = nullptr;  // in place of `folders`
};
struct AskRequest {
    std::shared_ptr<const Question> question;
};
struct PredictRequest {
    std::shared_ptr<const RolloutRequest> rollout;
    CaptureRequest capture;
};
struct AnalyseRequest {
    std::shared_ptr<const RunRecord> record;
    AnalysisRequest analysis;
};
using Request = std::variant<LoadRequest, PredictRequest, AskRequest, AnalyseRequest>;

// In the order in which waiting requests are taken.
enum class RequestKind { Load, Predict, Ask, Analyse };
inline constexpr std::array kRequestKinds = {RequestKind::Load, RequestKind::Predict, RequestKind::Ask,
                                             RequestKind::Analyse};

[[nodiscard]] inline RequestKind kindOf(const Request& request)
{
    return static_cast<RequestKind>(request.index());
}

// How a request ended. Sent once, last, whatever happened.
struct RunResult {
    RequestKind kind = RequestKind::Ask;
    RunOutcome outcome = RunOutcome::Failed;
    std::shared_ptr<const RunRecord> record;         // of Ask and Predict; may be there although the run was cancelled
    std::shared_ptr<const ModelReport> report;       // of a completed Load
    std::shared_ptr<const TokenBudgeter> budgeter;   // of a completed Load; null without a language model
    std::shared_ptr<const AnalysisResult> analysis;  // of a completed Analyse
    std::optional<Error> error;                      // of a failed run
};

class InferenceWorker : public QObject {
    Q_OBJECT
public:
    InferenceWorker(EngineFactory factory, std::shared_ptr<RunMailbox> mailbox);
    ~InferenceWorker() override;

    // On the inference thread: makes the engine.
    void workerStart();
    // On the inference thread: runs the request to its end.
    void workerRun(RunId id, const Request& request, const std::stop_token& stop);

Q_SIGNALS:
    // Something new lies in the mailbox.
    void wakeUp();
    void workerFinished(armillary::app::RunId id, const armillary::app::RunResult& result);

private:
    [[nodiscard]] RunResult workerExecute(const Request& request, RunObserver& observer, const std::stop_token& stop);
    void assertOwnThread() const;

    EngineFactory m_factory;
    std::shared_ptr<RunMailbox> m_mailbox;
    std::unique_ptr<Engine> m_engine;
    std::optional<Error> m_engineFailure;  // the engine could not be made
    std::thread::id m_thread;
};

}  // namespace armillary::app

Q_DECLARE_METATYPE(armillary::app::RunResult)
