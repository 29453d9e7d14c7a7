#include "attention/attention_map.h"

#include "attention/row_sums.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace armillary::attention {
namespace {

std::vector<std::int64_t> edgesOf(std::int64_t things, std::int64_t bins)
{
    const std::int64_t count = std::min(things, bins);
    std::vector<std::int64_t> out;
    for (std::int64_t bin = 0; bin <= count; ++bin)
        out.push_back(count > 0 ? bin * things / count : 0);
    return out;
}

struct Cell {
    double sum = 0;
    float maximum = 0;
    std::int64_t visible = 0;
    bool hasWeight = false;  // a visible cell above the threshold
    bool hasOutside = false;
};

}  // namespace

Result<AttentionMap> attentionMap(const RecordAttention& attention, const MapRequest& request,
                                  const std::stop_token& stop)
{
    if (request.bins < 1)
        return fail(ErrorCode::InvalidInput, "a map needs at least one bin");
    if (request.layer < 0 || request.layer >= attention.layers())
        return fail(ErrorCode::InvalidInput, "there is no such layer");
    const std::int64_t layers[] = {request.layer};
    const auto view = RowView::prepare(attention, layers, request.view, stop);
    if (!view)
        return tl::unexpected(view.error());
    AttentionMap out;
    out.layer = request.layer;
    out.queries = attention.availableRows();
    out.keys = attention.positions();
    out.rowEdges = edgesOf(static_cast<std::int64_t>(out.queries.size()), request.bins);
    out.columnEdges = edgesOf(out.keys, request.bins);
    const std::int64_t columns = out.columns();
    std::vector<Cell> cells(static_cast<std::size_t>(out.rows() * columns));
    std::int64_t bin = 0;

    std::vector<float> raw(static_cast<std::size_t>(out.keys));    // mean over heads
    std::vector<float> shown(static_cast<std::size_t>(out.keys));  // the same in the view
    std::vector<float> row(static_cast<std::size_t>(out.keys));
    const auto done =
        forEachTile(attention, {{request.layer}, out.queries, request.head}, stop, [&](const RowTile& tile) {
            for (std::size_t i = 0; i < tile.positions.size(); ++i) {
                const std::int64_t index = tile.firstIndex + static_cast<std::int64_t>(i);
                while (index >= out.rowEdges[static_cast<std::size_t>(bin) + 1])
                    ++bin;
                const PositionBlock visible = attention.visibleKeys(tile.layer, tile.positions[i]);
                std::fill(raw.begin(), raw.end(), 0.F);
                std::fill(shown.begin(), shown.end(), 0.F);
                std::int64_t heads = 0;
                for (std::int64_t head = 0; head < tile.heads; ++head) {
                    const std::span<const float> from = tile.row(head, static_cast<std::int64_t>(i));
                    if (!std::isfinite(sumOf(from, visible))) {
                        ++out.rowsLeftOut;
                        continue;
                    }
                    ++heads;
                    std::copy(from.begin(), from.end(), row.begin());
                    std::transform(raw.begin(), raw.end(), row.begin(), raw.begin(), std::plus<>());
                    view->apply(tile.layer, request.head.value_or(head), visible, row);
                    std::transform(shown.begin(), shown.end(), row.begin(), shown.begin(), std::plus<>());
                }
                const float share = heads > 0 ? 1.F / static_cast<float>(heads) : 0.F;
                Cell* into = cells.data() + bin * columns;
                for (std::int64_t column = 0; column < columns; ++column) {
                    Cell& cell = into[column];
                    const std::int64_t begin = out.columnEdges[static_cast<std::size_t>(column)];
                    const std::int64_t end = out.columnEdges[static_cast<std::size_t>(column) + 1];
                    cell.hasOutside = cell.hasOutside || begin < visible.begin;
                    for (std::int64_t key = std::max(begin, visible.begin); key < std::min(end, visible.end); ++key) {
                        const float weight = shown[static_cast<std::size_t>(key)] * share;
                        cell.maximum = cell.visible == 0 ? weight : std::max(cell.maximum, weight);
                        cell.sum += weight;
                        ++cell.visible;
                        cell.hasWeight =
                            cell.hasWeight || raw[static_cast<std::size_t>(key)] * share >= request.nearZero;
                    }
                }
            }
        });
    if (!done)
        return tl::unexpected(done.error());
    for (const Cell& cell : cells) {
        out.mean.push_back(cell.visible > 0 ? static_cast<float>(cell.sum / static_cast<double>(cell.visible)) : 0.F);
        out.maximum.push_back(cell.maximum);
        out.states.push_back(cell.visible > 0  ? (cell.hasWeight ? CellState::Visible : CellState::NearZero)
                             : cell.hasOutside ? CellState::OutsideWindow
                                               : CellState::Future);
    }
    return out;
}

}  // namespace armillary::attention
