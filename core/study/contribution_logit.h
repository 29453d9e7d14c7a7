// Direct contribution of every head, segment, MLP and of the input to the logit difference of an answer token (Elhage 2021).
//
// The residual stream is a sum: embedding + attention outputs + MLP outputs. With the final norm frozen, the difference of two
// logits is that sum along one direction, and the terms add up to it exactly but for rounding.
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
#include <stop_token>
#include <vector>

namespace armillary::study {

struct DirectContribution {
    std::int64_t token = 0;      // t
    std::int64_t against = 0;    // t'
    std::int64_t position = 0;   // the row that t was chosen from
    double logitDifference = 0;  // of the model's own logits: l(t) - l(t')
    double embedding = 0;        // term of the row's input
    at::Tensor attention;        // [L,H,segments] float32
    at::Tensor perKey;           // [position + 1 or more] float32: all layers and heads, by key
    at::Tensor mlp;              // [L] float32
    double sum = 0;              // of all terms
    double error = 0;            // largest relativeError of a layer's output
    RecomputationError run;

    [[nodiscard]] double closureError() const { return sum - logitDifference; }
};

// Answer token `index` against vocabulary id `against`; -1: the likeliest other token. Errors: InvalidInput (as forcedSequence; no
// such answer token or id), Cancelled.
[[nodiscard]] Result<DirectContribution> directContribution(pipeline::QuestionPipeline& pipeline,
                                                            const RunRecord& record, std::int64_t index,
                                                            std::int64_t against, RunObserver& observer,
                                                            const std::stop_token& stop);

[[nodiscard]] AnalysisEntry directContributionEntry();
[[nodiscard]] Result<AnalysisResult> directContributionResult(pipeline::QuestionPipeline& pipeline,
                                                              const RunRecord& record,
                                                              const inspect::AnalysisArguments& arguments,
                                                              RunObserver& observer, const std::stop_token& stop);

}  // namespace armillary::study
