// Changes to the world or image tokens of a fused prompt: the ablations that show whether their content, their arrangement or
// their mere presence matters.
// Thread rule: as the engine; the prompt that is changed stays as it is.
#pragma once

#include "base/error.h"
#include "base/run_control.h"
#include "intervention/forced_answer.h"
#include "pipeline/question_pipeline.h"
#include "records/question.h"
#include "records/run_record.h"
#include "records/token_layout.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace armillary::intervention {

enum class InterventionKind {
    Zeroed,           // every row 0
    Averaged,         // every row the mean of the rows
    ShuffledInSpace,  // one permutation of the cells of a latent frame or picture, the same in each frame
    ShuffledInTime,   // latent frames in another order, each cell in its place
    Swapped,          // the rows that another picture gives
    Noise,            // Gaussian rows of the rows' own mean and spread
    Removed,          // the rows taken out: everything after them moves up
};

[[nodiscard]] std::string_view interventionName(InterventionKind kind);
[[nodiscard]] const std::vector<InterventionKind>& allInterventions();

// Spread of InterventionKind::Noise.
enum class NoiseSpread { Covariance, PerDimension };

struct Intervention {
    InterventionKind kind = InterventionKind::Zeroed;
    TokenKind tokens = TokenKind::World;  // or Image
    std::uint64_t seed = 0;
    NoiseSpread spread = NoiseSpread::Covariance;
    at::Tensor otherRows;  // of Swapped: as many rows as the tokens have
};

struct IntervenedPrompt {
    PromptRows rows;
    std::int64_t firstChanged = 0;  // rows before it are the true ones
    std::vector<std::string> cautions;
};

// Errors: InvalidInput (the prompt has no such tokens, or they cannot be changed this way; the sentence says why).
[[nodiscard]] Result<IntervenedPrompt> intervene(const pipeline::PreparedPrompt& prompt,
                                                 const Intervention& intervention);

// Rows of a fused prompt that hold `tokens`.
[[nodiscard]] std::vector<std::int64_t> rowsOf(const TokenLayout& layout, TokenKind tokens);

// The rows that `question` would have in place of its `tokens` with another picture: "mirror" (each picture mirrored left to
// right) or the index of one of its media. Errors: InvalidInput (no such picture, another number of tokens), those of prepare.
[[nodiscard]] Result<at::Tensor> otherRows(pipeline::QuestionPipeline& pipeline, const Question& question,
                                           TokenKind tokens, const std::string& other, RunObserver& observer,
                                           const std::stop_token& stop);

struct InterventionOptions {
    TokenKind tokens = TokenKind::World;
    std::vector<InterventionKind> kinds = allInterventions();
    std::uint64_t seed = 0;
    NoiseSpread spread = NoiseSpread::Covariance;
    std::string other = "mirror";
    bool regenerate = false;         // also ask each changed prompt for its own greedy answer
    std::int64_t answerTokens = 64;  // at most so many tokens of the answer are forced
};

struct InterventionRow {
    InterventionKind kind = InterventionKind::Zeroed;
    std::string reason;  // why it could not be done; then nothing below holds
    AnswerEffect effect;
    std::int64_t promptLength = 0;
    std::int64_t computedRows = 0;
    std::optional<std::string> answer;  // with regenerate
    bool isAnswerDifferent = false;
    std::vector<std::string> cautions;
};

struct InterventionStudy {
    std::vector<std::int64_t> answer;
    std::string answerText;  // of those ids
    std::string greedyText;  // what the true prompt answers greedily; with regenerate
    std::vector<InterventionRow> rows;
    std::vector<std::string> warnings;  // of preparing the prompt
};

// Errors: InvalidInput, Cancelled.
[[nodiscard]] Result<InterventionStudy> studyInterventions(pipeline::QuestionPipeline& pipeline,
                                                           const RunRecord& record, const InterventionOptions& options,
                                                           RunObserver& observer, const std::stop_token& stop);

}  // namespace armillary::intervention
