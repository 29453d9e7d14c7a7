// What two token sequences have in common and what only one of them has: a longest common subsequence (Myers, "An O(ND)
// Difference Algorithm and Its Variations", 1986).
// Thread rule: pure functions.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace armillary::widgets {

struct TextDifference {
    // For each token of A its partner in B, and the other way round; empty: only this side has it.
    std::vector<std::optional<std::size_t>> partnerInB;
    std::vector<std::optional<std::size_t>> partnerInA;
    std::size_t common = 0;
    // False where the texts differ so much that the common part may be longer than what was found.
    bool isLongest = true;
};

// Gives up past `mostEdits` insertions and deletions, which bounds time and memory by its square; equal beginnings and ends
// cost nothing.
[[nodiscard]] TextDifference textDifference(std::span<const std::string> a, std::span<const std::string> b,
                                            std::size_t mostEdits = 1200);

}  // namespace armillary::widgets
