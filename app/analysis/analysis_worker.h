// One thread's side of the analyses of records: computes one at a time and says what came of it.
// Thread rule: lives in a thread of the AnalysisService after moveToThread; compute() runs there.
#pragma once

#include "base/error.h"
#include "widgets/analysis/analysis_desk.h"

#include <QObject>

#include <memory>
#include <optional>
#include <stop_token>

namespace armillary::app {

struct AnalysisOutcome {
    std::shared_ptr<const AnalysisResult> result;  // null with an error
    std::optional<Error> error;
};

class AnalysisWorker : public QObject {
    Q_OBJECT
public:
    void compute(widgets::AnalysisTicket ticket, const widgets::AnalysisWish& wish, const std::stop_token& stop);

Q_SIGNALS:
    void computed(armillary::widgets::AnalysisTicket ticket, const armillary::app::AnalysisOutcome& outcome);
};

}  // namespace armillary::app

Q_DECLARE_METATYPE(armillary::app::AnalysisOutcome)
