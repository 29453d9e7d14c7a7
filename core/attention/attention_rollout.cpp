#include "attention/attention_rollout.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace armillary::attention {

Result<Rollout> attentionRollout(const RecordAttention& attention, std::int64_t position, double residual,
                                 const std::stop_token& stop)
{
    const std::int64_t one[] = {position};
    if (auto held = attention.need(one); !held)
        return tl::unexpected(held.error());
    const std::int64_t keys = attention.positions();
    Rollout out{position, keys, std::vector<double>(static_cast<std::size_t>(keys), 0.0), {}};
    out.byLayer.resize(static_cast<std::size_t>(attention.layers() * keys));
    out.share[static_cast<std::size_t>(position)] = 1;
    const double headShare = (1 - residual) / static_cast<double>(attention.heads());
    for (std::int64_t layer = attention.layers() - 1; layer >= 0; --layer) {
        // Only rows that hold a share are needed: one at the top, all before the position (or in its block) further down.
        TileRequest request{{layer}, {}, std::nullopt};
        for (std::int64_t query = 0; query < keys; ++query) {
            if (out.share[static_cast<std::size_t>(query)] != 0)
                request.positions.push_back(query);
        }
        std::vector<double> next(static_cast<std::size_t>(keys));
        std::transform(out.share.begin(), out.share.end(), next.begin(),
                       [residual](double share) { return residual * share; });
        const auto done = forEachTile(attention, request, stop, [&](const RowTile& tile) {
            for (std::size_t i = 0; i < tile.positions.size(); ++i) {
                const PositionBlock seen = attention.visibleKeys(layer, tile.positions[i]);
                const double factor = out.share[static_cast<std::size_t>(tile.positions[i])] * headShare;
                for (std::int64_t head = 0; head < tile.heads; ++head) {
                    const std::span<const float> row = tile.row(head, static_cast<std::int64_t>(i));
                    for (std::int64_t key = seen.begin; key < seen.end; ++key)
                        next[static_cast<std::size_t>(key)] += factor * row[static_cast<std::size_t>(key)];
                }
            }
        });
        if (!done)
            return tl::unexpected(done.error());
        if (std::any_of(next.begin(), next.end(), [](double share) { return !std::isfinite(share); }))
            return fail(
                ErrorCode::InvalidInput,
                fmt::format(
                    "the attention of layer {} holds values that are no numbers, so nothing can be rolled through it",
                    layer));
        out.share = std::move(next);
        std::copy(out.share.begin(), out.share.end(), out.byLayer.begin() + layer * keys);
    }
    return out;
}

}  // namespace armillary::attention
