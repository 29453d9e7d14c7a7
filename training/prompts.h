// Prompts as Armillary makes them, cut into a prefix that every question about a scene shares and what follows it, and many
// questions packed into one sequence behind one prefix.
// Thread rule: used by the thread that trains.
#pragma once

#include "base/error.h"
#include "fusion/prompt_plan.h"
#include "gemma/gemma_config.h"
#include "text/tokenizer.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace armillary::training {

// [begin, end) of the prefix's rows that world and image tokens fill.
struct PromptPrefix {
    std::vector<std::int64_t> ids;  // 0 where no vocabulary id stands
    nn::PositionRange world, image;

    [[nodiscard]] std::int64_t size() const { return static_cast<std::int64_t>(ids.size()); }
};

// A question, its answer and the end of the turn, behind the prefix.
struct PromptSegment {
    std::vector<std::int64_t> ids;
    std::size_t answerBegin = 0;
};

struct AskedQuestion {
    std::string text;
    std::string answer;
};

class Prompts {
public:
    // `tokenizer` knows TheWorld's brackets. Errors: as planPrompt.
    [[nodiscard]] static Result<Prompts> make(std::shared_ptr<const text::Tokenizer> tokenizer,
                                              const gemma::GemmaConfig& config, const fusion::WorldGrid& world);

    // With world tokens between TheWorld's brackets, or as plain Gemma.
    [[nodiscard]] const PromptPrefix& prefix(bool hasWorld) const { return hasWorld ? m_withWorld : m_plain; }
    [[nodiscard]] const PromptSegment& segment(const AskedQuestion& question);
    [[nodiscard]] const text::Tokenizer& tokenizer() const { return *m_tokenizer; }

private:
    Prompts() = default;
    [[nodiscard]] Result<fusion::PromptPlan> plan(const std::string& question, bool hasWorld) const;
    [[nodiscard]] Result<PromptPrefix> prefixOf(bool hasWorld) const;

    std::shared_ptr<const text::Tokenizer> m_tokenizer;
    fusion::PromptNumbers m_numbers;
    fusion::WorldGrid m_world;
    std::int64_t m_endOfTurn = 0;
    PromptPrefix m_plain, m_withWorld;
    std::map<std::pair<std::string, std::string>, PromptSegment> m_segments;
};

// Rows of questions, each row behind one prefix of P positions; the rows' segments see the prefix and themselves, nothing of each
// other, and each stands at the positions right behind the prefix.
struct PackedQuestions {
    std::int64_t prefix = 0;  // P
    at::Tensor ids;           // [B,L] int64
    at::Tensor positions;     // [B,P+L] int64
    at::Tensor labels;        // [B,L] int64: the next token where it belongs to an answer or ends it, else -100
    at::Tensor segments;      // [B,L] int64: index of the question, -1 where the row is filled up
    at::Tensor mask;          // [B,1,P+L,P+L] float: 0 where seen, else -infinity
};
[[nodiscard]] PackedQuestions pack(Prompts& prompts, bool hasWorld,
                                   const std::vector<std::vector<AskedQuestion>>& rows);

}  // namespace armillary::training
