#include "vision/siglip_encoder.h"

#include "nn/attention.h"
#include "tensors/shape.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <cmath>
#include <string>
#include <utility>

namespace armillary::vision {
namespace {

using tensors::TapPoint;

// Patches of the MLP at a time: bounds its memory, and a stop is seen between the products of a block.
constexpr std::int64_t kMlpRows = 1024;

}  // namespace

SiglipEncoder::SiglipEncoder(const SiglipConfig& config, at::Device device, at::ScalarType format)
    : m_config(config), m_device(device), m_activation(device.is_cpu() ? at::kFloat : format)
{}

std::unique_ptr<SiglipEncoder> SiglipEncoder::load(tensors::Weights& weights, const SiglipConfig& config,
                                                   at::Device device, at::ScalarType format)
{
    std::unique_ptr<SiglipEncoder> encoder(new SiglipEncoder(config, device, format));
    const std::string root = "vision_tower.";
    const std::int64_t width = config.hiddenSize;
    const std::int64_t patches = config.patchesPerSide() * config.patchesPerSide();
    const std::int64_t patchValues = config.channels * config.patchPixels * config.patchPixels;
    const auto take = [&](const std::string& name, at::IntArrayRef sizes) {
        const at::Tensor tensor = weights.take(root + name, sizes);
        return tensor.defined() ? tensor.to(device, format) : tensor;
    };
    const auto linear = [&](const std::string& name, std::int64_t out, std::int64_t in) {
        const at::Tensor weight = take(name + ".weight", {out, in});
        return nn::Linear(weight, take(name + ".bias", {out}));
    };
    const auto norm = [&](const std::string& name) {
        const at::Tensor weight = take(name + ".weight", {width});
        return nn::LayerNorm(weight, take(name + ".bias", {width}), width, config.normEpsilon);
    };
    const at::Tensor patch =
        take("embeddings.patch_embedding.weight", {width, config.channels, config.patchPixels, config.patchPixels});
    encoder->m_patch = nn::Linear(patch.defined() ? patch.reshape({width, patchValues}) : patch,
                                  take("embeddings.patch_embedding.bias", {width}));
    const at::Tensor position = take("embeddings.position_embedding.weight", {patches, width});
    encoder->m_position = position.defined() ? position.to(encoder->m_activation) : position;
    encoder->m_finalNorm = norm("post_layernorm");
    for (std::int64_t index = 0; index < config.layerCount; ++index) {
        const std::string at = fmt::format("encoder.layers.{}.", index);
        Layer layer;
        layer.attentionNorm = norm(at + "layer_norm1");
        layer.mlpNorm = norm(at + "layer_norm2");
        layer.query = linear(at + "self_attn.q_proj", width, width);
        layer.key = linear(at + "self_attn.k_proj", width, width);
        layer.value = linear(at + "self_attn.v_proj", width, width);
        layer.output = linear(at + "self_attn.out_proj", width, width);
        layer.up = linear(at + "mlp.fc1", config.intermediateSize, width);
        layer.down = linear(at + "mlp.fc2", width, config.intermediateSize);
        encoder->m_layers.push_back(std::move(layer));
    }
    return encoder;
}

at::Tensor SiglipEncoder::embed(const at::Tensor& picture) const
{
    const std::int64_t side = m_config.patchesPerSide();
    const std::int64_t patch = m_config.patchPixels;
    const at::Tensor patches = picture.to(m_device, m_activation)
                                   .reshape({m_config.channels, side, patch, side, patch})
                                   .permute({1, 3, 0, 2, 4})
                                   .reshape({side * side, m_config.channels * patch * patch});  // [P,3*patch*patch]
    return m_patch.forward(patches) + m_position;                                               // [P,Dv]
}

double SiglipEncoder::scoreScale() const
{
    return 1.0 / std::sqrt(static_cast<double>(m_config.hiddenSize / m_config.heads));
}

SiglipEncoder::Heads SiglipEncoder::headsOf(const Layer& layer, const at::Tensor& x) const
{
    const at::Tensor normed = layer.attentionNorm.forward(x);
    const auto heads = [&](const nn::Linear& linear) {
        return linear.forward(normed).view({x.size(0), m_config.heads, m_config.hiddenSize / m_config.heads});
    };
    return {heads(layer.query), heads(layer.key), heads(layer.value)};  // [P,heads,C]
}

SiglipEncoder::Heads SiglipEncoder::heads(std::int64_t layer, const at::Tensor& hidden) const
{
    return headsOf(m_layers.at(static_cast<std::size_t>(layer)), hidden.to(m_device, m_activation));
}

Result<at::Tensor> SiglipEncoder::attention(const Layer& layer, const at::Tensor& x, const std::stop_token& stop) const
{
    const Heads heads = headsOf(layer, x);
    const auto mixed = nn::attendToAll(heads.query, heads.key, heads.value, scoreScale(), stop);
    if (!mixed)
        return mixed;
    if (stop.stop_requested())
        return failCancelled();
    return layer.output.forward(*mixed);  // [P,Dv]
}

Result<at::Tensor> SiglipEncoder::mlp(const Layer& layer, const at::Tensor& x, const std::stop_token& stop) const
{
    at::Tensor out = at::empty_like(x);
    for (std::int64_t first = 0; first < x.size(0); first += kMlpRows) {
        if (stop.stop_requested())
            return failCancelled();
        at::Tensor inner = layer.up.forward(layer.mlpNorm.forward(x.slice(0, first, first + kMlpRows)));
        out.slice(0, first, first + kMlpRows).copy_(layer.down.forward(nn::geluTanhInPlace(inner)));
    }
    return out;
}

Result<at::Tensor> SiglipEncoder::encode(const at::Tensor& pixels, tensors::TapSink& taps, RunObserver& observer,
                                         const std::stop_token& stop) const
{
    tensors::checkShape(pixels, "pixels", {-1, m_config.channels, m_config.imagePixels, m_config.imagePixels});
    const std::int64_t pictures = pixels.size(0);
    const auto offer = [&taps](TapPoint point, std::int64_t layer, const at::Tensor& hidden) {
        if (taps.wants(point, static_cast<int>(layer)))
            taps.take(point, static_cast<int>(layer), hidden.unsqueeze(0));
    };
    std::vector<at::Tensor> out;
    for (std::int64_t picture = 0; picture < pictures; ++picture) {
        if (stop.stop_requested())
            return failCancelled();
        at::Tensor x = embed(pixels[picture]);
        taps.beginPass(x.size(0));
        for (std::int64_t index = 0; index < m_config.layerCount; ++index) {
            observer.onStage("SigLIP", picture * m_config.layerCount + index, pictures * m_config.layerCount);
            offer(TapPoint::VisionHidden, index, x);
            const Layer& layer = m_layers[static_cast<std::size_t>(index)];
            const auto mixed = attention(layer, x, stop);
            if (!mixed)
                return mixed;
            x = x + *mixed;
            const auto fed = mlp(layer, x, stop);
            if (!fed)
                return fed;
            x = x + *fed;
            taps.endLayer();
        }
        offer(TapPoint::VisionHidden, m_config.layerCount, x);
        x = m_finalNorm.forward(x);
        offer(TapPoint::VisionOutput, m_config.layerCount, x);
        out.push_back(std::move(x));
    }
    return at::stack(out);  // [N,P,Dv]
}

at::Tensor SiglipEncoder::attentionProbabilities(std::int64_t index, const at::Tensor& hidden) const
{
    const Layer& layer = m_layers.at(static_cast<std::size_t>(index));
    const at::Tensor normed = layer.attentionNorm.forward(hidden.to(m_device, m_activation));
    const auto heads = [&](const nn::Linear& linear) {
        return linear.forward(normed)
            .unflatten(2, {m_config.heads, -1})
            .transpose(1, 2)
            .to(at::kFloat);  // [N,heads,P,C]
    };
    const at::Tensor q = heads(layer.query);
    const at::Tensor k = heads(layer.key);
    return at::softmax(at::matmul(q, k.transpose(2, 3)) / std::sqrt(static_cast<double>(q.size(3))), -1);
}

}  // namespace armillary::vision
