#include "attention/attention_view.h"

#include "attention/row_sums.h"

#include <algorithm>
#include <cmath>
#include <tuple>
#include <utility>

namespace armillary::attention {

Result<RowView> RowView::prepare(const RecordAttention& attention, std::span<const std::int64_t> layers,
                                 ViewOptions options, const std::stop_token& stop)
{
    RowView out;
    if (options.view != WeightView::Raw) {
        const auto queries = options.view == WeightView::Corrected ? Queries::Seeing : Queries::Later;
        auto means = columnMeans(attention, layers, options.baseline, queries, stop);
        if (!means)
            return tl::unexpected(means.error());
        if (options.view == WeightView::SinksRemoved) {
            out.m_sinks = attentionSinks(*means, options.sinkThreshold, options.leastQueries);
        } else {
            out.m_layerIndex.assign(static_cast<std::size_t>(attention.layers()), -1);
            for (std::size_t i = 0; i < means->layers.size(); ++i)
                out.m_layerIndex[static_cast<std::size_t>(means->layers[i])] = static_cast<std::int64_t>(i);
            out.m_means = std::move(*means);
        }
    }
    out.m_options = std::move(options);
    return out;
}

void RowView::apply(std::int64_t layer, std::int64_t head, const PositionBlock& visible, std::span<float> row) const
{
    if (m_options.view == WeightView::Corrected) {
        const std::int64_t index = m_layerIndex[static_cast<std::size_t>(layer)];
        for (std::int64_t key = visible.begin; index >= 0 && key < visible.end; ++key) {
            // A key that no query of the baseline sees has no mean, and its weight stays.
            if (const float mean = m_means->mean(index, head, key); !std::isnan(mean))
                row[static_cast<std::size_t>(key)] -= mean;
        }
        return;
    }
    if (m_options.view == WeightView::Raw)
        return;
    const auto isBefore = [](const AttentionSink& sink, const std::pair<std::int64_t, std::int64_t>& at) {
        return std::tie(sink.layer, sink.head) < std::tie(at.first, at.second);
    };
    auto sink = std::lower_bound(m_sinks.begin(), m_sinks.end(), std::pair(layer, head), isBefore);
    bool any = false;
    for (; sink != m_sinks.end() && sink->layer == layer && sink->head == head; ++sink) {
        row[static_cast<std::size_t>(sink->position)] = 0;
        any = true;
    }
    if (!any)
        return;
    const double rest = sumOf(row, visible);
    for (std::int64_t key = visible.begin; key < visible.end; ++key)
        row[static_cast<std::size_t>(key)] =
            rest > 0 ? static_cast<float>(row[static_cast<std::size_t>(key)] / rest) : 0.F;
}

}  // namespace armillary::attention
