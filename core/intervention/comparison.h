// Integration options and settings side by side: one row of measures a variant, and the identities that must hold between them.
//
// Every row runs on a cache of its own; the conversation's stays as it is.
// Thread rule: as the engine.
#pragma once

#include "base/error.h"
#include "base/run_control.h"
#include "intervention/comparison_variants.h"
#include "intervention/forced_answer.h"
#include "pipeline/question_pipeline.h"
#include "records/run_record.h"

#include <cstdint>
#include <limits>
#include <stop_token>
#include <string>
#include <vector>

namespace armillary::intervention {

inline constexpr double kNoNumber = std::numeric_limits<double>::quiet_NaN();

// How the fused rows of a prompt differ from another's, segment by segment; NaN where the two have no rows to pair.
struct InputDifference {
    double text = kNoNumber;            // largest |difference| over text tokens of the same id, paired in order
    double image = kNoNumber;           // over image tokens, where both have as many
    double world = kNoNumber;           // over world tokens, where both have as many
    std::vector<std::string> onlyHere;  // pieces of text and bracket tokens that the other lacks
    std::vector<std::string> onlyThere;
};

[[nodiscard]] InputDifference inputDifference(const pipeline::PreparedPrompt& here,
                                              const pipeline::PreparedPrompt& there);

// What the row that chooses the first token attends to, mean over layers and heads. Lift: mass over what equal shares of the
// keys visible in a layer would give; layers that see none of a segment do not count for its lift.
struct AttentionShare {
    double worldMass = 0, worldLift = kNoNumber;
    double imageMass = 0, imageLift = kNoNumber;
};

struct ComparisonRow {
    std::string variant;
    std::string option;
    std::string title;
    std::string reason;                  // why it was not run; then nothing below holds
    std::int64_t positions = 0;          // S
    double prefillMilliseconds = 0;      // of all S rows, nothing reused
    double tokensPerSecond = kNoNumber;  // decoding; NaN with fewer than two tokens
    std::int64_t peakMemoryBytes = 0;    // of the process on the CPU, of the allocator on a GPU
    InputDifference input;               // against the reference
    AnswerEffect effect;                 // of the reference's answer, forced here; its truth is the reference's run
    AttentionShare attention;
    double knockOutEffect =
        kNoNumber;  // relative change of its own first token's probability when the last row may not look at the world
    std::string answer;              // its own, greedy
    bool isAnswerDifferent = false;  // from the reference's
    std::vector<std::string> warnings;
};

struct Identity {
    std::string name;
    bool isChecked = false;
    bool holds = false;
    double difference = kNoNumber;  // what it was judged by
    std::string detail;             // counts and sizes in words, or why it was not checked
};

struct ComparisonOptions {
    std::string rows = "all";
    std::string reference;  // a variant's name; empty: 5 with a world, else 3
    bool withIdentities = true;
    std::int64_t answerTokens = 32;  // at most so many tokens of the reference's answer are forced
    std::uint64_t seed = 0;          // of the random projection
};

struct Comparison {
    std::string reference;
    std::vector<std::int64_t> answer;  // the reference's, greedy
    std::vector<ComparisonRow> rows;
    std::vector<Identity> identities;
};

// Errors: InvalidInput (a variant that is not known, a reference that cannot run), Cancelled, those of prepare that are no fault of a
// variant (out of memory).
[[nodiscard]] Result<Comparison> compareOptions(pipeline::QuestionPipeline& pipeline, const Question& question,
                                                const ComparisonOptions& options, RunObserver& observer,
                                                const std::stop_token& stop);

}  // namespace armillary::intervention
