#include "widgets/run_pair.h"

#include <utility>

namespace armillary::widgets {

void RunPair::setA(PairedRun run)
{
    m_a = std::move(run);
    if (!isPair())
        m_side = PairSide::A;
    Q_EMIT changed();
}

void RunPair::setB(PairedRun run)
{
    m_b = std::move(run);
    if (!isPair())
        m_side = PairSide::A;
    Q_EMIT changed();
}

void RunPair::replaceRecord(const QString& id, const std::shared_ptr<const RunRecord>& record)
{
    bool any = false;
    for (PairedRun* run : {&m_a, &m_b}) {
        if (run->record && run->id == id) {
            run->record = record;
            any = true;
        }
    }
    if (any)
        Q_EMIT changed();
}

void RunPair::setSide(PairSide side)
{
    if (side == m_side || (side != PairSide::A && !isPair()))
        return;
    m_side = side;
    Q_EMIT changed();
}

void RunPair::clear()
{
    m_a = {};
    m_b = {};
    m_side = PairSide::A;
    Q_EMIT changed();
}

}  // namespace armillary::widgets
