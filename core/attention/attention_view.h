// Three ways to look at the same weights: as they are, minus what every query gives, or without the sinks.
// Thread rule: immutable once prepared.
#pragma once

#include "attention/attention_sinks.h"
#include "attention/record_attention.h"

#include <cstdint>
#include <optional>
#include <span>
#include <stop_token>
#include <vector>

namespace armillary::attention {

enum class WeightView {
    Raw,
    Corrected,  // A_ij minus the mean of A_qj over the queries q that see j: what sets this query apart; may be negative
    SinksRemoved,  // sinks of the head set to 0, the rest scaled to sum 1
};

struct ViewOptions {
    WeightView view = WeightView::Raw;
    std::vector<std::int64_t> baseline;  // queries that means are taken over, rising; not read for Raw
    double sinkThreshold = 0.3;
    std::int64_t leastQueries = 8;  // as attentionSinks
};

class RowView {
public:
    // Computes the means of `layers` (all when empty). Errors: as columnMeans.
    [[nodiscard]] static Result<RowView> prepare(const RecordAttention& attention, std::span<const std::int64_t> layers,
                                                 ViewOptions options, const std::stop_token& stop);

    // Changes a row [P] of a prepared layer in place. A row that is nothing but sinks becomes 0.
    void apply(std::int64_t layer, std::int64_t head, const PositionBlock& visible, std::span<float> row) const;
    // Those that SinksRemoved sets to 0.
    [[nodiscard]] const std::vector<AttentionSink>& sinks() const { return m_sinks; }

private:
    ViewOptions m_options;
    std::optional<ColumnMeans> m_means;      // Corrected
    std::vector<std::int64_t> m_layerIndex;  // by layer, of m_means; -1 where not prepared
    std::vector<AttentionSink> m_sinks;      // by layer, head, position
};

}  // namespace armillary::attention
