// An analysis that needs nothing but a record: its line in the list and the function behind it. Folders of analyses give a
// vector of these; core/analysis joins them.
// Thread rule: the functions are pure; they may run on any thread.
#pragma once

#include "base/error.h"
#include "inspect/analysis_arguments.h"
#include "records/analysis.h"
#include "records/run_record.h"

#include <functional>
#include <stop_token>

namespace armillary::inspect {

struct RecordAnalysis {
    AnalysisEntry entry;
    // Fills numbers, tables, arrays and cautions; the request is filled in by the caller. Errors: InvalidInput (arguments, a
    // record that lacks what the entry needs), Cancelled.
    std::function<Result<AnalysisResult>(const RunRecord&, const AnalysisArguments&, const std::stop_token&)> run;
};

}  // namespace armillary::inspect
