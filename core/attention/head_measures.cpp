#include "attention/head_measures.h"

#include "attention/row_sums.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace armillary::attention {
namespace {

constexpr float kNone = std::numeric_limits<float>::quiet_NaN();

double entropyBits(std::span<const float> row, const PositionBlock& keys)
{
    double sum = 0;
    for (std::int64_t key = keys.begin; key < keys.end; ++key) {
        // A weight of 0 adds nothing, and its logarithm has no value.
        if (const float weight = row[static_cast<std::size_t>(key)]; weight > 0)
            sum -= static_cast<double>(weight * std::log2(weight));
    }
    return sum;
}

// Of keys at both sides of the query: those of a bidirectional block may lie behind it.
double meanDistance(std::span<const float> row, const PositionBlock& keys, std::int64_t query)
{
    const PositionBlock before{keys.begin, std::min(keys.end, query + 1)};
    const PositionBlock after{std::min(keys.end, query + 1), keys.end};
    const auto at = static_cast<double>(query);
    return at * sumOf(row, before) - momentOf(row, before) + momentOf(row, after) - at * sumOf(row, after);
}

float measureOf(HeadMeasure measure, std::span<const float> row, const PositionBlock& keys, std::int64_t query)
{
    const std::int64_t visible = keys.end - keys.begin;
    switch (measure) {
    case HeadMeasure::EntropyBits: return static_cast<float>(entropyBits(row, keys));
    case HeadMeasure::Entropy:
        return visible > 1 ? static_cast<float>(entropyBits(row, keys) / std::log2(static_cast<double>(visible)))
                           : kNone;
    case HeadMeasure::Distance: return static_cast<float>(meanDistance(row, keys, query));
    case HeadMeasure::Maximum: return *std::max_element(row.begin() + keys.begin, row.begin() + keys.end);
    }
    return kNone;
}

}  // namespace

Result<HeadMatrix> headMeasure(const RecordAttention& attention, HeadMeasure measure,
                               std::span<const std::int64_t> layers, std::span<const std::int64_t> positions,
                               const std::stop_token& stop)
{
    HeadMatrix out;
    out.layers.assign(layers.begin(), layers.end());
    if (out.layers.empty()) {
        out.layers.resize(static_cast<std::size_t>(attention.layers()));
        std::iota(out.layers.begin(), out.layers.end(), std::int64_t{0});
    }
    out.heads = attention.heads();
    const auto queries = static_cast<std::int64_t>(positions.size());
    for (const std::int64_t layer : out.layers) {
        std::vector<float> values(static_cast<std::size_t>(out.heads * queries), kNone);  // [H,queries]
        std::vector<std::int64_t> leftOut(static_cast<std::size_t>(out.heads), 0);
        const TileRequest request{{layer}, {positions.begin(), positions.end()}, std::nullopt};
        const auto done = forEachTile(attention, request, stop, [&](const RowTile& tile) {
            const auto rows = static_cast<std::int64_t>(tile.positions.size());
            at::parallel_for(0, out.heads, 1, [&](std::int64_t firstHead, std::int64_t endHead) {
                for (std::int64_t head = firstHead; head < endHead; ++head) {
                    for (std::int64_t i = 0; i < rows; ++i) {
                        const std::int64_t query = tile.positions[static_cast<std::size_t>(i)];
                        const std::span<const float> row = tile.row(head, i);
                        const PositionBlock keys = attention.visibleKeys(layer, query);
                        if (!std::isfinite(sumOf(row, keys)))
                            ++leftOut[static_cast<std::size_t>(head)];
                        else
                            values[static_cast<std::size_t>(head * queries + tile.firstIndex + i)] =
                                measureOf(measure, row, keys, query);
                    }
                }
            });
        });
        if (!done)
            return tl::unexpected(done.error());
        for (std::int64_t head = 0; head < out.heads; ++head) {
            double sum = 0;
            std::int64_t counted = 0;
            for (std::int64_t i = 0; i < queries; ++i) {
                const float value = values[static_cast<std::size_t>(head * queries + i)];
                if (std::isnan(value))
                    continue;
                sum += value;
                ++counted;
            }
            out.mean.push_back(counted > 0 ? sum / static_cast<double>(counted)
                                           : std::numeric_limits<double>::quiet_NaN());
        }
        out.byRow.insert(out.byRow.end(), values.begin(), values.end());
        out.rowsLeftOut += std::accumulate(leftOut.begin(), leftOut.end(), std::int64_t{0});
    }
    return out;
}

}  // namespace armillary::attention
