#include "app/analysis_service.h"

#include "analysis/record_analyses.h"

#include <algorithm>
#include <utility>

namespace armillary::app {
namespace {

using widgets::AnalysisTicket;
using widgets::AnalysisWish;

bool same(const AnalysisWish& a, const AnalysisWish& b)
{
    return a.record == b.record && a.request.name == b.request.name && a.request.arguments == b.request.arguments;
}

std::int64_t bytesOf(const AnalysisResult& result)
{
    std::int64_t bytes = 0;
    for (const auto& [name, array] : result.arrays)
        bytes += array.values.elementCount() * elementBytes(array.values.type);
    return bytes;
}

}  // namespace

AnalysisService::AnalysisService(QObject* parent)
    : AnalysisDesk(parent), m_entries(analysis::recordAnalyses()), m_worker(new QObject)
{
    m_thread.setObjectName(QStringLiteral("analysis"));
    m_worker->moveToThread(&m_thread);
    connect(&m_thread, &QThread::finished, m_worker, &QObject::deleteLater);
    m_thread.start();
}

AnalysisService::~AnalysisService()
{
    m_waiting.clear();
    m_stop.request_stop();
    m_thread.quit();
    m_thread.wait();
}

QString AnalysisService::obstacle(const AnalysisWish& wish) const
{
    const auto known = std::any_of(m_entries.begin(), m_entries.end(),
                                   [&wish](const AnalysisEntry& entry) { return entry.name == wish.request.name; });
    return known ? QString() : tr("This needs the models of the run.");
}

std::shared_ptr<const AnalysisResult> AnalysisService::atHand(const AnalysisWish& wish) const
{
    const auto found =
        std::find_if(m_kept.begin(), m_kept.end(), [&wish](const Kept& kept) { return same(kept.wish, wish); });
    if (found == m_kept.end())
        return nullptr;
    m_kept.splice(m_kept.begin(), m_kept, found);
    return m_kept.front().result;
}

AnalysisTicket AnalysisService::request(const AnalysisWish& wish)
{
    m_waiting.push_back({++m_lastTicket, wish});
    // Not before this returns: whoever asks does not know the ticket yet.
    QMetaObject::invokeMethod(this, &AnalysisService::startNext, Qt::QueuedConnection);
    return m_lastTicket;
}

void AnalysisService::drop(AnalysisTicket ticket)
{
    if (m_running && m_running->ticket == ticket) {
        m_stop.request_stop();
        return;
    }
    const auto found = std::find_if(m_waiting.begin(), m_waiting.end(),
                                    [ticket](const Pending& pending) { return pending.ticket == ticket; });
    if (found == m_waiting.end())
        return;
    m_waiting.erase(found);
    Q_EMIT dropped(ticket);
}

void AnalysisService::startNext()
{
    if (m_running || m_waiting.empty())
        return;
    m_running = std::move(m_waiting.front());
    m_waiting.pop_front();
    m_stop = std::stop_source();
    QMetaObject::invokeMethod(
        m_worker,
        [this, pending = *m_running, stop = m_stop.get_token()] {
            const Outcome outcome =
                analysis::analyse(*pending.wish.record, pending.wish.request, stop).map([](AnalysisResult result) {
                    return std::make_shared<const AnalysisResult>(std::move(result));
                });
            QMetaObject::invokeMethod(
                this, [this, ticket = pending.ticket, outcome] { ended(ticket, outcome); }, Qt::QueuedConnection);
        },
        Qt::QueuedConnection);
}

void AnalysisService::ended(AnalysisTicket ticket, const Outcome& outcome)
{
    const Pending pending = std::move(*m_running);
    m_running.reset();
    if (outcome) {
        keep(pending.wish, *outcome);
        Q_EMIT finished(ticket, *outcome);
    } else if (outcome.error().code == ErrorCode::Cancelled) {
        Q_EMIT dropped(ticket);
    } else {
        Q_EMIT failed(ticket, QString::fromStdString(outcome.error().message));
    }
    startNext();
}

void AnalysisService::keep(const AnalysisWish& wish, std::shared_ptr<const AnalysisResult> result)
{
    const std::int64_t bytes = bytesOf(*result);
    m_kept.push_front({wish, std::move(result), bytes});
    m_keptBytes += bytes;
    while (m_keptBytes > kKeptBytes && m_kept.size() > 1) {
        m_keptBytes -= m_kept.back().bytes;
        m_kept.pop_back();
    }
}

}  // namespace armillary::app
