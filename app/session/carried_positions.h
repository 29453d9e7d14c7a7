// The same places in another run: what is chosen in one run stays chosen when its counterpart is shown.
// Thread rule: free functions on plain values.
#pragma once

#include "records/token_layout.h"
#include "widgets/selection.h"

namespace armillary::app {

// The positions of `to` that stand for what `positions` stand for in `from`: image and world tokens by the picture, crop, frame
// and cell they come from, words of the prompt by their piece at the same distance from its end or beginning, generated tokens
// by their number. Those without a counterpart are left out. `generated`: how many `to` has.
[[nodiscard]] widgets::Positions carriedPositions(const widgets::Positions& positions, const TokenLayout& from,
                                                  const TokenLayout& to, std::int64_t generated);

}  // namespace armillary::app
