// Which words of the vocabulary lie nearest to the vectors of a run, image and world tokens above all, beside what noise of the same
// mean and covariance gives.
//
// The null and the search are core/embedding's; this brings the model's embedding table, a block of rows at a time.
// Thread rule: as the engine.
#pragma once

#include "base/error.h"
#include "base/run_control.h"
#include "embedding/nearest_words.h"
#include "inspect/analysis_arguments.h"
#include "pipeline/question_pipeline.h"
#include "records/analysis.h"
#include "records/run_record.h"

#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace armillary::study {

struct NearestWordsRequest {
    std::optional<TokenKind> kind;         // positions of this kind ...
    std::optional<std::int64_t> position;  // ... or this one alone
    std::int64_t layer = 0;                // 0: the vectors as they enter; l: the output of layer l - 1, L normed
    std::int64_t most = 256;               // positions, spread evenly over those of the kind
    embedding::NearestWordsOptions options;
};

struct NearestWordsOfRun {
    std::vector<std::int64_t> positions;  // [n]
    embedding::NearestWords words;
    std::int64_t left = 0;    // positions of the kind that were left out
    std::int64_t broken = 0;  // positions left out because they are not finite
    double error = 0;         // embedsError
};

// Errors: InvalidInput (as forcedSequence; no such kind, position or layer), Cancelled.
[[nodiscard]] Result<NearestWordsOfRun> nearestWords(pipeline::QuestionPipeline& pipeline, const RunRecord& record,
                                                     const NearestWordsRequest& request, RunObserver& observer,
                                                     const std::stop_token& stop);

[[nodiscard]] AnalysisEntry nearestWordsEntry();
[[nodiscard]] Result<AnalysisResult> nearestWordsResult(pipeline::QuestionPipeline& pipeline, const RunRecord& record,
                                                        const inspect::AnalysisArguments& arguments,
                                                        RunObserver& observer, const std::stop_token& stop);

}  // namespace armillary::study
