#include "training/vision_net.h"

#include "training/layers.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <cmath>

namespace armillary::training {

VisionNet::VisionNet(Parameters& parameters, const vision::SiglipConfig& config, std::int64_t tokensPerImage,
                     std::int64_t width)
    : m_parameters(parameters), m_config(config), m_tokens(vision::tokensPerSide(tokensPerImage))
{
    constexpr double kGain = 0.8;
    const std::int64_t inner = config.hiddenSize;
    const std::int64_t patch = config.patchPixels;
    const auto makeNorm = [&](const std::string& name) {
        m_parameters.constant(name + ".weight", {inner}, 1);
        m_parameters.constant(name + ".bias", {inner}, 0);
    };
    const auto makeLinear = [&](const std::string& name, std::int64_t out, std::int64_t in) {
        m_parameters.normal(name + ".weight", {out, in}, kGain / std::sqrt(static_cast<double>(in)));
        m_parameters.constant(name + ".bias", {out}, 0);
    };
    const std::string tower = "vision_tower.";
    m_parameters.normal(tower + "embeddings.patch_embedding.weight", {inner, config.channels, patch, patch},
                        kGain / std::sqrt(static_cast<double>(config.channels * patch * patch)));
    m_parameters.constant(tower + "embeddings.patch_embedding.bias", {inner}, 0);
    m_parameters.normal(tower + "embeddings.position_embedding.weight",
                        {config.patchesPerSide() * config.patchesPerSide(), inner}, 0.3);
    for (std::int64_t layer = 0; layer < config.layerCount; ++layer) {
        const std::string name = fmt::format("{}encoder.layers.{}.", tower, layer);
        makeNorm(name + "layer_norm1");
        for (const char* part : {"q_proj", "k_proj", "v_proj", "out_proj"})
            makeLinear(name + "self_attn." + part, inner, inner);
        makeNorm(name + "layer_norm2");
        makeLinear(name + "mlp.fc1", config.intermediateSize, inner);
        makeLinear(name + "mlp.fc2", inner, config.intermediateSize);
    }
    makeNorm(tower + "post_layernorm");
    m_parameters.constant("multi_modal_projector.mm_soft_emb_norm.weight", {inner}, 0);
    m_parameters.normal("multi_modal_projector.mm_input_projection_weight", {inner, width}, 0.09);
}

at::Tensor VisionNet::layerNorm(const std::string& name, const at::Tensor& x) const
{
    return at::layer_norm(x, {x.size(-1)}, m_parameters.get(name + ".weight"), m_parameters.get(name + ".bias"),
                          m_config.normEpsilon);
}

at::Tensor VisionNet::linear(const std::string& name, const at::Tensor& x) const
{
    return at::linear(x, m_parameters.get(name + ".weight"), m_parameters.get(name + ".bias"));
}

at::Tensor VisionNet::forward(const at::Tensor& pixels) const
{
    const std::string tower = "vision_tower.";
    const std::int64_t heads = m_config.heads;
    const double scale = 1 / std::sqrt(static_cast<double>(m_config.hiddenSize / heads));
    at::Tensor x = at::conv2d(pixels, m_parameters.get(tower + "embeddings.patch_embedding.weight"),
                              m_parameters.get(tower + "embeddings.patch_embedding.bias"), m_config.patchPixels)
                       .flatten(2)
                       .transpose(1, 2);  // [B,P,Dv]
    x = x + m_parameters.get(tower + "embeddings.position_embedding.weight");
    for (std::int64_t layer = 0; layer < m_config.layerCount; ++layer) {
        const std::string name = fmt::format("{}encoder.layers.{}.", tower, layer);
        const at::Tensor normed = layerNorm(name + "layer_norm1", x);
        const auto part = [&](const char* which) {
            return splitHeads(linear(name + "self_attn." + which, normed), heads);
        };
        const at::Tensor mixed = attended(part("q_proj"), part("k_proj"), part("v_proj"), scale, {});
        x = x + linear(name + "self_attn.out_proj", joinHeads(mixed));
        const at::Tensor inner = at::gelu(linear(name + "mlp.fc1", layerNorm(name + "layer_norm2", x)), "tanh");
        x = x + linear(name + "mlp.fc2", inner);
    }
    x = layerNorm(tower + "post_layernorm", x);
    const std::int64_t side = m_config.patchesPerSide();
    const std::int64_t pool = side / m_tokens;
    if (pool > 1)
        x = at::avg_pool2d(x.transpose(1, 2).unflatten(2, {side, side}), {pool, pool}).flatten(2).transpose(1, 2);
    x = rmsNorm(x, m_parameters.get("multi_modal_projector.mm_soft_emb_norm.weight") + 1, m_config.normEpsilon);
    return at::matmul(x, m_parameters.get("multi_modal_projector.mm_input_projection_weight"));  // [B,M,D]
}

}  // namespace armillary::training
