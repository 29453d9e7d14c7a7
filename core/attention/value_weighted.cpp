#include "attention/value_weighted.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>
#include <fmt/format.h>

#include <cmath>

namespace armillary::attention {
namespace {

std::vector<float> floatsOf(const at::Tensor& tensor)
{
    const at::Tensor flat = tensor.contiguous();
    return {flat.const_data_ptr<float>(), flat.const_data_ptr<float>() + flat.numel()};
}

// A view; nothing here writes through it.
at::Tensor viewOf(std::span<const float> values, at::IntArrayRef sizes)
{
    return at::from_blob(const_cast<float*>(values.data()), sizes, at::TensorOptions().dtype(at::kFloat));
}

}  // namespace

Result<ValueWeighted> valueWeightedRow(const RecordAttention& attention, std::int64_t layer, std::int64_t position,
                                       std::span<const float> outputProjection, std::span<const float> normFactor)
{
    const c10::InferenceMode inference;
    const ModelFacts& model = attention.model();
    const std::int64_t one[] = {position};
    if (auto held = attention.need(one); !held)
        return tl::unexpected(held.error());
    if (layer < 0 || layer >= attention.layers())
        return fail(ErrorCode::InvalidInput,
                    fmt::format("there is no layer {}: the model has {}", layer, attention.layers()));
    const std::int64_t inner = model.queryHeads * model.headWidth;
    if (static_cast<std::int64_t>(outputProjection.size()) != model.hiddenSize * inner ||
        (!normFactor.empty() && static_cast<std::int64_t>(normFactor.size()) != model.hiddenSize))
        return fail(ErrorCode::InvalidInput,
                    fmt::format("the output projection of layer {} must hold {} x {} numbers and its norm {}: load the "
                                "model that the record was made with",
                                layer, model.hiddenSize, inner, model.hiddenSize));
    const LayerAttention from(attention, layer);
    const std::vector<float> values = from.values();
    if (values.empty())
        return fail(ErrorCode::InvalidInput,
                    fmt::format("the record holds no value.{}: ask again with capture qkv", layer));
    std::vector<float> weights;
    from.weights(one, std::nullopt, weights);

    const std::int64_t keys = attention.positions();
    const std::int64_t group = model.queryHeads / model.keyValueHeads;
    const at::Tensor v = viewOf(values, {model.keyValueHeads, keys, model.headWidth});
    const at::Tensor a = viewOf(weights, {model.queryHeads, keys});
    const at::Tensor projection = viewOf(outputProjection, {model.hiddenSize, model.queryHeads, model.headWidth});
    at::Tensor parts = at::zeros({keys, model.hiddenSize}, at::kFloat);  // sum over heads
    at::Tensor headNorms = at::empty({model.queryHeads, keys}, at::kFloat);
    at::Tensor factor = at::ones({model.hiddenSize}, at::kFloat);
    if (!normFactor.empty())
        factor = viewOf(normFactor, {model.hiddenSize});
    for (std::int64_t head = 0; head < model.queryHeads; ++head) {
        const at::Tensor weighted = v[head / group] * a[head].unsqueeze(1);                        // [P,C]
        const at::Tensor written = at::matmul(weighted, projection.select(1, head).t()) * factor;  // [P,D]
        parts.add_(written);
        headNorms[head].copy_(written.norm(2, 1));
    }
    ValueWeighted out;
    out.layer = layer;
    out.position = position;
    if (!normFactor.empty()) {
        // The norm's scale comes from the output before its factor.
        const at::Tensor mixed = at::bmm(a.view({model.keyValueHeads, group, keys}), v).view({inner});
        const at::Tensor whole = at::matmul(projection.reshape({model.hiddenSize, inner}), mixed);
        out.frozenScale = 1 / std::sqrt(whole.square().mean().item<double>() + model.normEpsilon);
    }
    parts.mul_(out.frozenScale);
    out.norms = floatsOf(parts.norm(2, 1));
    out.headNorms = floatsOf(headNorms * out.frozenScale);
    out.output = floatsOf(parts.sum(0));
    return out;
}

}  // namespace armillary::attention
