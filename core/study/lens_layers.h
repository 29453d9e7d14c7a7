// The logit lens: hidden states of any layer and position, image and world tokens too, read as words.
//
// softmax(W_U norm(h_l)) with the model's final norm (nostalgebraist 2020; on image tokens 2410.07149). The state behind the last
// layer is read as the model reads it, normed once.
// Thread rule: as the engine.
#pragma once

#include "base/error.h"
#include "base/run_control.h"
#include "inspect/analysis_arguments.h"
#include "pipeline/question_pipeline.h"
#include "records/analysis.h"
#include "records/run_record.h"
#include "study/forced_pass.h"
#include "study/lens_vocabulary.h"

#include <cstdint>
#include <optional>
#include <stop_token>
#include <vector>

namespace armillary::study {

struct LensReading {
    std::vector<std::int64_t> layers;     // [n] 0: input of layer 0; l: output of layer l - 1
    std::vector<std::int64_t> positions;  // [n]
    std::vector<std::int64_t> targets;    // [n] the token whose probability is followed; -1 for none
    VocabularyReading reading;            // [n]
    RecomputationError error;
};

// Position `position` of prompt and answer at all layers [0, L], or at `layer` alone. `target` -1: the token that stands next.
// Errors: InvalidInput (as forcedSequence; no such position, layer or token), Cancelled.
[[nodiscard]] Result<LensReading> lensOfPosition(pipeline::QuestionPipeline& pipeline, const RunRecord& record,
                                                 std::int64_t position, std::optional<std::int64_t> layer,
                                                 std::int64_t target, std::int64_t top, RunObserver& observer,
                                                 const std::stop_token& stop);
// Every position at one layer, each followed by its next token (or `target`). Errors: as above.
[[nodiscard]] Result<LensReading> lensOfLayer(pipeline::QuestionPipeline& pipeline, const RunRecord& record,
                                              std::int64_t layer, std::int64_t target, std::int64_t top,
                                              RunObserver& observer, const std::stop_token& stop);

[[nodiscard]] AnalysisEntry logitLensEntry();
[[nodiscard]] Result<AnalysisResult> logitLens(pipeline::QuestionPipeline& pipeline, const RunRecord& record,
                                               const inspect::AnalysisArguments& arguments, RunObserver& observer,
                                               const std::stop_token& stop);

}  // namespace armillary::study
