#include "app/analysis/analysis_worker.h"

#include "analysis/record_analyses.h"

#include <utility>

namespace armillary::app {

void AnalysisWorker::compute(widgets::AnalysisTicket ticket, const widgets::AnalysisWish& wish,
                             const std::stop_token& stop)
{
    AnalysisOutcome outcome;
    if (stop.stop_requested()) {
        outcome.error = Error{ErrorCode::Cancelled, "stopped on request"};
    } else if (auto result = analysis::analyse(*wish.record, wish.request, stop)) {
        outcome.result = std::make_shared<const AnalysisResult>(std::move(*result));
    } else {
        outcome.error = result.error();
    }
    Q_EMIT computed(ticket, outcome);
}

}  // namespace armillary::app
