// What one run leaves behind: everything that panels, analyses and files read. The file form is described in record.md.
// Thread rule: immutable behind std::shared_ptr<const RunRecord>; may cross threads.
#pragma once

#include "base/stage_clock.h"
#include "records/model_facts.h"
#include "records/question.h"
#include "records/rollout.h"
#include "records/tensor_snapshot.h"
#include "records/token_layout.h"

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace armillary {

// One generated token. `text` is what it adds to the answer: bytes of an unfinished character wait for the next token.
struct TokenPiece {
    std::int64_t position = 0;  // in the fused sequence
    std::int64_t id = 0;
    std::string piece;      // the tokenizer's name of the id
    std::string text;       // valid UTF-8, possibly empty
    float probability = 0;  // under the distribution it was chosen from, before temperature
    std::vector<std::pair<std::int64_t, float>> alternatives;  // best ids and their probabilities, best first
};

enum class RunOutcome { Completed, Cancelled, Failed };
enum class StopReason { EndOfTurn, TokenLimit, Cancelled };

// Cost of a run that the status bar and the record state.
struct RunCost {
    std::vector<StageTime> stages;
    // In the order they ran. On a GPU only when the question asks for them; a pass that was stopped has fewer layers.
    std::vector<LayerPass> layerPasses;
    std::int64_t prefillTokens = 0;  // positions computed now
    std::int64_t reusedTokens = 0;   // positions taken from the KV cache of earlier runs
    double prefillSeconds = 0;
    double decodeSeconds = 0;          // of all generated tokens after the first
    std::int64_t peakMemoryBytes = 0;  // of the process on the CPU, of the allocator on a GPU
    std::int64_t capturedBytes = 0;    // of the record's tensors
    double captureSeconds = 0;         // of copying and computing what the record keeps beside the run itself
};

struct RunRecord {
    Question question;  // as asked; its media share their pixels with the asking side
    std::string renderedPrompt;
    std::string answer;
    RunOutcome outcome = RunOutcome::Completed;
    StopReason stopReason = StopReason::EndOfTurn;
    ModelFacts model;                                // of the language model; layers 0 where none ran
    std::vector<PositionBlock> bidirectionalBlocks;  // positions that saw each other both ways, disjoint and rising
    std::shared_ptr<const TokenLayout> layout;       // [S] prefill positions
    std::vector<TokenPiece> generated;               // [N]
    // The tokenizer's names of ids that answer tokens were chosen among: their alternatives and, where logits are kept, the
    // best fifty. Empty in records of version 0.1.0.
    std::map<std::int64_t, std::string> vocabulary;
    std::map<std::string, TensorSnapshot> tensors;  // by the names of record.md
    std::map<std::string, std::string> settings;    // as run, defaults filled in; keys of record.md's armillary.run
    std::vector<std::string> warnings;
    RunCost cost;
    std::shared_ptr<const Clip> rolloutFrames;  // decoded frames of a rollout, null without one
    std::vector<RolloutProgress> rolloutSteps;  // without their previews
    MemoryPlan memoryPlan;
};

}  // namespace armillary
