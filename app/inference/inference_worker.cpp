#include "app/inference/inference_worker.h"

#include <sys/resource.h>
#include <unistd.h>

#include <cassert>
#include <exception>

namespace armillary::app {
namespace {

// Turns an observer's calls into mailbox entries and wake-ups. Called on the inference thread.
class MailboxObserver final : public RunObserver {
public:
    MailboxObserver(RunId id, RunMailbox& mailbox, InferenceWorker& worker)
        : m_id(id), m_mailbox(mailbox), m_worker(worker)
    {}

    void onStage(std::string_view name, std::int64_t done, std::int64_t total) override
    {
        wakeIf(m_mailbox.putStage(m_id, {std::string(name), done, total}));
    }
    void onLayout(std::shared_ptr<const TokenLayout> layout) override
    {
        wakeIf(m_mailbox.putLayout(m_id, std::move(layout)));
    }
    void onToken(const TokenPiece& piece) override { wakeIf(m_mailbox.putToken(m_id, piece)); }
    void onMemoryPlan(const MemoryPlan& plan) override { wakeIf(m_mailbox.putMemoryPlan(m_id, plan)); }
    void onRolloutStep(const RolloutProgress& progress) override { wakeIf(m_mailbox.putRolloutStep(m_id, progress)); }
    void onWarning(std::string_view warning) override { wakeIf(m_mailbox.putWarning(m_id, std::string(warning))); }

private:
    void wakeIf(bool needed)
    {
        if (needed)
            Q_EMIT m_worker.wakeUp();
    }

    RunId m_id;
    RunMailbox& m_mailbox;
    InferenceWorker& m_worker;
};

RunResult failedWith(RequestKind kind, Error error)
{
    RunResult out;
    out.kind = kind;
    out.outcome = error.code == ErrorCode::Cancelled ? RunOutcome::Cancelled : RunOutcome::Failed;
    if (out.outcome == RunOutcome::Failed)
        out.error = std::move(error);
    return out;
}

// The window's thread shares the cores with the computation; a small step down in priority keeps it quick. Threads that
// the computation starts from here take the same priority over.
void lowerPriority()
{
    constexpr int kNiceness = 4;
    setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), kNiceness);
}

}  // namespace

InferenceWorker::InferenceWorker(EngineFactory factory, std::shared_ptr<RunMailbox> mailbox)
    : m_factory(std::move(factory)), m_mailbox(std::move(mailbox))
{}

InferenceWorker::~InferenceWorker()
{
    if (m_engine)
        assertOwnThread();
}

void InferenceWorker::assertOwnThread() const
{
    assert(m_thread == std::this_thread::get_id());
}

void InferenceWorker::workerStart()
{
    m_thread = std::this_thread::get_id();
    lowerPriority();
    try {
        m_engine = m_factory();
    } catch (const std::exception& exception) {
        m_engineFailure =
            Error{ErrorCode::Internal, std::string("the inference engine could not be started: ") + exception.what()};
    }
}

void InferenceWorker::workerRun(RunId id, const Request& request, const std::stop_token& stop)
{
    assertOwnThread();
    MailboxObserver observer(id, *m_mailbox, *this);
    RunResult result;
    try {
        result = workerExecute(request, observer, stop);
    } catch (const std::exception& exception) {
        result = failedWith(kindOf(request),
                            {ErrorCode::Internal, std::string("a fault of ours ended the run: ") + exception.what()});
    } catch (...) {
        result = failedWith(kindOf(request), {ErrorCode::Internal, "a fault of ours ended the run"});
    }
    Q_EMIT workerFinished(id, result);
}

RunResult InferenceWorker::workerExecute(const Request& request, RunObserver& observer, const std::stop_token& stop)
{
    const RequestKind kind = kindOf(request);
    if (!m_engine)
        return failedWith(kind,
                          m_engineFailure.value_or(Error{ErrorCode::Internal, "the inference engine is not there"}));
    RunResult out;
    out.kind = kind;
    if (const auto* load = std::get_if<LoadRequest>(&request)) {
        const Result<ModelFolders> folders = load->finder ? load->finder() : load->folders;
        if (!folders)
            return failedWith(kind, folders.error());
        auto report = m_engine->load(*folders, load->options, observer, stop);
        if (!report)
            return failedWith(kind, report.error());
        out.outcome = RunOutcome::Completed;
        out.report = std::make_shared<const ModelReport>(std::move(*report));
        out.budgeter = m_engine->budgeter();
        return out;
    }
    if (const auto* analyse = std::get_if<AnalyseRequest>(&request)) {
        auto result = m_engine->analyse(*analyse->record, analyse->analysis, observer, stop);
        if (!result)
            return failedWith(kind, result.error());
        out.outcome = RunOutcome::Completed;
        out.analysis = std::move(*result);
        return out;
    }
    const auto* predict = std::get_if<PredictRequest>(&request);
    auto record = predict != nullptr ? m_engine->rollout(*predict->rollout, predict->capture, observer, stop)
                                     : m_engine->ask(*std::get<AskRequest>(request).question, observer, stop);
    if (!record)
        return failedWith(kind, record.error());
    out.record = std::move(*record);
    out.outcome = out.record->outcome;
    return out;
}

}  // namespace armillary::app
