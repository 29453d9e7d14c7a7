// The best words of one row of logits, with their probabilities and their chance in a draw: the order of the logits processors is
// temperature, top k, top p, min p, as the generator's.
// Thread rule: pure functions; a row of 262,144 takes a few milliseconds.
#pragma once

#include "records/question.h"
#include "records/tensor_snapshot.h"
#include "widgets/models/word_list_model.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace armillary::widgets {

// Of row `row` of `logits` [N,V], best first; words are left to the caller. Without a temperature nothing is drawn.
[[nodiscard]] std::vector<WordRow> bestWords(const TensorSnapshot& logits, std::int64_t row, std::size_t count,
                                             const SamplingOptions& sampling);

}  // namespace armillary::widgets
