// Rows of hidden states read as distributions over the vocabulary, a block of rows at a time: at Gemma's size the logits of
// 4,200 rows would take 4.4 GB.
// Thread rule: as the engine.
#pragma once

#include "base/error.h"
#include "base/run_control.h"
#include "language/language_model.h"
#include "records/analysis.h"
#include "text/tokenizer.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <stop_token>
#include <string>
#include <vector>

namespace armillary::study {

// On the CPU. Rows with a NaN give NaN and ids of no meaning.
struct VocabularyReading {
    at::Tensor ids;                // [n,top] int64, best first
    at::Tensor probabilities;      // [n,top] float32
    at::Tensor entropyBits;        // [n] float32
    at::Tensor targetProbability;  // [n] float32; NaN without a target
    at::Tensor targetBits;         // [n] float32: -log2 of it
    at::Tensor targetRank;         // [n] int64: how many words are likelier; -1 without a target
};

// hidden [n,D] after the final norm; `targets` [n] vocabulary ids, -1 for none; `vocabularyRows` as PromptPlan's. Ids past the
// rows in use count as no target. Stage "Words" by rows. Errors: Cancelled.
[[nodiscard]] Result<VocabularyReading> readVocabulary(const language::LanguageModel& model, const at::Tensor& hidden,
                                                       const std::vector<std::int64_t>& targets, std::int64_t top,
                                                       std::int64_t vocabularyRows, RunObserver& observer,
                                                       const std::stop_token& stop);

// What a person reads for an id: the tokenizer's name, or "<id 7>" where it has none.
[[nodiscard]] std::string wordOf(const text::Tokenizer& tokenizer, std::int64_t id);

// A cell that stays blank where `value` is NaN.
[[nodiscard]] AnalysisCell cellOrBlank(double value);

}  // namespace armillary::study
