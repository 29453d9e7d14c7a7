#include "window_support/direct_desk.h"

#include "analysis/record_analyses.h"

#include <algorithm>
#include <utility>

namespace armillary::test {

using widgets::AnalysisTicket;
using widgets::AnalysisWish;

DirectDesk::DirectDesk() : m_entries(analysis::recordAnalyses()) {}

void DirectDesk::give(AnalysisResult result)
{
    m_given.push_back(std::make_shared<const AnalysisResult>(std::move(result)));
    Q_EMIT availabilityChanged();
}

void DirectDesk::refuse(const std::string& name, const QString& sentence)
{
    m_refused[name] = sentence;
}

void DirectDesk::hold(bool held)
{
    m_held = held;
    if (!held)
        QMetaObject::invokeMethod(this, &DirectDesk::answerWaiting, Qt::QueuedConnection);
}

QString DirectDesk::obstacle(const AnalysisWish& wish) const
{
    const auto known = std::any_of(m_entries.begin(), m_entries.end(),
                                   [&wish](const AnalysisEntry& entry) { return entry.name == wish.request.name; });
    return known || m_refused.contains(wish.request.name) ? QString() : tr("This needs the models of the run.");
}

std::shared_ptr<const AnalysisResult> DirectDesk::atHand(const AnalysisWish& wish) const
{
    // The last one given counts.
    const auto found = std::find_if(m_given.rbegin(), m_given.rend(), [&wish](const auto& given) {
        return given->request.name == wish.request.name &&
               (given->request.arguments.empty() || given->request.arguments == wish.request.arguments);
    });
    return found == m_given.rend() ? nullptr : *found;
}

AnalysisTicket DirectDesk::request(const AnalysisWish& wish)
{
    m_requests.push_back(wish);
    m_waiting.push_back({++m_lastTicket, wish});
    QMetaObject::invokeMethod(this, &DirectDesk::answerWaiting, Qt::QueuedConnection);
    return m_lastTicket;
}

void DirectDesk::drop(AnalysisTicket ticket)
{
    if (m_waiting.remove_if([ticket](const Pending& pending) { return pending.ticket == ticket; }) > 0)
        Q_EMIT dropped(ticket);
}

void DirectDesk::answerWaiting()
{
    while (!m_held && !m_waiting.empty()) {
        const Pending next = std::move(m_waiting.front());
        m_waiting.pop_front();
        if (const auto refused = m_refused.find(next.wish.request.name); refused != m_refused.end()) {
            Q_EMIT failed(next.ticket, refused->second);
            continue;
        }
        auto result = analysis::analyse(*next.wish.record, next.wish.request, {});
        if (result)
            Q_EMIT finished(next.ticket, std::make_shared<const AnalysisResult>(std::move(*result)));
        else
            Q_EMIT failed(next.ticket, QString::fromStdString(result.error().message));
    }
}

}  // namespace armillary::test
