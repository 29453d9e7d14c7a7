#include "app/inference/budget_service.h"

#include "app/giving_way.h"

#include <QDeadlineTimer>

#include <utility>

namespace armillary::app {
namespace {

constexpr int kCloseLimitMilliseconds = 3000;

}  // namespace

BudgetService::BudgetService(std::function<Question()> draft, QObject* parent)
    : QObject(parent), m_draft(std::move(draft))
{
    m_pause.setSingleShot(true);
    m_pause.setInterval(kPauseMilliseconds);
    connect(&m_pause, &QTimer::timeout, this, &BudgetService::count);
    m_thread = new QThread;
    m_thread->setObjectName(QStringLiteral("token budget"));
    giveWay(*m_thread);
    m_worker = new QObject;
    m_worker->moveToThread(m_thread);
    connect(m_thread, &QThread::finished, m_worker, &QObject::deleteLater);
    m_thread->start();
}

BudgetService::~BudgetService()
{
    ++*m_wanted;
    m_thread->quit();
    // A count takes milliseconds; one of a very long text may outlive the window.
    if (m_thread->wait(QDeadlineTimer(kCloseLimitMilliseconds)))
        delete m_thread;
}

void BudgetService::setBudgeter(std::shared_ptr<const TokenBudgeter> budgeter)
{
    m_budgeter = std::move(budgeter);
    refresh();
}

void BudgetService::refresh()
{
    if (m_budgeter) {
        m_pause.start();
        return;
    }
    m_pause.stop();
    ++*m_wanted;
    Q_EMIT counted(nullptr, {});
}

void BudgetService::count()
{
    const quint64 ticket = ++*m_wanted;
    auto question = std::make_shared<const Question>(m_draft());
    QMetaObject::invokeMethod(
        m_worker,
        [this, ticket, wanted = m_wanted, budgeter = m_budgeter, question = std::move(question)] {
            if (*wanted != ticket)
                return;
            auto made = budgeter->budget(*question);
            auto budget = made ? std::make_shared<const TokenBudget>(*made) : nullptr;
            const QString problem = made ? QString() : QString::fromStdString(made.error().message);
            // The service outlives its thread, or has raised the ticket.
            if (*wanted != ticket)
                return;
            QMetaObject::invokeMethod(
                this,
                [this, ticket, wanted, budget, problem] {
                    if (*wanted == ticket)
                        Q_EMIT counted(budget, problem);
                },
                Qt::QueuedConnection);
        },
        Qt::QueuedConnection);
}

}  // namespace armillary::app
