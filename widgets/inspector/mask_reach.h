// Which keys a position may see in a layer, from the rules alone: causal order, the window of local layers, and blocks that see
// each other both ways.
// Thread rule: pure functions.
#pragma once

#include "records/model_facts.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace armillary::widgets {

struct MaskReach {
    std::int64_t begin = 0;              // first key seen
    std::int64_t end = 0;                // behind the last key seen
    std::int64_t window = 0;             // 0: the layer has none
    std::optional<PositionBlock> block;  // the bidirectional block that the position lies in
    std::int64_t hiddenByWindow = 0;     // earlier keys that the window takes away
    std::int64_t hiddenAsFuture = 0;     // later keys of the sequence

    [[nodiscard]] std::int64_t seen() const { return end - begin; }
};

// What query `position` of a sequence of `length` sees; `window` 0: a global layer.
[[nodiscard]] MaskReach maskReach(std::int64_t position, std::int64_t length, std::int64_t window,
                                  const std::vector<PositionBlock>& bidirectional);

}  // namespace armillary::widgets
