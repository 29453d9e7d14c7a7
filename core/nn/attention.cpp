#include "nn/attention.h"

#include "base/run_control.h"
#include "tensors/shape.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <limits>
#include <optional>

namespace armillary::nn {
namespace {

// LibTorch's CPU kernel takes its largest tiles from 768 rows on; more rows see more keys in vain at the causal edge.
constexpr std::int64_t kQueryBlockRows = 768;
// Scores of this many query-key pairs take a fraction of a second on a small machine: the time to notice a stop.
constexpr std::int64_t kPairsBetweenPolls = std::int64_t{64} << 20;

const PositionRange* blockOf(const AttentionMask& mask, std::int64_t position)
{
    for (const PositionRange& block : mask.bidirectional)
        if (position >= block.begin && position < block.end)
            return &block;
    return nullptr;
}

// The keys of one query, as one range: a block that holds the query reaches from its begin to its end, and everything before
// the query is seen anyway.
PositionRange keysOf(const AttentionMask& mask, std::int64_t query)
{
    const PositionRange* block = blockOf(mask, query);
    const std::int64_t begin = mask.window > 0 ? std::max<std::int64_t>(0, query - mask.window + 1) : 0;
    return {begin, std::max(query + 1, block != nullptr ? block->end : 0)};
}

bool holds(const std::vector<PositionRange>& ranges, std::int64_t position)
{
    return std::any_of(ranges.begin(), ranges.end(), [position](const PositionRange& range) {
        return position >= range.begin && position < range.end;
    });
}

}  // namespace

bool BlockedEdges::blocks(std::int64_t query, std::int64_t key) const
{
    return query != key && holds(queries, query) && holds(keys, key);
}

bool AttentionMask::sees(std::int64_t query, std::int64_t key) const
{
    const PositionRange keys = keysOf(*this, query);
    return key >= keys.begin && key < keys.end &&
           std::none_of(blocked.begin(), blocked.end(),
                        [&](const BlockedEdges& edges) { return edges.blocks(query, key); });
}

PositionRange seenKeys(const AttentionMask& mask, std::int64_t first, std::int64_t count, std::int64_t keyCount)
{
    PositionRange seen{keysOf(mask, first).begin, 0};
    for (std::int64_t query = first; query < first + count; ++query)
        seen.end = std::max(seen.end, keysOf(mask, query).end);
    seen.end = std::min(seen.end, keyCount);
    return seen;
}

at::Tensor maskRows(const AttentionMask& mask, std::int64_t first, std::int64_t count, PositionRange keys)
{
    const std::int64_t width = keys.end - keys.begin;
    const at::Tensor rows = at::full({count, width}, -std::numeric_limits<float>::infinity(), at::kFloat);
    float* data = rows.mutable_data_ptr<float>();
    for (std::int64_t row = 0; row < count; ++row) {
        const PositionRange seen = keysOf(mask, first + row);
        const std::int64_t begin = std::max(seen.begin, keys.begin) - keys.begin;
        const std::int64_t end = std::min(seen.end, keys.end) - keys.begin;
        float* const values = data + row * width;
        std::fill(values + begin, values + std::max(begin, end), 0.F);
        for (const BlockedEdges& edges : mask.blocked) {
            if (!holds(edges.queries, first + row))
                continue;
            for (const PositionRange& range : edges.keys) {
                const std::int64_t from = std::clamp<std::int64_t>(range.begin - keys.begin, 0, width);
                const std::int64_t to = std::clamp<std::int64_t>(range.end - keys.begin, from, width);
                std::fill(values + from, values + to, -std::numeric_limits<float>::infinity());
            }
        }
        // What is blocked never hides a query from itself.
        if (const std::int64_t self = first + row - keys.begin; !mask.blocked.empty() && self >= begin && self < end)
            values[self] = 0.F;
    }
    return rows;
}

Result<at::Tensor> attend(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, double scale,
                          const AttentionMask& mask, std::int64_t queryOffset, const std::stop_token& stop)
{
    const std::int64_t heads = q.size(0);
    const std::int64_t length = q.size(1);
    const std::int64_t width = q.size(2);
    const std::int64_t keyHeads = k.size(0);
    const std::int64_t keyCount = k.size(1);
    tensors::checkShape(k, "attention keys", {-1, -1, width});
    tensors::checkShape(v, "attention values", {keyHeads, keyCount, width});
    TORCH_CHECK(keyHeads > 0 && heads % keyHeads == 0, "query heads must be a multiple of key heads");
    TORCH_CHECK(queryOffset + length <= keyCount, "every query needs its own key");
    const std::int64_t group = heads / keyHeads;

    if (length == 1) {
        // The group's queries see the same keys: they are rows of one small product, and no key is read twice.
        const PositionRange keys = seenKeys(mask, queryOffset, 1, keyCount);
        const at::Tensor rows = q.reshape({1, keyHeads, group, width});
        const at::Tensor seenK = k.slice(1, keys.begin, keys.end).unsqueeze(0);
        const at::Tensor seenV = v.slice(1, keys.begin, keys.end).unsqueeze(0);
        std::optional<at::Tensor> bias;
        if (!mask.blocked.empty())
            bias = maskRows(mask, queryOffset, 1, keys)
                       .to(q.options())
                       .expand({1, keyHeads, group, keys.end - keys.begin});
        const at::Tensor out = at::scaled_dot_product_attention(rows, seenK, seenV, bias, 0.0, false, scale);
        return out.reshape({1, heads * width});
    }

    const at::Tensor grouped = q.unflatten(0, {keyHeads, group});  // [K,G,Sq,C]
    at::Tensor out = at::empty({length, heads, width}, q.options());
    for (std::int64_t first = 0; first < length;) {
        if (stop.stop_requested())
            return failCancelled();
        const std::int64_t count = std::min(kQueryBlockRows, length - first);
        const PositionRange keys = seenKeys(mask, queryOffset + first, count, keyCount);
        const std::vector<std::int64_t> sizes{keyHeads, group, keys.end - keys.begin, width};
        const at::Tensor seenK = k.slice(1, keys.begin, keys.end).unsqueeze(1).expand(sizes);
        const at::Tensor seenV = v.slice(1, keys.begin, keys.end).unsqueeze(1).expand(sizes);
        const at::Tensor bias = maskRows(mask, queryOffset + first, count, keys).to(q.options());
        const at::Tensor part =
            at::scaled_dot_product_attention(grouped.slice(2, first, first + count), seenK, seenV,
                                             bias.expand({keyHeads, group, count, bias.size(1)}), 0.0, false,
                                             scale);  // [K,G,count,C]
        out.slice(0, first, first + count).copy_(part.flatten(0, 1).transpose(0, 1));
        first += count;
    }
    return out.view({length, heads * width});
}

Result<at::Tensor> attendToAll(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, double scale,
                               const std::stop_token& stop)
{
    const std::int64_t length = q.size(0);
    const std::int64_t heads = q.size(1);
    const std::int64_t width = q.size(2);
    tensors::checkShape(k, "attention keys", {length, heads, width});
    tensors::checkShape(v, "attention values", {length, heads, width});
    const std::int64_t pairs = std::max<std::int64_t>(1, length * length);
    const std::int64_t headsAtOnce = std::clamp<std::int64_t>(kPairsBetweenPolls / pairs, 1, heads);
    at::Tensor out = at::empty({length, heads, width}, q.options());
    const auto part = [&](const at::Tensor& x, std::int64_t first, std::int64_t count) {
        return x.narrow(1, first, count).transpose(0, 1).unsqueeze(0);  // [1,count,P,C]
    };
    for (std::int64_t first = 0; first < heads; first += headsAtOnce) {
        if (stop.stop_requested())
            return failCancelled();
        const std::int64_t count = std::min(headsAtOnce, heads - first);
        const at::Tensor attended = at::scaled_dot_product_attention(part(q, first, count), part(k, first, count),
                                                                     part(v, first, count), {}, 0.0, false, scale);
        out.narrow(1, first, count).copy_(attended.squeeze(0).transpose(0, 1));
    }
    return out.view({length, heads * width});
}

at::Tensor attentionProbabilities(const at::Tensor& q, const at::Tensor& k, double scale, const AttentionMask& mask,
                                  std::int64_t queryOffset)
{
    const std::int64_t heads = q.size(0);
    const std::int64_t keyHeads = k.size(0);
    const std::int64_t keyCount = k.size(1);
    TORCH_CHECK(keyHeads > 0 && heads % keyHeads == 0, "query heads must be a multiple of key heads");
    const at::Tensor grouped = q.to(at::kFloat).unflatten(0, {keyHeads, heads / keyHeads});          // [K,G,Sq,C]
    at::Tensor scores = at::matmul(grouped, k.to(at::kFloat).transpose(1, 2).unsqueeze(1)) * scale;  // [K,G,Sq,Sk]
    scores += maskRows(mask, queryOffset, q.size(1), {0, keyCount}).to(q.device());
    return at::softmax(scores, -1).flatten(0, 1);
}

}  // namespace armillary::nn
