// Positions that gather attention or activation without meaning it: attention sinks and massive activations.
// Thread rule: pure functions.
#pragma once

#include "attention/record_attention.h"

#include <cstdint>
#include <span>
#include <stop_token>
#include <vector>

namespace armillary::attention {

// Of every key, the mean weight that queries give it.
struct ColumnMeans {
    std::vector<std::int64_t> layers;   // [n] the layers asked for
    std::int64_t heads = 0;             // H
    std::int64_t keys = 0;              // P
    std::vector<float> means;           // [n,H,P]; NaN where no query sees the key
    std::vector<std::int32_t> queries;  // [n,P] how many queries each mean is over
    std::int64_t rowsLeftOut = 0;       // rows (of a layer and head) that hold no number

    [[nodiscard]] float mean(std::int64_t layerIndex, std::int64_t head, std::int64_t key) const
    {
        return means[static_cast<std::size_t>((layerIndex * heads + head) * keys + key)];
    }
};

enum class Queries {
    Later,   // behind the key: what sinks are defined by
    Seeing,  // all that see the key, itself and its block included: what corrected maps subtract
};

// Over the queries at `positions` (rising) that see the key. `layers` empty: all. Errors: as forEachTile.
[[nodiscard]] Result<ColumnMeans> columnMeans(const RecordAttention& attention, std::span<const std::int64_t> layers,
                                              std::span<const std::int64_t> positions, Queries queries,
                                              const std::stop_token& stop);

struct AttentionSink {
    std::int64_t layer = 0;
    std::int64_t head = 0;
    std::int64_t position = 0;
    double mean = 0;           // of later queries' weights
    std::int64_t queries = 0;  // the mean is over so many
};

// Keys whose mean over later queries lies above `threshold` (arXiv 2410.10781 takes 0.3); keys with fewer than `leastQueries` later
// queries are left out, because a mean of one or two says nothing. By layer, head, position.
[[nodiscard]] std::vector<AttentionSink> attentionSinks(const ColumnMeans& laterMeans, double threshold,
                                                        std::int64_t leastQueries);

struct ActivationSinks {
    std::int64_t levels = 0;     // L + 1: input of layer 0, outputs of layers, after the final norm
    std::int64_t positions = 0;  // P
    std::vector<std::vector<std::int64_t>> sinkDimensions;  // [levels]
    std::vector<float> strength;  // [levels,P] max |h_d| / rms(h) over the sink dimensions; 0 without any
    // Positions whose strength lies above the threshold, by level.
    struct Sink {
        std::int64_t level = 0;
        std::int64_t position = 0;
        double strength = 0;
    };
    std::vector<Sink> sinks;
};

// From `hidden.{l}` of the record (arXiv 2503.03321): the sink dimensions of a level are those whose |h_d| / rms(h) at position 0
// lies above `dimensionThreshold`; a position is a sink where one of them lies above `threshold`. The ratio cannot exceed sqrt(D).
// Errors: InvalidInput (no hidden states), Cancelled (polled between levels).
[[nodiscard]] Result<ActivationSinks> activationSinks(const RunRecord& record, double threshold,
                                                      double dimensionThreshold, const std::stop_token& stop);

}  // namespace armillary::attention
