// How surprised the model is by each text token of a run, and how that changes without the world tokens.
//
// Surprisal of the token at position p: -log2 of its probability given everything before it, read at row p - 1 of one forced
// pass. Image and world tokens have no target, so they have none.
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
#include <stop_token>
#include <vector>

namespace armillary::study {

struct SurprisalRows {
    std::vector<std::int64_t> rows;  // of the sequence: where the scored tokens stand, rising
    VocabularyReading reading;       // [rows], targets are those tokens
    RecomputationError error;
};

// Every token of `sequence` from row 1 on that has a target; with `answerOnly` those of the answer. Errors: Cancelled.
[[nodiscard]] Result<SurprisalRows> surprisalRows(const language::LanguageModel& model, const ForcedSequence& sequence,
                                                  bool answerOnly, std::int64_t top, const RunRecord& record,
                                                  RunObserver& observer, const std::stop_token& stop);

struct SurprisalChange {
    std::vector<std::int64_t> positions;  // in the record's sequence
    std::vector<double> withBits;
    std::vector<double> withoutBits;  // the same tokens forced, the world taken away
    RecomputationError error;         // of the pass with the world
};

// Errors: InvalidInput (as forcedSequence; no world tokens), Cancelled.
[[nodiscard]] Result<SurprisalChange> surprisalChange(pipeline::QuestionPipeline& pipeline, const RunRecord& record,
                                                      WorldAblation ablation, RunObserver& observer,
                                                      const std::stop_token& stop);

[[nodiscard]] AnalysisEntry surprisalEntry();
[[nodiscard]] Result<AnalysisResult> surprisal(pipeline::QuestionPipeline& pipeline, const RunRecord& record,
                                               const inspect::AnalysisArguments& arguments, RunObserver& observer,
                                               const std::stop_token& stop);
[[nodiscard]] AnalysisEntry surprisalChangeEntry();
[[nodiscard]] Result<AnalysisResult> surprisalChangeResult(pipeline::QuestionPipeline& pipeline,
                                                           const RunRecord& record,
                                                           const inspect::AnalysisArguments& arguments,
                                                           RunObserver& observer, const std::stop_token& stop);

}  // namespace armillary::study
