#include "language/decoder_layer.h"

#include "base/run_control.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <string>
#include <utility>

namespace armillary::language {
namespace {

using tensors::TapPoint;

// Rows of the MLP at a time: bounds its memory, and a stop is seen between the products of a block.
constexpr std::int64_t kMlpRows = 512;

}  // namespace

at::Tensor& activateInPlace(Activation activation, at::Tensor& x)
{
    return activation == Activation::GeluTanh ? nn::geluTanhInPlace(x) : nn::siluInPlace(x);
}

DecoderLayer::DecoderLayer(tensors::Weights& weights, const DecoderConfig& config, std::int64_t index,
                           at::Device device, at::ScalarType format)
    : m_index(index),
      m_queryHeads(config.queryHeads),
      m_keyValueHeads(config.keyValueHeads),
      m_headWidth(config.headWidth),
      m_scoreScale(config.scoreScale()),
      m_activation(config.activation)
{
    const std::string at = fmt::format("language_model.layers.{}.", index);
    const auto norm = [&](const std::string& name, std::int64_t width) {
        const at::Tensor weight = weights.take(at + name + ".weight", {width});
        return nn::RmsNorm(weight.defined() ? weight.to(device) : weight, config.normEpsilon, config.normFactor);
    };
    const auto linear = [&](const std::string& name, std::int64_t out, std::int64_t in) {
        const at::Tensor weight = weights.take(at + name + ".weight", {out, in});
        return nn::Linear(weight.defined() ? weight.to(device, format) : weight);
    };
    const std::int64_t width = config.hiddenSize;
    const std::int64_t inner = config.intermediateSize;
    const std::int64_t queryWidth = m_queryHeads * m_headWidth;
    const std::int64_t keyWidth = m_keyValueHeads * m_headWidth;
    m_inputNorm = norm("input_layernorm", width);
    m_preMlpNorm = norm("pre_feedforward_layernorm", width);
    if (config.normsOutputs) {
        m_postAttentionNorm = norm("post_attention_layernorm", width);
        m_postMlpNorm = norm("post_feedforward_layernorm", width);
    }
    if (config.normsHeads) {
        m_queryNorm = norm("self_attn.q_norm", m_headWidth);
        m_keyNorm = norm("self_attn.k_norm", m_headWidth);
    }
    m_query = linear("self_attn.q_proj", queryWidth, width);
    m_key = linear("self_attn.k_proj", keyWidth, width);
    m_value = linear("self_attn.v_proj", keyWidth, width);
    m_output = linear("self_attn.o_proj", width, queryWidth);
    m_gate = linear("mlp.gate_proj", inner, width);
    m_up = linear("mlp.up_proj", inner, width);
    m_down = linear("mlp.down_proj", width, inner);
}

Result<at::Tensor> DecoderLayer::attention(const at::Tensor& x, const LayerPass& pass) const
{
    const std::int64_t rows = x.size(0);
    const auto heads = [&](const nn::Linear& linear, std::int64_t count) {
        return linear.forward(x).view({rows, count, m_headWidth});  // [S,heads,C]
    };
    const at::Tensor q =
        nn::normAndTurn(heads(m_query, m_queryHeads), m_queryNorm, pass.turn).transpose(0, 1);  // [H,S,C]
    const at::Tensor k =
        nn::normAndTurn(heads(m_key, m_keyValueHeads), m_keyNorm, pass.turn).transpose(0, 1);  // [K,S,C]
    const at::Tensor v = heads(m_value, m_keyValueHeads).transpose(0, 1);                      // [K,S,C]
    const auto offer = [&](TapPoint point, const at::Tensor& tensor) {
        if (pass.taps.wants(point, static_cast<int>(m_index)))
            pass.taps.take(point, static_cast<int>(m_index), tensor);
    };
    offer(TapPoint::Query, q);
    offer(TapPoint::Key, k);
    offer(TapPoint::Value, v);

    pass.cache.append(m_index, k, v);
    const std::int64_t seen = pass.first + rows;
    const auto mixed = nn::attend(q, pass.cache.keys(m_index, seen), pass.cache.values(m_index, seen), m_scoreScale,
                                  pass.mask, pass.first, pass.stop);  // [S,H*C]
    if (!mixed)
        return mixed;
    offer(TapPoint::AttentionMix, *mixed);
    if (pass.stop.stop_requested())
        return failCancelled();
    return m_output.forward(*mixed);  // [S,D]
}

Result<at::Tensor> DecoderLayer::mlp(const at::Tensor& x, const std::stop_token& stop) const
{
    at::Tensor out;
    for (std::int64_t first = 0; first < x.size(0); first += kMlpRows) {
        const at::Tensor rows = x.slice(0, first, first + kMlpRows);
        at::Tensor inner = m_gate.forward(rows);
        if (stop.stop_requested())
            return failCancelled();
        activateInPlace(m_activation, inner).mul_(m_up.forward(rows));
        if (stop.stop_requested())
            return failCancelled();
        const at::Tensor part = m_down.forward(inner);
        if (rows.size(0) == x.size(0))
            return part;
        if (!out.defined())
            out = at::empty_like(x);
        out.slice(0, first, first + kMlpRows).copy_(part);
    }
    return out;
}

Result<at::Tensor> DecoderLayer::forward(at::Tensor x, const LayerPass& pass) const
{
    const auto mixed = attention(m_inputNorm.forward(x), pass);
    if (!mixed)
        return mixed;
    x = x + m_postAttentionNorm.forward(*mixed);
    const auto fed = mlp(m_preMlpNorm.forward(x), pass.stop);
    if (!fed)
        return fed;
    return x + m_postMlpNorm.forward(*fed);
}

}  // namespace armillary::language
