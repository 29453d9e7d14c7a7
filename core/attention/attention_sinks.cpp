#include "attention/attention_sinks.h"

#include "attention/row_sums.h"
#include "base/run_control.h"

#include <ATen/Parallel.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace armillary::attention {

Result<ColumnMeans> columnMeans(const RecordAttention& attention, std::span<const std::int64_t> layers,
                                std::span<const std::int64_t> positions, Queries queries, const std::stop_token& stop)
{
    ColumnMeans out;
    out.layers.assign(layers.begin(), layers.end());
    if (out.layers.empty()) {
        out.layers.resize(static_cast<std::size_t>(attention.layers()));
        std::iota(out.layers.begin(), out.layers.end(), std::int64_t{0});
    }
    out.heads = attention.heads();
    out.keys = attention.positions();
    const auto layerCount = static_cast<std::int64_t>(out.layers.size());
    const std::int64_t rowSize = out.heads * out.keys;
    out.means.assign(static_cast<std::size_t>(layerCount * rowSize), std::numeric_limits<float>::quiet_NaN());
    out.queries.assign(static_cast<std::size_t>(layerCount * out.keys), 0);

    std::vector<double> sums(static_cast<std::size_t>(rowSize));
    // A row that holds no number counts in no head's mean, so each head has its own counts.
    std::vector<std::int32_t> counts(static_cast<std::size_t>(rowSize));
    std::vector<std::int64_t> leftOut(static_cast<std::size_t>(out.heads), 0);
    for (std::int64_t at = 0; at < layerCount; ++at) {
        std::fill(sums.begin(), sums.end(), 0.0);
        std::fill(counts.begin(), counts.end(), 0);
        const std::int64_t layer = out.layers[static_cast<std::size_t>(at)];
        const TileRequest request{{layer}, {positions.begin(), positions.end()}, std::nullopt};
        const auto done = forEachTile(attention, request, stop, [&](const RowTile& tile) {
            at::parallel_for(0, out.heads, 1, [&](std::int64_t firstHead, std::int64_t endHead) {
                for (std::int64_t head = firstHead; head < endHead; ++head) {
                    double* into = sums.data() + head * out.keys;
                    std::int32_t* count = counts.data() + head * out.keys;
                    for (std::size_t i = 0; i < tile.positions.size(); ++i) {
                        const std::int64_t query = tile.positions[i];
                        const std::span<const float> row = tile.row(head, static_cast<std::int64_t>(i));
                        PositionBlock keys = attention.visibleKeys(layer, query);
                        if (!std::isfinite(sumOf(row, keys))) {
                            ++leftOut[static_cast<std::size_t>(head)];
                            continue;
                        }
                        if (queries == Queries::Later)
                            keys.end = std::min(keys.end, query);
                        for (std::int64_t key = keys.begin; key < keys.end; ++key) {
                            into[key] += row[static_cast<std::size_t>(key)];
                            ++count[key];
                        }
                    }
                }
            });
        });
        if (!done)
            return tl::unexpected(done.error());
        for (std::int64_t head = 0; head < out.heads; ++head) {
            for (std::int64_t key = 0; key < out.keys; ++key) {
                const auto from = static_cast<std::size_t>(head * out.keys + key);
                if (counts[from] > 0)
                    out.means[static_cast<std::size_t>(at * rowSize) + from] =
                        static_cast<float>(sums[from] / counts[from]);
                auto& most = out.queries[static_cast<std::size_t>(at * out.keys + key)];
                most = std::max(most, counts[from]);
            }
        }
    }
    out.rowsLeftOut = std::accumulate(leftOut.begin(), leftOut.end(), std::int64_t{0});
    return out;
}

std::vector<AttentionSink> attentionSinks(const ColumnMeans& laterMeans, double threshold, std::int64_t leastQueries)
{
    std::vector<AttentionSink> out;
    for (std::size_t at = 0; at < laterMeans.layers.size(); ++at) {
        const auto index = static_cast<std::int64_t>(at);
        for (std::int64_t head = 0; head < laterMeans.heads; ++head) {
            for (std::int64_t key = 0; key < laterMeans.keys; ++key) {
                const std::int64_t queries =
                    laterMeans.queries[static_cast<std::size_t>(index * laterMeans.keys + key)];
                const double mean = laterMeans.mean(index, head, key);
                if (queries >= leastQueries && mean > threshold)
                    out.push_back({laterMeans.layers[at], head, key, mean, queries});
            }
        }
    }
    return out;
}

Result<ActivationSinks> activationSinks(const RunRecord& record, double threshold, double dimensionThreshold,
                                        const std::stop_token& stop)
{
    ActivationSinks out;
    while (record.tensors.contains(fmt::format("hidden.{}", out.levels)))
        ++out.levels;
    if (out.levels == 0)
        return fail(ErrorCode::InvalidInput, "the record holds no hidden states: ask again with capture hidden");
    const std::vector<std::int64_t> shape = record.tensors.at("hidden.0").shape;
    if (shape.size() != 2 || shape[0] < 1 || shape[1] < 1)
        return fail(ErrorCode::InvalidInput, "hidden.0 must have the axes [position, width]; the record is damaged");
    out.positions = shape[0];
    const std::int64_t width = shape[1];
    out.sinkDimensions.resize(static_cast<std::size_t>(out.levels));
    out.strength.assign(static_cast<std::size_t>(out.levels * out.positions), 0);
    for (std::int64_t level = 0; level < out.levels; ++level) {
        if (stop.stop_requested())
            return failCancelled();
        const TensorSnapshot& tensor = record.tensors.at(fmt::format("hidden.{}", level));
        const bool isWhole =
            tensor.shape == shape && tensor.bytes &&
            static_cast<std::int64_t>(tensor.bytes->size()) == tensor.elementCount() * elementBytes(tensor.type);
        if (!isWhole)
            return fail(ErrorCode::InvalidInput,
                        fmt::format("hidden.{} does not have the shape of hidden.0; the record is damaged", level));
        const std::vector<float> hidden = tensor.floats();
        const auto ratio = [&](std::int64_t position, std::int64_t dimension, double rms) {
            return rms > 0 ? std::abs(hidden[static_cast<std::size_t>(position * width + dimension)]) / rms : 0.0;
        };
        const auto rmsOf = [&](std::int64_t position) {
            double squares = 0;
            for (std::int64_t dimension = 0; dimension < width; ++dimension) {
                const double value = hidden[static_cast<std::size_t>(position * width + dimension)];
                squares += value * value;
            }
            return std::sqrt(squares / static_cast<double>(width));
        };
        std::vector<std::int64_t>& dimensions = out.sinkDimensions[static_cast<std::size_t>(level)];
        const double firstRms = rmsOf(0);
        for (std::int64_t dimension = 0; dimension < width; ++dimension) {
            if (ratio(0, dimension, firstRms) > dimensionThreshold)
                dimensions.push_back(dimension);
        }
        if (dimensions.empty())
            continue;
        for (std::int64_t position = 0; position < out.positions; ++position) {
            const double rms = rmsOf(position);
            double strongest = 0;
            for (const std::int64_t dimension : dimensions)
                strongest = std::max(strongest, ratio(position, dimension, rms));
            out.strength[static_cast<std::size_t>(level * out.positions + position)] = static_cast<float>(strongest);
            if (strongest > threshold)
                out.sinks.push_back({level, position, strongest});
        }
    }
    return out;
}

}  // namespace armillary::attention
