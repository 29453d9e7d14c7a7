#include "attention/attention_row.h"

#include "attention/row_sums.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace armillary::attention {

Result<AttentionRow> attentionRow(const RecordAttention& attention, const RowRequest& request,
                                  const std::stop_token& stop)
{
    const auto view = RowView::prepare(attention, request.layers, request.view, stop);
    if (!view)
        return tl::unexpected(view.error());
    AttentionRow out;
    out.position = request.position;
    out.layers = request.layers;
    if (out.layers.empty()) {
        out.layers.resize(static_cast<std::size_t>(attention.layers()));
        std::iota(out.layers.begin(), out.layers.end(), std::int64_t{0});
    }
    out.heads = request.head ? 1 : attention.heads();
    out.keys = attention.positions();
    std::vector<double> sums(static_cast<std::size_t>(out.keys), 0.0);
    std::int64_t summed = 0;
    const auto done =
        forEachTile(attention, {out.layers, {request.position}, request.head}, stop, [&](const RowTile& tile) {
            const PositionBlock visible = attention.visibleKeys(tile.layer, request.position);
            for (std::int64_t head = 0; head < tile.heads; ++head) {
                const std::span<const float> raw = tile.row(head, 0);
                std::vector<float> row(raw.begin(), raw.end());
                for (std::int64_t key = 0; key < out.keys; ++key)
                    out.states.push_back(attention.stateOf(tile.layer, request.position, key,
                                                           row[static_cast<std::size_t>(key)], request.nearZero));
                const bool holdsNumbers = std::isfinite(sumOf(raw, visible));
                view->apply(tile.layer, request.head.value_or(head), visible, row);
                out.weights.insert(out.weights.end(), row.begin(), row.end());
                if (!holdsNumbers) {
                    ++out.rowsLeftOut;
                    continue;
                }
                ++summed;
                std::transform(row.begin(), row.end(), sums.begin(), sums.begin(),
                               [](float weight, double sum) { return sum + weight; });
            }
        });
    if (!done)
        return tl::unexpected(done.error());
    for (const double sum : sums)
        out.mean.push_back(summed > 0 ? static_cast<float>(sum / static_cast<double>(summed))
                                      : std::numeric_limits<float>::quiet_NaN());
    for (const AttentionSink& sink : view->sinks()) {
        if (!request.head || sink.head == *request.head)
            out.sinksRemoved.push_back(sink);
    }
    return out;
}

std::vector<RowGrid> gridsFromRow(const TokenLayout& layout, std::span<const float> values)
{
    std::vector<RowGrid> out;
    for (const TokenGrid& grid : layout.grids) {
        const bool isWorld = grid.kind == TokenKind::World;
        const std::int32_t frames = isWorld ? std::max(grid.latentFrames, 1) : 1;
        if (grid.rows <= 0 || grid.columns <= 0)
            continue;
        const auto cells = static_cast<std::size_t>(grid.rows) * static_cast<std::size_t>(grid.columns);
        std::vector<RowGrid> made(static_cast<std::size_t>(frames));
        for (std::int32_t frame = 0; frame < frames; ++frame)
            made[static_cast<std::size_t>(frame)] = {grid, isWorld ? frame : -1,
                                                     std::vector<float>(cells,
                                                                        std::numeric_limits<float>::quiet_NaN())};
        bool any = false;
        const std::size_t positions = std::min({values.size(), layout.kinds.size(), layout.origins.size()});
        for (std::size_t position = 0; position < positions; ++position) {
            const TokenOrigin& origin = layout.origins[position];
            const bool belongs = layout.kinds[position] == grid.kind && origin.media == grid.media &&
                                 (isWorld || origin.crop == grid.crop);
            const std::int32_t frame = isWorld ? origin.latentFrame : 0;
            if (!belongs || frame < 0 || frame >= frames || origin.row < 0 || origin.row >= grid.rows ||
                origin.column < 0 || origin.column >= grid.columns)
                continue;
            const auto cell = static_cast<std::size_t>(origin.row) * static_cast<std::size_t>(grid.columns) +
                              static_cast<std::size_t>(origin.column);
            made[static_cast<std::size_t>(frame)].values[cell] = values[position];
            any = true;
        }
        if (any)
            out.insert(out.end(), std::make_move_iterator(made.begin()), std::make_move_iterator(made.end()));
    }
    return out;
}

}  // namespace armillary::attention
