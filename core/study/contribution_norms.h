// Value-weighted attention: how long the vector is that each earlier position really puts into a row, not how much it is looked at.
//
// ||s * sum_h A_ij V_j W_O,h|| (2004.10102), s the frozen scale of Gemma's norm behind attention.
// Thread rule: as the engine.
#pragma once

#include "base/error.h"
#include "base/run_control.h"
#include "inspect/analysis_arguments.h"
#include "pipeline/question_pipeline.h"
#include "records/analysis.h"
#include "records/run_record.h"
#include "study/contribution_rows.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>
#include <stop_token>
#include <vector>

namespace armillary::study {

struct ContributionNorms {
    std::vector<std::int64_t> layers;  // [n]
    at::Tensor norms;                  // [n,S+N] float32; NaN where the row does not see the key
    at::Tensor attention;              // [n,S+N] mean over heads of the softmax weights; NaN likewise
    at::Tensor segmentNorms;           // [n,segments] length of the sum of a segment's vectors
    double error = 0;                  // largest relativeError of a layer's output
    RecomputationError run;
};

// Query row `position` at all layers, or at `layer` alone. Errors: InvalidInput (as forcedSequence; no such position or layer),
// Cancelled.
[[nodiscard]] Result<ContributionNorms> contributionNorms(pipeline::QuestionPipeline& pipeline, const RunRecord& record,
                                                          std::int64_t position, std::optional<std::int64_t> layer,
                                                          RunObserver& observer, const std::stop_token& stop);

[[nodiscard]] AnalysisEntry contributionNormsEntry();
[[nodiscard]] Result<AnalysisResult> contributionNormsResult(pipeline::QuestionPipeline& pipeline,
                                                             const RunRecord& record,
                                                             const inspect::AnalysisArguments& arguments,
                                                             RunObserver& observer, const std::stop_token& stop);

}  // namespace armillary::study
