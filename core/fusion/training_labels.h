// Labels of a fused sequence for teacher forcing, and which positions they leave out.
// Thread rule: free functions without shared state.
#pragma once

#include "records/token_layout.h"

#include <cstdint>
#include <vector>

namespace armillary::fusion {

inline constexpr std::int64_t kIgnoredLabel = -100;

enum class LabelRule {
    PromptIds,  // every vocabulary id is a label, image soft tokens and brackets too: what TheWorld's published code does
    TextOnly,  // brackets, world and image tokens are left out: what the design notes say they do
};

// One label a position, [S]; the shift by one happens in the loss.
[[nodiscard]] std::vector<std::int64_t> trainingLabels(const TokenLayout& layout, LabelRule rule);

}  // namespace armillary::fusion
