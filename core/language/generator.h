// The token loop: chooses a token from the last logits, runs it, and again, until an end token, the limit or a stop.
// Thread rule: as LanguageModel.
#pragma once

#include "base/error.h"
#include "language/language_model.h"
#include "language/token_chooser.h"
#include "records/question.h"
#include "records/run_record.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <stop_token>
#include <vector>

namespace armillary::language {

struct GeneratorInput {
    const LanguageModel* model = nullptr;
    KvCache* cache = nullptr;  // holds the whole prompt
    at::Tensor lastHidden;     // [1,D] of the prompt's last position, after the final norm
    SamplingOptions sampling;
    // Taken in place of the first choices, each with its probability under the model; at most sampling.maxNewTokens. They are
    // run one by one as chosen ones are, so that what follows does not depend on who chose.
    std::vector<std::int64_t> forcedIds;
    std::vector<std::int64_t> stopIds;
    std::int64_t vocabularyRows = 0;  // as LanguageModel::logits
    tensors::TapSink* taps = nullptr;
};

// Calls `onToken` for each token, an end token included; one among forced tokens ends nothing unless it is their last. The last token of an answer is not run, so the cache ends before it.
// Why it ended: a stop (polled per token and inside the model) is StopReason::Cancelled and no error, what was made stays.
[[nodiscard]] Result<StopReason> generate(const GeneratorInput& input,
                                          const std::function<void(const ChosenToken&)>& onToken,
                                          const std::stop_token& stop);

}  // namespace armillary::language
