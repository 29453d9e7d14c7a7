#include "training/language_net.h"

#include "nn/rotary.h"
#include "training/layers.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <cmath>

namespace armillary::training {
namespace {

constexpr const char* kModel = "language_model.model.";
constexpr const char* kTable = "language_model.model.embed_tokens.weight";

struct Turn {
    at::Tensor cosine, sine;  // [B,1,S,C/2]
};

Turn turnOf(const at::Tensor& positions, std::int64_t headWidth, double theta, double factor)
{
    const at::Tensor frequencies = nn::inverseFrequencies(headWidth, theta, factor);
    const at::Tensor angles = positions.to(at::kFloat).unsqueeze(-1) * frequencies;
    return {angles.cos().unsqueeze(1), angles.sin().unsqueeze(1)};
}

}  // namespace

LanguageNet::LanguageNet(Parameters& parameters, const language::DecoderConfig& config)
    : m_parameters(parameters), m_config(config)
{
    constexpr double kGain = 0.8;
    constexpr double kSharp = 0.8;   // of query and key norms, which add 1
    constexpr double kQuiet = -0.6;  // of the norms behind attention and MLP: a narrow model starts with quiet layers
    const std::int64_t width = config.hiddenSize;
    m_parameters.normal(kTable, {config.vocabularySize, width}, 0.09);
    for (std::int64_t layer = 0; layer < config.layerCount; ++layer) {
        const std::string name = fmt::format("{}layers.{}.", kModel, layer);
        const auto makeNorm = [&](const std::string& part, std::int64_t size, double value) {
            m_parameters.constant(name + part + ".weight", {size}, value);
        };
        const auto makeLinear = [&](const std::string& part, std::int64_t out, std::int64_t in) {
            m_parameters.normal(name + part + ".weight", {out, in}, kGain / std::sqrt(static_cast<double>(in)));
        };
        makeNorm("input_layernorm", width, 0);
        makeNorm("post_attention_layernorm", width, kQuiet);
        makeNorm("pre_feedforward_layernorm", width, 0);
        makeNorm("post_feedforward_layernorm", width, kQuiet);
        makeNorm("self_attn.q_norm", config.headWidth, kSharp);
        makeNorm("self_attn.k_norm", config.headWidth, kSharp);
        makeLinear("self_attn.q_proj", config.queryHeads * config.headWidth, width);
        makeLinear("self_attn.k_proj", config.keyValueHeads * config.headWidth, width);
        makeLinear("self_attn.v_proj", config.keyValueHeads * config.headWidth, width);
        makeLinear("self_attn.o_proj", width, config.queryHeads * config.headWidth);
        makeLinear("mlp.gate_proj", config.intermediateSize, width);
        makeLinear("mlp.up_proj", config.intermediateSize, width);
        makeLinear("mlp.down_proj", width, config.intermediateSize);
    }
    m_parameters.constant(std::string(kModel) + "norm.weight", {width}, 0);
}

at::Tensor LanguageNet::embed(const at::Tensor& ids) const
{
    return at::embedding(m_parameters.get(kTable), ids) * std::sqrt(static_cast<double>(m_config.hiddenSize));
}

at::Tensor LanguageNet::norm(const std::string& name, const at::Tensor& x) const
{
    return rmsNorm(x, m_parameters.get(name + ".weight") + 1, m_config.normEpsilon);
}

at::Tensor LanguageNet::linear(const std::string& name, const at::Tensor& x) const
{
    return at::linear(x, m_parameters.get(name + ".weight"));
}

LanguageNet::Output LanguageNet::forward(const at::Tensor& embeds, const at::Tensor& positions, const at::Tensor& mask,
                                         std::int64_t tapLayer) const
{
    TORCH_CHECK(positions.max().item<std::int64_t>() < m_config.slidingWindow, "positions beyond the sliding window");
    const Turn local = turnOf(positions, m_config.headWidth, m_config.localTheta, m_config.localFactor);
    const Turn global = turnOf(positions, m_config.headWidth, m_config.globalTheta, m_config.globalFactor);
    const std::int64_t group = m_config.queryHeads / m_config.keyValueHeads;
    Output out;
    at::Tensor x = embeds;
    for (std::int64_t layer = 0; layer < m_config.layerCount; ++layer) {
        const std::string name = fmt::format("{}layers.{}.", kModel, layer);
        const Turn& turn = m_config.isGlobal(layer) ? global : local;
        at::Tensor y = norm(name + "input_layernorm", x);
        const at::Tensor query = splitHeads(linear(name + "self_attn.q_proj", y), m_config.queryHeads);
        const at::Tensor key = splitHeads(linear(name + "self_attn.k_proj", y), m_config.keyValueHeads);
        const at::Tensor value = splitHeads(linear(name + "self_attn.v_proj", y), m_config.keyValueHeads);
        const at::Tensor q = turned(norm(name + "self_attn.q_norm", query), turn.cosine, turn.sine);
        const at::Tensor k = turned(norm(name + "self_attn.k_norm", key), turn.cosine, turn.sine);
        const auto shared = [group](const at::Tensor& heads) {
            return heads.unsqueeze(2).expand({-1, -1, group, -1, -1}).flatten(1, 2);
        };
        y = joinHeads(attended(q, shared(k), shared(value), m_config.scoreScale(), mask));
        x = x + norm(name + "post_attention_layernorm", linear(name + "self_attn.o_proj", y));
        y = norm(name + "pre_feedforward_layernorm", x);
        y = at::gelu(linear(name + "mlp.gate_proj", y), "tanh") * linear(name + "mlp.up_proj", y);
        x = x + norm(name + "post_feedforward_layernorm", linear(name + "mlp.down_proj", y));
        if (layer + 1 == tapLayer)
            out.afterLayers = x;
    }
    out.hidden = norm(std::string(kModel) + "norm", x);
    return out;
}

at::Tensor LanguageNet::logits(const at::Tensor& hidden) const
{
    return at::linear(hidden, m_parameters.get(kTable));
}

WorldNet::WorldNet(Parameters& parameters, std::int64_t channels, std::int64_t width) : m_parameters(parameters)
{
    const std::string name = "world_projector.projection.";
    m_parameters.normal(name + "0.weight", {width, channels}, 1 / std::sqrt(static_cast<double>(channels)));
    m_parameters.constant(name + "0.bias", {width}, 0);
    m_parameters.normal(name + "2.weight", {width, width}, 1.5 / std::sqrt(static_cast<double>(width)));
    m_parameters.constant(name + "2.bias", {width}, 0);
}

at::Tensor WorldNet::forward(const at::Tensor& latents) const
{
    const std::string name = "world_projector.projection.";
    const at::Tensor rows = latents.permute({0, 2, 3, 4, 1}).flatten(1, 3);  // [B,T*h*w,Z]
    const at::Tensor inner =
        at::gelu(at::linear(rows, m_parameters.get(name + "0.weight"), m_parameters.get(name + "0.bias")));
    return at::linear(inner, m_parameters.get(name + "2.weight"), m_parameters.get(name + "2.bias"));
}

}  // namespace armillary::training
