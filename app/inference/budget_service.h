// Counts what the question that is being written will take, beside the interface and beside a running answer. The latest wish
// wins; a wish waits until the person pauses.
// Thread rule: GUI thread; the counting runs on a thread of its own.
#pragma once

#include "records/token_budget.h"

#include <QObject>
#include <QString>
#include <QThread>
#include <QTimer>

#include <atomic>
#include <functional>
#include <memory>

namespace armillary::app {

class BudgetService : public QObject {
    Q_OBJECT
public:
    static constexpr int kPauseMilliseconds = 180;

    // `draft` gives the question as it stands; asked on the GUI thread.
    explicit BudgetService(std::function<Question()> draft, QObject* parent = nullptr);
    ~BudgetService() override;

    // Of the models that are loaded now; null: none.
    void setBudgeter(std::shared_ptr<const TokenBudgeter> budgeter);
    [[nodiscard]] bool hasBudgeter() const { return m_budgeter != nullptr; }
    // Something that the account depends on has changed.
    void refresh();

Q_SIGNALS:
    // `problem`: why there is none. Both empty: no model is loaded.
    void counted(const std::shared_ptr<const armillary::TokenBudget>& budget, const QString& problem);

private:
    void count();

    std::function<Question()> m_draft;
    std::shared_ptr<const TokenBudgeter> m_budgeter;
    QTimer m_pause;
    QThread* m_thread = nullptr;
    QObject* m_worker = nullptr;  // deleted by its thread
    std::shared_ptr<std::atomic<quint64>> m_wanted = std::make_shared<std::atomic<quint64>>(0);
};

}  // namespace armillary::app
