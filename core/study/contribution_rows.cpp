#include "study/contribution_rows.h"

#include "nn/attention.h"
#include "nn/rotary.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>

namespace armillary::study {

std::vector<Segment> segmentsOf(const RunRecord& record)
{
    std::vector<Segment> out;
    const auto add = [&out](TokenKind kind, std::int64_t begin, std::int64_t end) {
        out.push_back({fmt::format("{} [{},{})", tokenKindName(kind), begin, end), kind, begin, end});
    };
    for (const TokenSpan& span : record.layout->spans())
        add(span.kind, span.begin, span.end);
    const std::int64_t length = record.layout->size();
    if (!record.generated.empty())
        add(TokenKind::Generated, length, length + static_cast<std::int64_t>(record.generated.size()));
    return out;
}

at::Tensor sumsOfSegments(const at::Tensor& perKey, std::int64_t firstKey, const std::vector<Segment>& segments)
{
    const std::int64_t count = perKey.size(-1);
    std::vector<at::Tensor> sums;
    for (const Segment& segment : segments) {
        const std::int64_t begin = std::clamp<std::int64_t>(segment.begin - firstKey, 0, count);
        const std::int64_t end = std::clamp<std::int64_t>(segment.end - firstKey, begin, count);
        sums.push_back(perKey.slice(-1, begin, end).sum(-1));
    }
    return at::stack(sums, -1);
}

RowParts rowParts(const language::LanguageModel& model, std::int64_t layer, const at::Tensor& x, std::int64_t position,
                  const language::KvCache& cache, const language::ImageBlocks& blocks)
{
    const language::LayerParts parts = model.layer(layer).parts();
    const nn::AttentionMask mask{model.config().isGlobal(layer) ? 0 : model.config().slidingWindow, blocks};
    RowParts out;
    out.keys = nn::seenKeys(mask, position, 1, cache.length());

    const at::Tensor normed = parts.inputNorm.forward(x);
    const at::Tensor q = nn::normAndTurn(parts.query.forward(normed).view({1, parts.queryHeads, parts.headWidth}),
                                         parts.queryNorm, model.rotary(layer, position, 1))
                             .transpose(0, 1);  // [H,1,C]
    const at::Tensor k = cache.keys(layer, cache.length()).slice(1, out.keys.begin, out.keys.end);
    // Shifted by the keys' begin, a query still sees the same of them.
    nn::AttentionMask shifted{mask.window, {}};
    for (const nn::PositionRange& block : blocks) {
        if (block.end > out.keys.begin)
            shifted.bidirectional.push_back(
                {std::max(block.begin - out.keys.begin, std::int64_t{0}), block.end - out.keys.begin});
    }
    out.attention =
        nn::attentionProbabilities(q, k, parts.scoreScale, shifted, position - out.keys.begin).squeeze(1);  // [H,n]
    out.values = cache.values(layer, cache.length())
                     .slice(1, out.keys.begin, out.keys.end)
                     .to(at::kFloat)
                     .repeat_interleave(parts.queryHeads / parts.keyValueHeads, 0);  // [H,n,C]

    const at::Tensor heads = at::matmul(out.attention.unsqueeze(1), out.values).reshape({1, -1});  // [1,H*C]
    const at::Tensor mixed = at::linear(heads, parts.output.weight().to(at::kFloat)).squeeze(0);   // [D]
    const nn::RmsNorm& behind = parts.postAttentionNorm;
    out.frozenScale =
        behind.isNone() ? at::ones_like(mixed) : at::rsqrt(mixed.square().mean() + behind.epsilon()) * behind.factor();
    out.attentionOutput = mixed * out.frozenScale;
    const at::Tensor middle = x.squeeze(0).to(at::kFloat) + out.attentionOutput;

    const at::Tensor fed = parts.preMlpNorm.forward(middle.unsqueeze(0).to(x.scalar_type()));
    at::Tensor inner = parts.gate.forward(fed);
    language::activateInPlace(parts.activation, inner).mul_(parts.up.forward(fed));
    out.mlpOutput = parts.postMlpNorm.forward(parts.down.forward(inner)).squeeze(0).to(at::kFloat);
    out.output = middle + out.mlpOutput;
    return out;
}

at::Tensor contributionVectors(const language::LanguageModel& model, std::int64_t layer, const RowParts& parts)
{
    const at::Tensor weighted = (parts.attention.unsqueeze(2) * parts.values).transpose(0, 1).flatten(1, 2);  // [n,H*C]
    return at::linear(weighted, model.layer(layer).parts().output.weight().to(at::kFloat)) * parts.frozenScale;
}

at::Tensor contributionsAlong(const language::LanguageModel& model, std::int64_t layer, const RowParts& parts,
                              const at::Tensor& direction)
{
    const at::Tensor weight = model.layer(layer).parts().output.weight().to(at::kFloat);  // [D,H*C]
    const at::Tensor perHead = at::matmul(direction * parts.frozenScale, weight)
                                   .view({parts.values.size(0), parts.values.size(2), 1});  // [H,C,1]
    return parts.attention * at::matmul(parts.values, perHead).squeeze(2);
}

double relativeError(const at::Tensor& recomputed, const at::Tensor& next)
{
    const at::Tensor want = next.to(at::kFloat).flatten();
    const double largest = want.abs().max().item<double>();
    const double difference = (recomputed.to(at::kFloat).flatten() - want).abs().max().item<double>();
    return largest > 0 ? difference / largest : difference;
}

}  // namespace armillary::study
