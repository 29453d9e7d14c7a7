#include "app/inference/inference_service.h"

#include "app/giving_way.h"

#include <QDeadlineTimer>
#include <QLoggingCategory>

#include <algorithm>
#include <utility>

namespace armillary::app {
namespace {

Q_LOGGING_CATEGORY(lcInference, "armillary.inference")

RunResult cancelledBeforeStart(RequestKind kind)
{
    RunResult out;
    out.kind = kind;
    out.outcome = RunOutcome::Cancelled;
    return out;
}

std::size_t tokenLimitOf(const Request& request)
{
    const auto* ask = std::get_if<AskRequest>(&request);
    return ask == nullptr ? 0 : static_cast<std::size_t>(std::max(0, ask->question->sampling.maxNewTokens));
}

std::size_t stepLimitOf(const Request& request)
{
    if (const auto* predict = std::get_if<PredictRequest>(&request))
        return static_cast<std::size_t>(std::max(0, predict->rollout->steps));
    // A question about a predicted future may have to predict it first.
    const auto* ask = std::get_if<AskRequest>(&request);
    return ask != nullptr && ask->question->world.rollout
               ? static_cast<std::size_t>(std::max(0, ask->question->world.rollout->steps))
               : 0;
}

}  // namespace

InferenceService::InferenceService(EngineFactory factory, QObject* parent)
    : QObject(parent), m_mailbox(std::make_shared<RunMailbox>())
{
    qRegisterMetaType<RunResult>();
    m_thread = new QThread;
    m_thread->setObjectName(QStringLiteral("inference"));
    giveWay(*m_thread);
    m_worker = new InferenceWorker(std::move(factory), m_mailbox);
    m_worker->moveToThread(m_thread);
    connect(m_thread, &QThread::started, m_worker, &InferenceWorker::workerStart);
    // Deferred deletions run before the thread ends, so the engine goes on the thread it was made on.
    connect(m_thread, &QThread::finished, m_worker, &QObject::deleteLater);
    connect(m_thread, &QThread::finished, this, &InferenceService::guiThreadEnded);
    connect(m_worker, &InferenceWorker::wakeUp, this, &InferenceService::guiWake, Qt::QueuedConnection);
    connect(m_worker, &InferenceWorker::workerFinished, this, &InferenceService::guiFinished, Qt::QueuedConnection);

    m_drainTimer.setSingleShot(true);
    m_drainTimer.setTimerType(Qt::PreciseTimer);
    connect(&m_drainTimer, &QTimer::timeout, this, &InferenceService::guiDrain);
    m_closeTimer.setSingleShot(true);
    connect(&m_closeTimer, &QTimer::timeout, this, [this] {
        qCWarning(lcInference, "the inference thread has not ended after %lld ms; leaving it behind",
                  static_cast<long long>(kCloseLimit.count()));
        m_closed = true;
        Q_EMIT closed();
    });
    m_thread->start();
}

InferenceService::~InferenceService()
{
    if (!m_closed)
        close();
    if (m_thread->wait(QDeadlineTimer(m_closed ? std::chrono::milliseconds(0) : kCloseLimit))) {
        delete m_thread;
    } else {
        // Destroying a running thread would end the program; it works on nothing of ours any more.
        qCWarning(lcInference, "the inference thread is still busy; it is left to the system");
    }
}

std::optional<InferenceService::Pending>& InferenceService::waitingSlot(RequestKind kind)
{
    return m_waiting[static_cast<std::size_t>(kind)];
}

bool InferenceService::isBusy(RequestKind kind) const
{
    return (m_running && m_running->kind == kind) || m_waiting[static_cast<std::size_t>(kind)].has_value();
}

RunId InferenceService::load(const ModelFolders& folders, const LoadOptions& options)
{
    return request(LoadRequest{folders, options});
}

RunId InferenceService::loadFound(FolderFinder finder, const LoadOptions& options)
{
    return request(LoadRequest{{}, options, std::move(finder)});
}

RunId InferenceService::ask(std::shared_ptr<const Question> question)
{
    return request(AskRequest{std::move(question)});
}

RunId InferenceService::predict(std::shared_ptr<const RolloutRequest> rollout, const CaptureRequest& capture)
{
    return request(PredictRequest{std::move(rollout), capture});
}

RunId InferenceService::analyse(std::shared_ptr<const RunRecord> record, const AnalysisRequest& analysis)
{
    return request(AnalyseRequest{std::move(record), analysis});
}

RunId InferenceService::request(Request request)
{
    if (m_refusing)
        return 0;
    const RunId id = ++m_lastId;
    std::optional<Pending>& slot = waitingSlot(kindOf(request));
    // Whoever hears of the dropped one may ask again at once.
    while (slot)
        dropWaiting(slot);
    slot = Pending{id, std::move(request)};
    startNext();
    return id;
}

void InferenceService::dropWaiting(std::optional<Pending>& slot)
{
    if (!slot)
        return;
    const Pending dropped = std::move(*slot);
    slot.reset();
    Q_EMIT runFinished(dropped.id, cancelledBeforeStart(kindOf(dropped.request)));
}

void InferenceService::startNext()
{
    if (m_running || m_refusing)
        return;
    for (std::optional<Pending>& slot : m_waiting) {
        if (slot) {
            start(*std::exchange(slot, std::nullopt));
            return;
        }
    }
}

void InferenceService::start(Pending pending)
{
    const RequestKind kind = kindOf(pending.request);
    m_running = Running{pending.id, kind};
    m_stop = std::stop_source();
    m_mailbox->open(pending.id, tokenLimitOf(pending.request), stepLimitOf(pending.request));
    Q_EMIT runStarted(pending.id, pending.request);
    InferenceWorker* worker = m_worker;
    QMetaObject::invokeMethod(
        worker,
        [worker, id = pending.id, request = std::move(pending.request), stop = m_stop.get_token()] {
            worker->workerRun(id, request, stop);
        },
        Qt::QueuedConnection);
}

void InferenceService::cancel()
{
    for (const RequestKind kind : kRequestKinds)
        cancel(kind);
}

void InferenceService::cancel(RequestKind kind)
{
    dropWaiting(waitingSlot(kind));
    if (m_running && m_running->kind == kind)
        m_stop.request_stop();
}

void InferenceService::guiWake()
{
    if (m_drainTimer.isActive())
        return;
    const qint64 since = m_sinceDrain.isValid() ? m_sinceDrain.elapsed() : kDrainInterval.count();
    const qint64 wait = kDrainInterval.count() - since;
    if (wait <= 0)
        guiDrain();
    else
        m_drainTimer.start(static_cast<int>(wait));
}

void InferenceService::guiDrain()
{
    m_sinceDrain.start();
    const RunUpdate update = m_mailbox->take();
    if (m_running && update.id == m_running->id && !update.empty())
        Q_EMIT runUpdated(update);
}

void InferenceService::guiFinished(RunId id, const RunResult& result)
{
    if (!m_running || m_running->id != id)
        return;
    // What was streamed last must be seen before the end.
    m_drainTimer.stop();
    guiDrain();
    m_running.reset();
    Q_EMIT runFinished(id, result);
    startNext();
}

void InferenceService::close()
{
    if (m_refusing)
        return;
    m_refusing = true;
    cancel();
    m_thread->quit();
    m_closeTimer.start(kCloseLimit);
}

void InferenceService::guiThreadEnded()
{
    m_closeTimer.stop();
    if (m_closed)
        return;
    // The end of the last run lies before the end of its thread in this queue, unless the thread never got to it.
    if (const auto running = std::exchange(m_running, std::nullopt))
        Q_EMIT runFinished(running->id, cancelledBeforeStart(running->kind));
    m_closed = true;
    Q_EMIT closed();
}

}  // namespace armillary::app
