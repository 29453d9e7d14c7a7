// Budgets of questions to loaded models: the plan of the prompt without its pixels, and the memory that follows from it.
// Holds numbers and the tokenizer of the models, no tensor, so that it may be asked while they work.
// Thread rule: immutable; from any thread.
#pragma once

#include "pipeline/model_loader.h"
#include "records/token_budget.h"

#include <memory>

namespace armillary::pipeline {

// Null when no language model is loaded.
[[nodiscard]] std::shared_ptr<const TokenBudgeter> makeBudgeter(const LoadedModels& models);

// Positions that the cache allocates for a prompt that grows one by one to `positions` (language/kv_cache).
[[nodiscard]] std::int64_t cachedPositions(std::int64_t prompt, std::int64_t positions);

}  // namespace armillary::pipeline
