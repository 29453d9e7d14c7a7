// A decoder layer of any family in float64 with its whole attention map, for LibTorch's own gradients: the formulas as they stand.
#pragma once

#include "language/decoder_layer.h"
#include "nn/attention.h"
#include "nn/rotary.h"

#include <ATen/ATen.h>

#include <limits>
#include <vector>

namespace armillary::test {

inline at::Tensor wide(const at::Tensor& tensor)
{
    return tensor.to(at::kDouble);
}

inline at::Tensor referenceNorm(const nn::RmsNorm& norm, const at::Tensor& x)
{
    if (norm.isNone())
        return x;
    return x * at::rsqrt(x.square().mean(-1, true) + norm.epsilon()) * wide(norm.factor());
}

// x [S,D] float64 -> [S,D]; the softmax weights [H,S,S], which keep their gradient, are put into `map`.
inline at::Tensor referenceLayer(const language::DecoderLayer& layer, const nn::AttentionMask& mask,
                                 const nn::RotaryTable& turn, const at::Tensor& x, at::Tensor& map)
{
    const std::int64_t length = x.size(0);
    const language::LayerParts parts = layer.parts();
    const auto times = [](const at::Tensor& rows, const nn::Linear& linear) {
        return at::matmul(rows, wide(linear.weight()).t());
    };
    const at::Tensor in = referenceNorm(parts.inputNorm, x);
    const auto heads = [&](const nn::Linear& linear, std::int64_t count) {
        return times(in, linear).view({length, count, parts.headWidth}).transpose(0, 1);  // [heads,S,C]
    };
    const auto turned = [&](const at::Tensor& rows, const nn::RmsNorm& norm) {
        const std::vector<at::Tensor> halves = referenceNorm(norm, rows).chunk(2, -1);
        const at::Tensor cosine = wide(turn.cosine);
        const at::Tensor sine = wide(turn.sine);
        return at::cat({halves[0] * cosine - halves[1] * sine, halves[1] * cosine + halves[0] * sine}, -1);
    };
    const std::int64_t group = parts.queryHeads / parts.keyValueHeads;
    const at::Tensor q = turned(heads(parts.query, parts.queryHeads), parts.queryNorm);
    const at::Tensor k = turned(heads(parts.key, parts.keyValueHeads), parts.keyNorm).repeat_interleave(group, 0);
    const at::Tensor v = heads(parts.value, parts.keyValueHeads).repeat_interleave(group, 0);
    const at::Tensor hidden = at::full({length, length}, -std::numeric_limits<double>::infinity(), at::kDouble);
    double* const seen = hidden.mutable_data_ptr<double>();
    for (std::int64_t query = 0; query < length; ++query) {
        for (std::int64_t key = 0; key < length; ++key) {
            if (mask.sees(query, key))
                seen[query * length + key] = 0;
        }
    }
    map = at::softmax(at::matmul(q, k.transpose(1, 2)) * parts.scoreScale + hidden, -1);
    if (map.requires_grad())
        map.retain_grad();
    const at::Tensor mixed = at::matmul(map, v).transpose(0, 1).reshape({length, -1});
    const at::Tensor middle = x + referenceNorm(parts.postAttentionNorm, times(mixed, parts.output));
    const at::Tensor fed = referenceNorm(parts.preMlpNorm, middle);
    const at::Tensor gate = times(fed, parts.gate);
    const bool isGelu = parts.activation == language::Activation::GeluTanh;
    const at::Tensor inner = (isGelu ? at::gelu(gate, "tanh") : at::silu(gate)) * times(fed, parts.up);
    return middle + referenceNorm(parts.postMlpNorm, times(inner, parts.down));
}

}  // namespace armillary::test
