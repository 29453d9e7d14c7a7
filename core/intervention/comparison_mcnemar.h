// McNemar's test: do two variants answer the same labelled questions equally well? Only questions that exactly one of them gets
// right say anything.
// Thread rule: free functions without shared state.
#pragma once

#include <cstdint>
#include <vector>

namespace armillary::intervention {

struct McNemar {
    std::int64_t both = 0, neither = 0, onlyFirst = 0, onlySecond = 0;
    double exactP = 1;      // two-sided, binomial with p = 1/2 over the discordant pairs
    double midP = 1;        // the same with half the weight of the observed split; less conservative with few pairs
    double chiSquared = 0;  // with continuity correction, one degree of freedom; 0 without discordant pairs
};

// Whether each question was answered rightly by the first and by the second variant, in the same order. Both hold as many.
[[nodiscard]] McNemar mcNemar(const std::vector<bool>& first, const std::vector<bool>& second);

}  // namespace armillary::intervention
