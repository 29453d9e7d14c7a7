// Relevancy of every position for one answer token: attention weighted by the gradient of the answer through all layers.
//
// Chefer et al. (2103.15679): A-bar_l = mean over heads of (dy/dA * A)+, R <- R + A-bar_l R. Only the answer's row of R is wanted, so
// it is carried from the top layer down: r <- r + r A-bar_l, r = e_i. dy/dA_h = (dy/dO_h) V_h^T comes from a backward pass layer by
// layer that keeps the layers' inputs and no map.
// Thread rule: as the engine.
#pragma once

#include "base/error.h"
#include "base/run_control.h"
#include "inspect/analysis_arguments.h"
#include "pipeline/question_pipeline.h"
#include "records/analysis.h"
#include "records/run_record.h"
#include "study/forced_pass.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <stop_token>

namespace armillary::study {

// The number whose gradient is taken.
enum class RelevancyTarget {
    Logit,           // l(t)
    Difference,      // l(t) - l(t')
    LogProbability,  // log p(t)
};

struct RelevancyRequest {
    std::int64_t index = 0;  // answer token
    RelevancyTarget target = RelevancyTarget::Logit;
    std::int64_t against = -1;  // t' of Difference; -1: the likeliest other token
};

struct Relevancy {
    std::int64_t token = 0;
    std::int64_t against = -1;  // -1 but for Difference
    std::int64_t position = 0;  // i: the row that the token was chosen from
    double value = 0;           // y
    at::Tensor relevance;       // [S+N] float32: row i of R without its starting identity; 0 behind row i
    at::Tensor byLayer;         // [L,S+N] what layer l added
    at::Tensor inputGradient;   // [rows,D] dy/d(input of layer 0), rows up to i (or the end of its image block)
    double error = 0;           // largest relativeError of a layer computed again
    double attentionError = 0;  // largest LayerBackward::attentionError
    RecomputationError run;
};

// Errors: InvalidInput (as forcedSequence; no such answer token or id), Cancelled.
[[nodiscard]] Result<Relevancy> relevancy(pipeline::QuestionPipeline& pipeline, const RunRecord& record,
                                          const RelevancyRequest& request, RunObserver& observer,
                                          const std::stop_token& stop);

[[nodiscard]] AnalysisEntry relevancyEntry();
[[nodiscard]] Result<AnalysisResult> relevancyResult(pipeline::QuestionPipeline& pipeline, const RunRecord& record,
                                                     const inspect::AnalysisArguments& arguments, RunObserver& observer,
                                                     const std::stop_token& stop);

}  // namespace armillary::study
