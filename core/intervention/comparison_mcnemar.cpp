#include "intervention/comparison_mcnemar.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

namespace armillary::intervention {
namespace {

// Of `count` fair coins exactly `heads`.
double binomial(std::int64_t count, std::int64_t heads)
{
    const auto n = static_cast<double>(count), k = static_cast<double>(heads);
    return std::exp(std::lgamma(n + 1) - std::lgamma(k + 1) - std::lgamma(n - k + 1) - n * std::log(2.0));
}

}  // namespace

McNemar mcNemar(const std::vector<bool>& first, const std::vector<bool>& second)
{
    TORCH_CHECK(first.size() == second.size(), "a paired test needs both answers to every question");
    McNemar out;
    for (std::size_t i = 0; i < first.size(); ++i) {
        std::int64_t& cell =
            first[i] ? (second[i] ? out.both : out.onlyFirst) : (second[i] ? out.onlySecond : out.neither);
        ++cell;
    }
    const std::int64_t pairs = out.onlyFirst + out.onlySecond, fewer = std::min(out.onlyFirst, out.onlySecond);
    if (pairs == 0)
        return out;
    double tail = 0;
    for (std::int64_t heads = 0; heads <= fewer; ++heads)
        tail += binomial(pairs, heads);
    out.exactP = std::min(1.0, 2 * tail);
    out.midP = std::min(1.0, 2 * tail - binomial(pairs, fewer));
    const double gap = std::max(0.0, std::abs(static_cast<double>(out.onlyFirst - out.onlySecond)) - 1);
    out.chiSquared = gap * gap / static_cast<double>(pairs);
    return out;
}

}  // namespace armillary::intervention
