// Every analysis that needs the loaded models, by name: lenses, relevancy, interventions, comparison, verification.
// Thread rule: as the engine.
#pragma once

#include "base/error.h"
#include "base/run_control.h"
#include "pipeline/question_pipeline.h"
#include "records/analysis.h"
#include "records/run_record.h"

#include <stop_token>
#include <vector>

namespace armillary::engine {

[[nodiscard]] std::vector<AnalysisEntry> modelAnalyses();

// Errors: InvalidInput (no analysis of that name, wrong arguments, a record of other models or without its media), Cancelled.
[[nodiscard]] Result<AnalysisResult> analyse(pipeline::QuestionPipeline& pipeline, const RunRecord& record,
                                             const AnalysisRequest& request, RunObserver& observer,
                                             const std::stop_token& stop);

}  // namespace armillary::engine
