#include "app/analysis/analysis_service.h"

#include "analysis/record_analyses.h"
#include "app/giving_way.h"
#include "app/inference/model_match.h"

#include <QDeadlineTimer>
#include <QLoggingCategory>

#include <algorithm>
#include <utility>

namespace armillary::app {
namespace {

Q_LOGGING_CATEGORY(lcAnalysis, "armillary.analysis")

using widgets::AnalysisTicket;
using widgets::AnalysisWish;

}  // namespace

AnalysisService::AnalysisService(InferenceService& inference, const std::vector<AnalysisEntry>& modelAnalyses,
                                 QObject* parent)
    : AnalysisDesk(parent), m_inference(inference), m_entries(analysis::recordAnalyses())
{
    qRegisterMetaType<AnalysisOutcome>();
    m_entries.insert(m_entries.end(), modelAnalyses.begin(), modelAnalyses.end());
    for (Lane& lane : m_lanes) {
        lane.thread = new QThread;
        lane.thread->setObjectName(QStringLiteral("analysis"));
        // A hover waits for one analysis, which the first lane takes; the others work when an answer has set off many.
        if (&lane != &m_lanes.front())
            giveWay(*lane.thread);
        lane.worker = new AnalysisWorker;
        lane.worker->moveToThread(lane.thread);
        connect(lane.thread, &QThread::finished, lane.worker, &QObject::deleteLater);
        connect(lane.thread, &QThread::finished, this, &AnalysisService::threadEnded);
        connect(
            lane.worker, &AnalysisWorker::computed, this,
            [this, &lane](AnalysisTicket, const AnalysisOutcome& outcome) {
                const Running running = std::move(*lane.running);
                lane.running.reset();
                if (running.clock.hasExpired(kSlow.count()))
                    m_slow.insert(running.pending.wish.request.name);
                ended(running.pending, outcome);
            },
            Qt::QueuedConnection);
        lane.thread->start();
    }
    connect(&m_inference, &InferenceService::runFinished, this, &AnalysisService::modelEnded);
    connect(&m_inference, &InferenceService::runUpdated, this, [this](const RunUpdate& update) {
        if (m_onModel && update.id == m_modelRun && update.stage)
            Q_EMIT progressed(m_onModel->ticket, QString::fromStdString(update.stage->name), update.stage->done,
                              update.stage->total);
    });
    m_closeTimer.setSingleShot(true);
    connect(&m_closeTimer, &QTimer::timeout, this, [this] {
        qCWarning(lcAnalysis, "an analysis has not ended after %lld ms; leaving it behind",
                  static_cast<long long>(kCloseLimit.count()));
        m_closed = true;
        Q_EMIT closed();
    });
}

AnalysisService::~AnalysisService()
{
    const bool waited = m_closed;
    m_refusing = true;
    m_waiting.clear();
    for (Lane& lane : m_lanes) {
        lane.thread->disconnect(this);
        if (lane.running)
            lane.running->stop.request_stop();
        lane.thread->quit();
    }
    const QDeadlineTimer deadline(waited ? std::chrono::milliseconds(0) : kCloseLimit);
    for (Lane& lane : m_lanes) {
        if (lane.thread->wait(deadline))
            delete lane.thread;
        else
            qCWarning(lcAnalysis, "an analysis is still busy; it is left to the system");
    }
}

const AnalysisEntry* AnalysisService::entryOf(const std::string& name) const
{
    const auto found = std::find_if(m_entries.begin(), m_entries.end(),
                                    [&name](const AnalysisEntry& entry) { return entry.name == name; });
    return found == m_entries.end() ? nullptr : &*found;
}

QString AnalysisService::obstacle(const AnalysisWish& wish) const
{
    // Whoever hears that a wish was dropped and wishes again must not keep the window from closing.
    if (m_refusing)
        return tr("The window is closing.");
    const AnalysisEntry* entry = entryOf(wish.request.name);
    if (entry == nullptr)
        return tr("This program knows no analysis “%1”.").arg(QString::fromStdString(wish.request.name));
    if (!entry->needsModel || atHand(wish))
        return {};
    return modelObstacle(*entry, *wish.record, m_models.get());
}

std::shared_ptr<const AnalysisResult> AnalysisService::atHand(const AnalysisWish& wish) const
{
    const AnalysisEntry* entry = entryOf(wish.request.name);
    const auto run = m_memory.knownKeyOf(wish.record.get());
    if (entry == nullptr || run == 0)
        return nullptr;
    const AnalysisRequest exact = completed(*entry, wish.request);
    if (auto result = m_memory.find(run, exact))
        return result;
    if (!entry->needsModel)
        return nullptr;
    // Whoever wants the standard is served by what somebody chose to keep: always when no argument is named, and when naming
    // them all changes nothing but nothing can be computed either.
    const bool isStandard =
        wish.request.arguments.empty() || exact.arguments == completed(*entry, {entry->name, {}}).arguments;
    if (!isStandard ||
        (!wish.request.arguments.empty() && modelObstacle(*entry, *wish.record, m_models.get()).isEmpty()))
        return nullptr;
    return m_memory.findByName(run, entry->name);
}

AnalysisTicket AnalysisService::request(const AnalysisWish& wish)
{
    const AnalysisEntry* entry = entryOf(wish.request.name);
    Pending pending{++m_lastTicket, wish, entry != nullptr && entry->needsModel};
    // Entered now, while the record lives for sure.
    (void)m_memory.keyOf(wish.record);
    if (m_replaced.contains(wish.request.name))
        m_waiting.push_front(std::move(pending));
    else
        m_waiting.push_back(std::move(pending));
    // Not before this returns: whoever asks does not know the ticket yet.
    if (!std::exchange(m_startPending, true))
        QMetaObject::invokeMethod(
            this,
            [this] {
                m_startPending = false;
                m_replaced.clear();
                startNext();
                tellReading();
            },
            Qt::QueuedConnection);
    return m_lastTicket;
}

void AnalysisService::drop(AnalysisTicket ticket)
{
    for (Lane& lane : m_lanes) {
        if (lane.running && lane.running->pending.ticket == ticket) {
            m_replaced.insert(lane.running->pending.wish.request.name);
            lane.running->stop.request_stop();
            return;
        }
    }
    if (m_onModel && m_onModel->ticket == ticket) {
        m_replaced.insert(m_onModel->wish.request.name);
        m_inference.cancel(RequestKind::Analyse);
        return;
    }
    const auto found = std::find_if(m_waiting.begin(), m_waiting.end(),
                                    [ticket](const Pending& pending) { return pending.ticket == ticket; });
    if (found == m_waiting.end())
        return;
    m_replaced.insert(found->wish.request.name);
    m_waiting.erase(found);
    Q_EMIT dropped(ticket);
    Q_EMIT workChanged();
}

template <class Allowed>
std::optional<AnalysisService::Pending> AnalysisService::takeNext(Allowed allowed)
{
    const auto found = std::find_if(m_waiting.begin(), m_waiting.end(), [&](const Pending& pending) {
        return !m_parts.contains(pending.wish.record.get()) && allowed(pending);
    });
    if (found == m_waiting.end())
        return std::nullopt;
    Pending out = std::move(*found);
    m_waiting.erase(found);
    return out;
}

void AnalysisService::startNext()
{
    if (m_refusing) {
        while (!m_waiting.empty()) {
            const AnalysisTicket ticket = m_waiting.front().ticket;
            m_waiting.pop_front();
            Q_EMIT dropped(ticket);
        }
        return;
    }
    for (Lane& lane : m_lanes) {
        if (!lane.running)
            startOn(lane);
    }
    startModel();
}

void AnalysisService::tellReading()
{
    std::vector<AnalysisTicket> reading;
    for (const Pending& pending : m_waiting) {
        if (m_parts.contains(pending.wish.record.get()))
            reading.push_back(pending.ticket);
    }
    for (const AnalysisTicket ticket : reading)
        Q_EMIT progressed(ticket, tr("Reading the record"), 0, 0);
}

void AnalysisService::startOn(Lane& lane)
{
    const bool slowRuns = std::any_of(m_lanes.begin(), m_lanes.end(), [this](const Lane& each) {
        return each.running && (m_slow.contains(each.running->pending.wish.request.name) ||
                                each.running->clock.hasExpired(kSlow.count()));
    });
    auto next = takeNext([&](const Pending& pending) {
        return !pending.needsModel && !(slowRuns && m_slow.contains(pending.wish.request.name));
    });
    if (!next)
        return;
    lane.running = Running{std::move(*next), {}, {}};
    lane.running->clock.start();
    QMetaObject::invokeMethod(
        lane.worker,
        [worker = lane.worker, pending = lane.running->pending, stop = lane.running->stop.get_token()] {
            worker->compute(pending.ticket, pending.wish, stop);
        },
        Qt::QueuedConnection);
}

void AnalysisService::startModel()
{
    if (m_onModel)
        return;
    auto next = takeNext([](const Pending& pending) { return pending.needsModel; });
    if (!next)
        return;
    m_onModel = std::move(*next);
    m_modelRun = m_inference.nextId();
    if (m_inference.analyse(m_onModel->wish.record, m_onModel->wish.request) == 0) {
        const AnalysisTicket ticket = m_onModel->ticket;
        m_onModel.reset();
        Q_EMIT dropped(ticket);
    }
    Q_EMIT workChanged();
}

void AnalysisService::modelEnded(RunId id, const RunResult& result)
{
    if (!m_onModel || id != m_modelRun)
        return;
    const Pending pending = std::move(*m_onModel);
    m_onModel.reset();
    AnalysisOutcome outcome{result.analysis, result.error};
    if (!outcome.result && !outcome.error)
        outcome.error = Error{ErrorCode::Cancelled, "stopped on request"};
    if (outcome.result)
        Q_EMIT modelResultMade(pending.wish.record, outcome.result);
    ended(pending, outcome);
    Q_EMIT workChanged();
}

void AnalysisService::ended(const Pending& pending, const AnalysisOutcome& outcome)
{
    if (outcome.result) {
        const AnalysisEntry* entry = entryOf(pending.wish.request.name);
        if (entry != nullptr)
            m_memory.keep(m_memory.keyOf(pending.wish.record), completed(*entry, pending.wish.request), outcome.result);
        Q_EMIT finished(pending.ticket, outcome.result);
    } else if (outcome.error->code == ErrorCode::Cancelled) {
        Q_EMIT dropped(pending.ticket);
    } else {
        Q_EMIT failed(pending.ticket, QString::fromStdString(outcome.error->message));
    }
    startNext();
}

bool AnalysisService::isModelBusy() const
{
    return m_onModel ||
           std::any_of(m_waiting.begin(), m_waiting.end(), [](const Pending& pending) { return pending.needsModel; });
}

void AnalysisService::stopAll()
{
    const std::deque<Pending> waiting = std::exchange(m_waiting, {});
    for (Lane& lane : m_lanes) {
        if (lane.running)
            lane.running->stop.request_stop();
    }
    if (m_onModel)
        m_inference.cancel(RequestKind::Analyse);
    for (const Pending& pending : waiting)
        Q_EMIT dropped(pending.ticket);
    Q_EMIT workChanged();
}

void AnalysisService::setModels(std::shared_ptr<const ModelReport> report)
{
    m_models = std::move(report);
    Q_EMIT availabilityChanged();
}

void AnalysisService::nameRun(const std::shared_ptr<const RunRecord>& record, const QString& name, bool isWhole)
{
    m_memory.name(record, name);
    if (!isWhole)
        m_parts.insert(record.get());
}

void AnalysisService::setWhole(const std::shared_ptr<const RunRecord>& part,
                               const std::shared_ptr<const RunRecord>& whole)
{
    m_parts.erase(part.get());
    for (Pending& pending : m_waiting) {
        if (pending.wish.record == part)
            pending.wish.record = whole;
    }
    startNext();
}

void AnalysisService::setUnreadable(const std::shared_ptr<const RunRecord>& part, const QString& sentence)
{
    if (m_parts.erase(part.get()) == 0)
        return;
    std::vector<AnalysisTicket> waiting;
    std::erase_if(m_waiting, [&](const Pending& pending) {
        if (pending.wish.record != part)
            return false;
        waiting.push_back(pending.ticket);
        return true;
    });
    for (const AnalysisTicket ticket : waiting)
        Q_EMIT failed(ticket, sentence);
}

void AnalysisService::keepOfSession(const QString& name,
                                    const std::vector<std::shared_ptr<const AnalysisResult>>& results)
{
    m_memory.keepOfSession(name, results);
    if (!results.empty())
        Q_EMIT availabilityChanged();
}

void AnalysisService::forgetSession()
{
    m_memory.forgetSession();
}

bool AnalysisService::haveThreadsEnded() const
{
    return std::all_of(m_lanes.begin(), m_lanes.end(), [](const Lane& lane) { return lane.thread->isFinished(); });
}

void AnalysisService::close()
{
    if (m_refusing)
        return;
    stopAll();
    m_refusing = true;
    for (Lane& lane : m_lanes)
        lane.thread->quit();
    m_closeTimer.start(kCloseLimit);
}

void AnalysisService::threadEnded()
{
    if (m_closed || !haveThreadsEnded())
        return;
    m_closeTimer.stop();
    m_closed = true;
    Q_EMIT closed();
}

}  // namespace armillary::app
