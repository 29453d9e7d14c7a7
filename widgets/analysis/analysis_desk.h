// Where panels ask for analyses of records. Who computes is not theirs to know: a thread of the window, the engine, a session that
// kept the result, or a test. Panels use it through AnalysisView.
// Thread rule: GUI thread; nothing here waits.
#pragma once

#include "records/analysis.h"
#include "records/run_record.h"

#include <QObject>
#include <QString>

#include <memory>
#include <vector>

namespace armillary::widgets {

using AnalysisTicket = quint64;

struct AnalysisWish {
    std::shared_ptr<const RunRecord> record;
    AnalysisRequest request;
};

class AnalysisDesk : public QObject {
    Q_OBJECT
public:
    using QObject::QObject;

    // Every analysis by name, those of records first.
    [[nodiscard]] virtual const std::vector<AnalysisEntry>& entries() const = 0;
    // Why `wish` cannot be computed now ("needs the models that made the run, none is loaded"); empty when it can. A result
    // at hand needs nothing.
    [[nodiscard]] virtual QString obstacle(const AnalysisWish& wish) const = 0;
    // A result that was computed before or that the session keeps; null if there is none.
    [[nodiscard]] virtual std::shared_ptr<const AnalysisResult> atHand(const AnalysisWish& wish) const = 0;
    // Puts the wish in line. Exactly one of finished, failed or dropped follows, never before this returns.
    [[nodiscard]] virtual AnalysisTicket request(const AnalysisWish& wish) = 0;
    // Takes it out of line or stops it; unknown tickets are no fault.
    virtual void drop(AnalysisTicket ticket) = 0;

Q_SIGNALS:
    // `total` 0: unknown.
    void progressed(armillary::widgets::AnalysisTicket ticket, const QString& stage, qint64 done, qint64 total);
    void finished(armillary::widgets::AnalysisTicket ticket,
                  const std::shared_ptr<const armillary::AnalysisResult>& result);
    void failed(armillary::widgets::AnalysisTicket ticket, const QString& sentence);
    void dropped(armillary::widgets::AnalysisTicket ticket);
    // Models came or went, or results were read from a session: what was impossible may be possible now.
    void availabilityChanged();
};

}  // namespace armillary::widgets
