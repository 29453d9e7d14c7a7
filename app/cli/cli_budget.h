// What a question will take, on standard output: tokens by kind against context and local window, and the memory forecast.
// Thread rule: main thread.
#pragma once

#include "cli_command.h"
#include "records/token_budget.h"

namespace armillary::cli {

// `budgeter` null: no language model is loaded. kBadInput where the question would be refused, kDone otherwise.
[[nodiscard]] CommandResult<int> showBudget(const TokenBudgeter* budgeter, const Question& question, bool asJson);

}  // namespace armillary::cli
