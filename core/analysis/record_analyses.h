// Every analysis that needs a record alone, by name: what the window, the terminal and scripts call.
// Thread rule: pure functions; may run on any thread, stop from any.
#pragma once

#include "base/error.h"
#include "records/analysis.h"
#include "records/run_record.h"

#include <stop_token>
#include <string>
#include <vector>

namespace armillary::analysis {

// In order of folders, then of sense. Names are unique.
[[nodiscard]] std::vector<AnalysisEntry> recordAnalyses();

// Errors: InvalidInput (no analysis of that name, wrong arguments, a record that lacks what is needed), OutOfMemory, Cancelled.
[[nodiscard]] Result<AnalysisResult> analyse(const RunRecord& record, const AnalysisRequest& request,
                                             const std::stop_token& stop);

}  // namespace armillary::analysis
