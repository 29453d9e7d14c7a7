#include "app/session/session_service.h"

#include "app/giving_way.h"

#include <QDeadlineTimer>
#include <QFileInfo>
#include <QLoggingCategory>
#include <QStandardPaths>

#include <algorithm>
#include <utility>

namespace armillary::app {
namespace {

Q_LOGGING_CATEGORY(lcSession, "armillary.session")

}  // namespace

SessionService::SessionService(const QString& ownFolder, QObject* parent) : QObject(parent)
{
    qRegisterMetaType<OpenedSession>();
    qRegisterMetaType<session::RunSummary>();
    m_thread = new QThread;
    m_thread->setObjectName(QStringLiteral("session"));
    giveWay(*m_thread);
    m_worker = new SessionWorker(ownFolder);
    m_worker->moveToThread(m_thread);
    connect(m_thread, &QThread::finished, m_worker, &QObject::deleteLater);
    connect(m_thread, &QThread::finished, this, &SessionService::threadEnded);

    const auto hand = [this](auto from, auto to) { connect(m_worker, from, this, to, Qt::QueuedConnection); };
    hand(&SessionWorker::jobEnded, &SessionService::ended);
    hand(&SessionWorker::appended, &SessionService::appended);
    hand(&SessionWorker::appendFailed, &SessionService::appendFailed);
    hand(&SessionWorker::keptRead, &SessionService::keptRead);
    hand(&SessionWorker::placesFound, &SessionService::placesFound);
    hand(&SessionWorker::exported, &SessionService::exported);
    hand(&SessionWorker::warned, &SessionService::warned);
    hand(&SessionWorker::failed, &SessionService::failed);
    hand(&SessionWorker::openFailed, &SessionService::failed);
    hand(&SessionWorker::readFailed, [this](quint64 ticket, const QString& id, const QString& sentence) {
        if (!wasTakenBack(ticket, id))
            Q_EMIT readFailed(ticket, id, sentence);
    });
    hand(&SessionWorker::restRead, [this](quint64 ticket, const QString& id, const RecordPtr& record) {
        if (!wasTakenBack(ticket, id))
            Q_EMIT restRead(ticket, id, record);
    });
    hand(&SessionWorker::moved, [this](const QString& path) {
        m_path = path;
        Q_EMIT moved(path);
    });
    hand(&SessionWorker::opened, [this](const OpenedSession& session) {
        m_path = session.path;
        Q_EMIT opened(session);
        post(Urgency::Places, [](SessionWorker& worker, const std::stop_token& stop) { worker.findPlaces(stop); });
    });
    hand(&SessionWorker::partRead, [this](quint64 ticket, const QString& id, const RecordPtr& record, bool isWhole) {
        if (wasTakenBack(ticket, id))
            return;
        post(Urgency::Keep, [id](SessionWorker& worker, const std::stop_token&) { worker.readKept(id); });
        if (!isWhole)
            post(
                Urgency::Rest,
                [=](SessionWorker& worker, const std::stop_token& stop) { worker.readRest(ticket, id, record, stop); },
                ticket, id);
        Q_EMIT partRead(ticket, id, record, isWhole);
    });

    m_closeTimer.setSingleShot(true);
    connect(&m_closeTimer, &QTimer::timeout, this, [this] {
        qCWarning(lcSession, "the session's files are still being written after %lld ms; leaving that behind",
                  static_cast<long long>(kCloseLimit.count()));
        m_closed = true;
        Q_EMIT closed();
    });
    m_thread->start();
    post(Urgency::Places, [](SessionWorker& worker, const std::stop_token&) { worker.sweep(); });
}

SessionService::~SessionService()
{
    const bool waited = m_closed && !m_ended;
    close();
    // Nobody turns the event loop any more that would hand the worker one job after another. The last one ends the thread, and the
    // thread its worker: who has handed that over does not touch the worker again.
    for (Job& job : m_waiting)
        QMetaObject::invokeMethod(
            m_worker, [worker = m_worker, work = std::move(job.work)] { work(*worker, {}); }, Qt::QueuedConnection);
    m_waiting.clear();
    m_thread->disconnect(this);
    if (m_thread->wait(QDeadlineTimer(waited ? std::chrono::milliseconds(0) : kCloseLimit)))
        delete m_thread;
    else
        qCWarning(lcSession, "the session's files are still being written; that is left to the system");
}

QString SessionService::defaultFolder()
{
    return QStandardPaths::writableLocation(QStandardPaths::AppDataLocation) + QStringLiteral("/sessions");
}

bool SessionService::isSession(const QString& path)
{
    const QFileInfo info(path);
    if (info.fileName() == QLatin1String("session.json"))
        return info.isFile();
    return info.isDir() &&
           (info.suffix() == QLatin1String("armillary") || QFileInfo::exists(path + QStringLiteral("/session.json")));
}

void SessionService::post(Urgency urgency, Work work, quint64 ticket, const QString& runId)
{
    if (m_refusing)
        return;
    m_waiting.push_back({urgency, ticket, runId, std::move(work)});
    startNext();
}

void SessionService::startNext()
{
    if (m_running || m_waiting.empty())
        return;
    const auto next = std::min_element(m_waiting.begin(), m_waiting.end(),
                                       [](const Job& a, const Job& b) { return a.urgency < b.urgency; });
    m_running = std::move(*next);
    m_waiting.erase(next);
    m_stop = std::stop_source();
    QMetaObject::invokeMethod(
        m_worker,
        [worker = m_worker, work = std::move(m_running->work), stop = m_stop.get_token()] {
            work(*worker, stop);
            Q_EMIT worker->jobEnded();
        },
        Qt::QueuedConnection);
}

void SessionService::ended()
{
    m_running.reset();
    startNext();
}

bool SessionService::wasTakenBack(quint64 ticket, const QString& id)
{
    if (m_takenBack.erase(ticket) == 0)
        return false;
    Q_EMIT readFailed(ticket, id, {});
    return true;
}

void SessionService::finishJobs()
{
    std::deque<Job> kept;
    std::vector<Job> dropped;
    for (Job& job : m_waiting) {
        if (job.urgency == Urgency::InOrder || job.urgency == Urgency::State || job.urgency == Urgency::Keep) {
            job.urgency = Urgency::InOrder;
            kept.push_back(std::move(job));
        } else if (job.ticket != 0) {
            dropped.push_back(std::move(job));
        }
    }
    m_waiting = std::move(kept);
    if (m_running && m_running->urgency >= Urgency::Show && m_running->urgency != Urgency::Keep)
        m_stop.request_stop();
    for (const Job& job : dropped)
        Q_EMIT readFailed(job.ticket, job.runId, {});
}

void SessionService::openNew()
{
    finishJobs();
    post(Urgency::InOrder, [](SessionWorker& worker, const std::stop_token&) { worker.openNew(); });
}

void SessionService::open(const QString& path)
{
    finishJobs();
    post(Urgency::InOrder, [path](SessionWorker& worker, const std::stop_token&) { worker.open(path); });
}

void SessionService::saveAs(const QString& path)
{
    post(Urgency::InOrder, [path](SessionWorker& worker, const std::stop_token& stop) { worker.saveAs(path, stop); });
}

QString SessionService::append(const RecordPtr& record)
{
    const QString name = QStringLiteral("new-%1").arg(++m_lastName);
    post(Urgency::InOrder,
         [name, record](SessionWorker& worker, const std::stop_token&) { worker.append(name, record); });
    return name;
}

quint64 SessionService::read(const QString& id)
{
    const quint64 ticket = ++m_lastTicket;
    post(
        Urgency::Show,
        [ticket, id](SessionWorker& worker, const std::stop_token& stop) { worker.read(ticket, id, stop); }, ticket,
        id);
    return ticket;
}

void SessionService::cancelRead(quint64 ticket)
{
    if (ticket == 0)
        return;
    if (m_running && m_running->ticket == ticket) {
        m_stop.request_stop();
        // It may be done already, and what it tells on its way.
        m_takenBack.insert(ticket);
    }
    const auto found =
        std::find_if(m_waiting.begin(), m_waiting.end(), [ticket](const Job& job) { return job.ticket == ticket; });
    if (found == m_waiting.end())
        return;
    const QString runId = found->runId;
    m_waiting.erase(found);
    Q_EMIT readFailed(ticket, runId, {});
}

void SessionService::keepAnalysis(const QString& id, const std::shared_ptr<const AnalysisResult>& result)
{
    post(Urgency::Keep, [=](SessionWorker& worker, const std::stop_token&) { worker.keepAnalysis(id, result); });
}

void SessionService::noteState(const session::SessionState& state)
{
    if (m_refusing)
        return;
    // Every move of a selection notes a state; only the last one matters.
    std::erase_if(m_waiting, [](const Job& job) { return job.urgency == Urgency::State; });
    post(Urgency::State, [state](SessionWorker& worker, const std::stop_token&) { worker.noteState(state); });
}

void SessionService::exportRun(const QString& id, const QString& path)
{
    post(Urgency::Keep, [=](SessionWorker& worker, const std::stop_token&) { worker.exportRun(id, path); });
}

void SessionService::release(RecordPtr record)
{
    if (m_refusing)
        return;
    QMetaObject::invokeMethod(
        m_worker, [record = std::move(record)] {}, Qt::QueuedConnection);
}

void SessionService::close()
{
    if (m_refusing)
        return;
    finishJobs();
    post(Urgency::InOrder, [](SessionWorker& worker, const std::stop_token&) { worker.flush(); });
    post(Urgency::InOrder, [thread = m_thread](SessionWorker&, const std::stop_token&) { thread->quit(); });
    m_refusing = true;
    m_closeTimer.start(kCloseLimit);
}

void SessionService::threadEnded()
{
    m_closeTimer.stop();
    m_ended = true;
    if (std::exchange(m_closed, true))
        return;
    Q_EMIT closed();
}

}  // namespace armillary::app
