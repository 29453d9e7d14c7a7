// A finished run once more in one pass, its answer forced: what lenses, surprisal, contributions and relevancy read.
//
// The pass has keys and values of its own; the conversation's stay as they are.
// Thread rule: as the engine.
#pragma once

#include "base/error.h"
#include "base/run_control.h"
#include "language/kv_cache.h"
#include "language/language_model.h"
#include "pipeline/prepared_prompt.h"
#include "pipeline/question_pipeline.h"
#include "records/analysis.h"
#include "records/run_record.h"
#include "records/token_layout.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

namespace armillary::study {

// Prompt and answer as one sequence of S + N rows.
struct ForcedSequence {
    at::Tensor embeds;                    // [S+N,D]
    language::ImageBlocks blocks;         // positions that see each other both ways
    std::int64_t promptRows = 0;          // S
    std::vector<std::int64_t> targets;    // [S+N] vocabulary id that stands there; -1: none (image, world)
    std::vector<TokenKind> kinds;         // [S+N]
    std::vector<std::string> pieces;      // [S+N] the tokenizer's names
    std::vector<std::int64_t> positions;  // [S+N] where each row stands in the record's sequence
    std::vector<std::int64_t> worldRows;  // rows that hold world tokens
    std::int64_t vocabularyRows = 0;      // as PromptPlan's

    [[nodiscard]] std::int64_t rows() const { return static_cast<std::int64_t>(targets.size()); }
    [[nodiscard]] std::int64_t answerRows() const { return rows() - promptRows; }
};

// Nothing, or InvalidInput with why `record` is no run of the models that are loaded.
[[nodiscard]] Result<void> checkModels(const pipeline::LoadedModels& models, const RunRecord& record);

// The sequence of `record`. Errors: InvalidInput (a record of other models, without its media, or of no question), Cancelled.
[[nodiscard]] Result<ForcedSequence> forcedSequence(pipeline::QuestionPipeline& pipeline, const RunRecord& record,
                                                    RunObserver& observer, const std::stop_token& stop);

enum class WorldAblation {
    Zeroed,   // rows of zeros in their slots: positions stay
    Removed,  // rows taken out: later positions shift, brackets stay
};

// `sequence` without what its world tokens say. Errors: InvalidInput (no world tokens).
[[nodiscard]] Result<ForcedSequence> withoutWorld(const ForcedSequence& sequence, WorldAblation ablation);

// The first `rows` rows, and as many more as an image block that they cut into has: what those rows can depend on.
[[nodiscard]] ForcedSequence firstRows(const ForcedSequence& sequence, std::int64_t rows);

// Which layer inputs a pass keeps.
struct KeptInputs {
    bool everyRow = false;
    std::vector<std::int64_t> rows;  // unless everyRow; empty: none
    std::int64_t layer = -1;         // one layer alone; -1: all
};

struct ForcedPass {
    at::Tensor hidden;               // [S+N,D] after the final norm
    language::KvCache cache;         // keys and values of this pass
    std::vector<at::Tensor> inputs;  // [L] of [rows kept,D]: the input of each layer; undefined where not kept
};

// Stage "Prefill". Errors: Cancelled.
[[nodiscard]] Result<ForcedPass> forcedPass(const language::LanguageModel& model, const ForcedSequence& sequence,
                                            const KeptInputs& kept, RunObserver& observer, const std::stop_token& stop);

// How far a forced pass is from the run it repeats: the run decoded token by token, and the pass is one block. A shortened
// sequence is compared as far as it goes.
struct RecomputationError {
    double probability = 0;  // largest |difference| of a generated token's probability; NaN without generated tokens
    double logit = 0;        // largest |difference| of a logit; NaN when the record holds no logits
    double embeds = 0;       // largest |difference| of an image or world row from the record's; NaN without them
};

[[nodiscard]] RecomputationError recomputationError(const language::LanguageModel& model,
                                                    const ForcedSequence& sequence, const ForcedPass& pass,
                                                    const RunRecord& record);
// Of image and world rows alone, before any pass.
[[nodiscard]] double embedsError(const ForcedSequence& sequence, const RunRecord& record);
// The error as numbers of a result, with a caution where there is none.
void addError(const RecomputationError& error, AnalysisResult& result);

}  // namespace armillary::study
