// Two runs to compare, A and B, and which side every panel shows: A, B, or A minus B.
// Thread rule: GUI thread; the records are immutable.
#pragma once

#include "records/run_record.h"

#include <QObject>
#include <QString>

#include <memory>

namespace armillary::widgets {

enum class PairSide { A, B, Difference };

struct PairedRun {
    std::shared_ptr<const RunRecord> record;  // null: none chosen
    QString id;                               // in the run list
    QString title;
};

class RunPair : public QObject {
    Q_OBJECT
public:
    using QObject::QObject;

    [[nodiscard]] const PairedRun& a() const { return m_a; }
    [[nodiscard]] const PairedRun& b() const { return m_b; }
    [[nodiscard]] PairSide side() const { return m_side; }
    // Both runs are there.
    [[nodiscard]] bool isPair() const { return m_a.record && m_b.record; }
    // The run whose tokens are shown: B on side B, A otherwise.
    [[nodiscard]] const PairedRun& shown() const { return m_side == PairSide::B ? m_b : m_a; }
    // What a difference takes away; null unless the difference is shown.
    [[nodiscard]] std::shared_ptr<const RunRecord> subtracted() const
    {
        return m_side == PairSide::Difference ? m_b.record : nullptr;
    }

    // Another A shows A again when B or the difference has no sense any more.
    void setA(PairedRun run);
    void setB(PairedRun run);
    // The same run as A or B with more of its tensors read.
    void replaceRecord(const QString& id, const std::shared_ptr<const RunRecord>& record);
    void setSide(PairSide side);  // ignored without a pair, but for A
    void clear();

Q_SIGNALS:
    void changed();

private:
    PairedRun m_a;
    PairedRun m_b;
    PairSide m_side = PairSide::A;
};

}  // namespace armillary::widgets
