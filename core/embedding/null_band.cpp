#include "embedding/null_band.h"

#include "base/random_source.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace armillary::embedding {

NullBand nullBand(double observed, const std::vector<double>& draws, Agreement agreement)
{
    std::vector<double> finite;
    std::copy_if(draws.begin(), draws.end(), std::back_inserter(finite),
                 [](double value) { return std::isfinite(value); });
    constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
    if (finite.empty())
        return {0, kNan, kNan, kNan, kNan, kNan};
    const auto extreme = std::count_if(finite.begin(), finite.end(), [&](double value) {
        return agreement == Agreement::Higher ? value >= observed : value <= observed;
    });
    NullBand out;
    out.draws = static_cast<std::int64_t>(finite.size());
    out.mean = mean(finite);
    out.deviation = standardDeviation(finite);
    out.low = quantile(finite, 0.025);
    out.high = quantile(finite, 0.975);
    out.pValue = std::isfinite(observed) ? static_cast<double>(1 + extreme) / static_cast<double>(1 + out.draws) : kNan;
    return out;
}

std::vector<std::vector<std::int64_t>> randomPairings(std::int64_t n, std::int64_t draws, std::uint64_t seed)
{
    RandomSource random(seed);
    std::vector<std::vector<std::int64_t>> out;
    for (std::int64_t draw = 0; draw < draws; ++draw)
        out.push_back(random.permutation(n));
    return out;
}

std::vector<std::vector<std::int64_t>> toroidalShifts(std::int64_t rows, std::int64_t columns, std::int64_t draws,
                                                      std::uint64_t seed)
{
    RandomSource random(seed);
    const std::vector<std::int64_t> shifts = random.permutation(std::max<std::int64_t>(rows * columns - 1, 0));
    std::vector<std::vector<std::int64_t>> out;
    for (std::size_t draw = 0; draw < shifts.size() && static_cast<std::int64_t>(draw) < draws; ++draw) {
        const std::int64_t down = (shifts[draw] + 1) / columns;
        const std::int64_t right = (shifts[draw] + 1) % columns;
        std::vector<std::int64_t> order;
        for (std::int64_t row = 0; row < rows; ++row) {
            for (std::int64_t column = 0; column < columns; ++column)
                order.push_back((row + down) % rows * columns + (column + right) % columns);
        }
        out.push_back(std::move(order));
    }
    return out;
}

}  // namespace armillary::embedding
