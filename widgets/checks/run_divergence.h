// How far the next-token distributions of two runs are apart, token by token up to the first that differs (behind it they continue
// different texts), where both records hold logits. One token a turn of the event loop, because a vocabulary is large.
// Thread rule: GUI thread.
#pragma once

#include "records/run_record.h"

#include <QObject>
#include <QString>
#include <QTimer>

#include <memory>
#include <vector>

namespace armillary::widgets {

class RunDivergence : public QObject {
    Q_OBJECT
public:
    explicit RunDivergence(QObject* parent = nullptr);

    // Null records end it.
    void compare(const std::shared_ptr<const RunRecord>& a, const std::shared_ptr<const RunRecord>& b);
    // KL(A || B) in bits of each answer token so far.
    [[nodiscard]] const std::vector<double>& bits() const { return m_bits; }
    [[nodiscard]] bool isRunning() const { return m_turn.isActive(); }
    // Why there are no numbers; empty when there are, or nothing is compared.
    [[nodiscard]] const QString& problem() const { return m_problem; }

Q_SIGNALS:
    void changed();

private:
    void next();

    std::shared_ptr<const RunRecord> m_a;
    std::shared_ptr<const RunRecord> m_b;
    std::vector<double> m_bits;
    std::size_t m_wanted = 0;
    QString m_problem;
    QTimer m_turn;
};

}  // namespace armillary::widgets
