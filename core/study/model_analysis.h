// An analysis that needs the loaded models: its line in the list and the function behind it. Folders of such analyses give a
// vector of these; engine/model_analyses joins them.
// Thread rule: as the engine.
#pragma once

#include "base/error.h"
#include "base/run_control.h"
#include "inspect/analysis_arguments.h"
#include "pipeline/question_pipeline.h"
#include "records/analysis.h"
#include "records/run_record.h"

#include <functional>
#include <stop_token>
#include <vector>

namespace armillary::study {

struct ModelAnalysis {
    AnalysisEntry entry;
    // `record` is a finished run of the loaded models with its media; what it lacks is computed again from its question.
    // Fills all but the request. Errors: InvalidInput, Cancelled.
    std::function<Result<AnalysisResult>(pipeline::QuestionPipeline&, const RunRecord& record,
                                         const inspect::AnalysisArguments&, RunObserver&, const std::stop_token&)>
        run;
};

}  // namespace armillary::study
