// What a question will take before anything runs: tokens by kind against the context and the local window, and the memory of
// keys, values and the peak. Counted, not estimated; only memory is a forecast.
// Thread rule: plain values, immutable once shared; a TokenBudgeter may be asked from any thread.
#pragma once

#include "base/error.h"
#include "records/question.h"
#include "records/token_layout.h"

#include <cstdint>
#include <string>

namespace armillary {

struct TokenCounts {
    std::int64_t text = 0;     // words of the person, the template and earlier answers
    std::int64_t control = 0;  // marks of turns, pictures and tiles
    std::int64_t image = 0;    // of whole pictures
    std::int64_t crops = 0;    // image tokens of crops and tiles
    std::int64_t world = 0;
    std::int64_t brackets = 0;  // around the world tokens
    std::int64_t answer = 0;    // as many as the answer may have

    [[nodiscard]] std::int64_t prompt() const { return text + control + image + crops + world + brackets; }
    [[nodiscard]] std::int64_t total() const { return prompt() + answer; }
    bool operator==(const TokenCounts&) const = default;
};

// Of positions [begin, end), without an answer.
[[nodiscard]] TokenCounts countTokens(const TokenLayout& layout, std::int64_t begin, std::int64_t end);

// Bytes at the end of the answer, if it becomes as long as it may.
struct MemoryForecast {
    std::int64_t weightBytes = 0;    // of all loaded parts
    std::int64_t keyValueBytes = 0;  // allocated for the sequence in all layers
    std::int64_t bytesPerToken = 0;  // keys and values of one position
    std::int64_t workBytes = 0;  // the largest of what SigLIP, the world's encoder and the prefill need beside weights
    std::int64_t captureBytes = 0;  // what the record keeps by request

    [[nodiscard]] std::int64_t peakBytes() const { return weightBytes + keyValueBytes + workBytes + captureBytes; }
};

struct TokenBudget {
    TokenCounts question;            // what the last turn adds
    TokenCounts conversation;        // the whole sequence: earlier turns, the question and its answer
    std::int64_t contextLength = 0;  // positions the model was trained for
    std::int64_t mostPositions = 0;  // above which a prompt is refused
    std::int64_t localWindow = 0;    // positions a local layer sees back; 0 = there are no local layers
    std::int64_t localLayers = 0;
    std::int64_t layers = 0;
    // What the local layers do not see from the answer's first and last token.
    TokenCounts unseenAtFirst;
    TokenCounts unseenAtLast;
    MemoryForecast memory;

    [[nodiscard]] std::int64_t overContext() const;  // tokens too many; 0 = it fits
    [[nodiscard]] std::int64_t overWindow() const;
    [[nodiscard]] bool isRefused() const { return mostPositions > 0 && conversation.prompt() > mostPositions; }
    // What is exceeded and by how much, and the remedy; empty where it fits.
    [[nodiscard]] std::string contextSentence() const;
    [[nodiscard]] std::string windowSentence() const;
};

// Counts the tokens of questions with the loaded models' own tokenizer and numbers, without computing with them.
class TokenBudgeter {
public:
    virtual ~TokenBudgeter() = default;
    // Frames of media may be empty pictures of the right size where only their number counts. Errors: as Engine::ask before it
    // computes, but for a prompt that is too long, which is counted.
    [[nodiscard]] virtual Result<TokenBudget> budget(const Question& question) const = 0;
};

}  // namespace armillary
