// What SigLIP's patches look at, in any layer and head of its tower, for a picture of a run.
//
// The tower runs once more with its own kernel; the maps of one layer are recomputed from its input, a block of query patches at a
// time (all heads of Gemma's tower would take a gigabyte a layer), and their mix of values is compared with the kernel's.
// Thread rule: as the engine.
#pragma once

#include "base/error.h"
#include "base/run_control.h"
#include "inspect/analysis_arguments.h"
#include "pipeline/question_pipeline.h"
#include "records/analysis.h"
#include "records/run_record.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>
#include <stop_token>
#include <vector>

namespace armillary::study {

struct VisionAttentionRequest {
    std::int32_t media = 0;
    std::int64_t crop = 0;  // 0: the whole picture; pan-and-scan crops from 1
    std::int64_t layer = 0;
    std::int64_t head = -1;  // -1: the mean of all heads
    bool byToken = false;    // the query is an image token, the mean of the patches it is pooled from; else a patch
    std::int64_t row = -1;   // of the query in its grid; -1: no query
    std::int64_t column = -1;
    std::int64_t blockRows = 0;  // query patches at a time; 0: as many as 64 MB hold
};

// Tensors are float32 on the CPU; h, w are rows and columns of patches, m, n of image tokens.
struct VisionAttention {
    at::Tensor received;         // [h,w] mean over all queries of the weight on each patch; uniform: 1 / (h w)
    at::Tensor entropyBits;      // [h,w] of each query patch's row; averaged over heads
    at::Tensor map;              // [h,w] the query's row; undefined without a query
    at::Tensor tokenMap;         // [m,n] the same, summed over each token's patches
    at::Tensor headEntropyBits;  // [heads looked at] mean over queries
    at::Tensor headReceived;     // [heads looked at] largest weight that a patch gets on average
    std::vector<std::int64_t> heads;
    double error = 0;  // largest |A V - the kernel's output|, relative to the largest |value| of the latter
    std::optional<double> runError;  // of the tower's last state against the record's, where it holds one
};

// Errors: InvalidInput (a record of other models or without its media; no such picture, crop, layer, head or cell), Cancelled.
[[nodiscard]] Result<VisionAttention> visionAttention(pipeline::QuestionPipeline& pipeline, const RunRecord& record,
                                                      const VisionAttentionRequest& request, RunObserver& observer,
                                                      const std::stop_token& stop);

[[nodiscard]] AnalysisEntry visionAttentionEntry();
[[nodiscard]] Result<AnalysisResult> visionAttentionResult(pipeline::QuestionPipeline& pipeline,
                                                           const RunRecord& record,
                                                           const inspect::AnalysisArguments& arguments,
                                                           RunObserver& observer, const std::stop_token& stop);

}  // namespace armillary::study
