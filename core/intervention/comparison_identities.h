// The identities between integration options, each computed along two ways and compared (design notes: integration options).
// Thread rule: as the engine.
#pragma once

#include "intervention/comparison.h"

namespace armillary::intervention {

// One line an identity; those that the loaded models or this question cannot show say why. Errors: Cancelled, those of prepare that
// are no fault of a variant.
[[nodiscard]] Result<std::vector<Identity>> checkIdentities(pipeline::QuestionPipeline& pipeline,
                                                            const Question& question,
                                                            const std::vector<Variant>& variants, RunObserver& observer,
                                                            const std::stop_token& stop);

// Option 4a against 5: equal but for what only one of them holds, which must be brackets there and white space here. Counts stand
// in the detail.
[[nodiscard]] Identity repeatedIsBrackets(const pipeline::PreparedPrompt& repeated,
                                          const pipeline::PreparedPrompt& brackets);

}  // namespace armillary::intervention
