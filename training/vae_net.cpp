#include "training/vae_net.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <fmt/format.h>

#include <cmath>
#include <utility>
#include <vector>

namespace armillary::training {

VaeNet::VaeNet(Parameters& parameters, cosmos::VaeConfig config) : m_parameters(parameters), m_config(std::move(config))
{
    TORCH_CHECK(m_config.attentionScales.empty(), "attention beside the middle is not trained here");
    makeEncoder();
    makeDecoder();
}

void VaeNet::makeConv(const std::string& name, std::int64_t out, std::int64_t in, at::IntArrayRef kernel, double gain)
{
    std::vector<std::int64_t> shape{out, in};
    std::int64_t inputs = in;
    for (const std::int64_t side : kernel) {
        shape.push_back(side);
        inputs *= side;
    }
    m_parameters.normal(name + ".weight", shape, gain / std::sqrt(static_cast<double>(inputs)));
    m_parameters.constant(name + ".bias", {out}, 0);
}

void VaeNet::makeResidual(const std::string& name, std::int64_t in, std::int64_t out)
{
    m_parameters.constant(name + ".norm1.gamma", {in, 1, 1, 1}, 1);
    makeConv(name + ".conv1", out, in, {3, 3, 3}, 1);
    m_parameters.constant(name + ".norm2.gamma", {out, 1, 1, 1}, 1);
    makeConv(name + ".conv2", out, out, {3, 3, 3}, 0.5);
    if (in != out)
        makeConv(name + ".conv_shortcut", out, in, {1, 1, 1}, 1);
}

void VaeNet::makeMiddle(const std::string& name, std::int64_t channels)
{
    makeResidual(name + ".resnets.0", channels, channels);
    m_parameters.constant(name + ".attentions.0.norm.gamma", {channels, 1, 1}, 1);
    makeConv(name + ".attentions.0.to_qkv", 3 * channels, channels, {1, 1}, 1);
    makeConv(name + ".attentions.0.proj", channels, channels, {1, 1}, 0.2);
    makeResidual(name + ".resnets.1", channels, channels);
}

void VaeNet::makeEncoder()
{
    const std::int64_t z = m_config.latentChannels;
    std::int64_t channels = m_config.encoderWidth;
    makeConv("encoder.conv_in", channels, m_config.inputChannels, {3, 3, 3}, 1);
    int block = 0;
    for (std::size_t level = 0; level < m_config.levelFactors.size(); ++level) {
        const std::int64_t wanted = m_config.encoderWidth * m_config.levelFactors[level];
        for (std::int64_t i = 0; i < m_config.residualBlocks; ++i) {
            makeResidual(fmt::format("encoder.down_blocks.{}", block++), channels, wanted);
            channels = wanted;
        }
        if (level + 1 < m_config.levelFactors.size()) {
            const std::string name = fmt::format("encoder.down_blocks.{}", block++);
            makeConv(name + ".resample.1", channels, channels, {3, 3}, 1);
            if (m_config.halvesTime[level])
                makeConv(name + ".time_conv", channels, channels, {3, 1, 1}, 1);
        }
    }
    makeMiddle("encoder.mid_block", channels);
    m_parameters.constant("encoder.norm_out.gamma", {channels, 1, 1, 1}, 1);
    makeConv("encoder.conv_out", 2 * z, channels, {3, 3, 3}, 1);
    makeConv("quant_conv", 2 * z, 2 * z, {1, 1, 1}, 1);
}

void VaeNet::makeDecoder()
{
    const std::int64_t z = m_config.latentChannels;
    const std::size_t levels = m_config.levelFactors.size();
    std::int64_t channels = m_config.decoderWidth * m_config.levelFactors.back();
    makeConv("post_quant_conv", z, z, {1, 1, 1}, 1);
    makeConv("decoder.conv_in", channels, z, {3, 3, 3}, 1);
    makeMiddle("decoder.mid_block", channels);
    for (std::size_t level = 0; level < levels; ++level) {
        const std::string name = fmt::format("decoder.up_blocks.{}", level);
        const std::int64_t wanted = m_config.decoderWidth * m_config.levelFactors[levels - 1 - level];
        for (std::int64_t i = 0; i <= m_config.residualBlocks; ++i) {
            makeResidual(fmt::format("{}.resnets.{}", name, i), channels, wanted);
            channels = wanted;
        }
        if (level + 1 < levels) {
            if (m_config.halvesTime[levels - 2 - level])
                makeConv(name + ".upsamplers.0.time_conv", 2 * channels, channels, {3, 1, 1}, 1);
            makeConv(name + ".upsamplers.0.resample.1", channels / 2, channels, {3, 3}, 1);
            channels /= 2;
        }
    }
    m_parameters.constant("decoder.norm_out.gamma", {channels, 1, 1, 1}, 1);
    makeConv("decoder.conv_out", m_config.outputChannels, channels, {3, 3, 3}, 0.5);
}

// Causal in time: zeros before the first frame; zeros around the picture.
at::Tensor VaeNet::conv(const std::string& name, const at::Tensor& x) const
{
    const at::Tensor weight = m_parameters.get(name + ".weight");
    const at::Tensor bias = m_parameters.get(name + ".bias");
    if (weight.dim() == 4)
        return at::conv3d(x, weight.unsqueeze(2), bias);
    const std::int64_t past = weight.size(2) - 1;
    const std::int64_t around = weight.size(3) / 2;
    return at::conv3d(past > 0 ? at::constant_pad_nd(x, {0, 0, 0, 0, past, 0}) : x, weight, bias, 1,
                      {0, around, around});
}

at::Tensor VaeNet::norm(const std::string& name, const at::Tensor& x) const
{
    const at::Tensor gamma = m_parameters.get(name + ".gamma").reshape({1, -1, 1, 1, 1});
    const at::Tensor length = at::linalg_vector_norm(x, 2, at::IntArrayRef{1}, true).clamp_min(1e-12);
    return x / length * (gamma * std::sqrt(static_cast<double>(x.size(1))));
}

at::Tensor VaeNet::residual(const std::string& name, const at::Tensor& x) const
{
    at::Tensor inner = conv(name + ".conv1", at::silu(norm(name + ".norm1", x)));
    inner = conv(name + ".conv2", at::silu(norm(name + ".norm2", inner)));
    return inner + (m_parameters.has(name + ".conv_shortcut.weight") ? conv(name + ".conv_shortcut", x) : x);
}

// Within each frame.
at::Tensor VaeNet::attention(const std::string& name, const at::Tensor& x) const
{
    const at::Tensor mixed = conv(name + ".to_qkv", norm(name + ".norm", x));            // [B,3C,T,h,w]
    const at::Tensor rows = mixed.permute({0, 2, 3, 4, 1}).flatten(2, 3).flatten(0, 1);  // [B*T,h*w,3C]
    const std::vector<at::Tensor> parts = rows.chunk(3, -1);
    const double scale = 1 / std::sqrt(static_cast<double>(x.size(1)));
    const at::Tensor seen = at::softmax(at::matmul(parts[0] * scale, parts[1].transpose(1, 2)), -1);
    const at::Tensor attended =
        at::matmul(seen, parts[2]).reshape({x.size(0), x.size(2), x.size(3), x.size(4), x.size(1)});
    return conv(name + ".proj", attended.permute({0, 4, 1, 2, 3})) + x;
}

at::Tensor VaeNet::middle(const std::string& name, const at::Tensor& x) const
{
    return residual(name + ".resnets.1", attention(name + ".attentions.0", residual(name + ".resnets.0", x)));
}

at::Tensor VaeNet::down(const std::string& name, const at::Tensor& x, bool halvesTime) const
{
    const at::Tensor small =
        at::conv3d(at::constant_pad_nd(x, {0, 1, 0, 1}), m_parameters.get(name + ".resample.1.weight").unsqueeze(2),
                   m_parameters.get(name + ".resample.1.bias"), {1, 2, 2});
    if (!halvesTime || small.size(2) == 1)
        return small;
    // The first frame passes as it is; then every pair is convolved with the frame before it.
    const at::Tensor later = at::conv3d(small, m_parameters.get(name + ".time_conv.weight"),
                                        m_parameters.get(name + ".time_conv.bias"), {2, 1, 1});
    return at::cat({small.narrow(2, 0, 1), later}, 2);
}

at::Tensor VaeNet::up(const std::string& name, const at::Tensor& x, bool doublesTime) const
{
    at::Tensor frames = x;
    if (doublesTime && x.size(2) > 1) {
        // The first frame is not doubled, and the second does not see it.
        const std::int64_t later = x.size(2) - 1;
        const at::Tensor both = conv(name + ".time_conv", x.narrow(2, 1, later));  // [B,2C,T-1,h,w]
        const at::Tensor doubled = both.view({x.size(0), 2, x.size(1), later, x.size(3), x.size(4)})
                                       .permute({0, 2, 3, 1, 4, 5})
                                       .reshape({x.size(0), x.size(1), 2 * later, x.size(3), x.size(4)});
        frames = at::cat({x.narrow(2, 0, 1), doubled}, 2);
    }
    const at::Tensor large = at::upsample_nearest3d(frames, {frames.size(2), 2 * frames.size(3), 2 * frames.size(4)});
    return at::conv3d(large, m_parameters.get(name + ".resample.1.weight").unsqueeze(2),
                      m_parameters.get(name + ".resample.1.bias"), 1, {0, 1, 1});
}

VaeNet::Posterior VaeNet::encode(const at::Tensor& frames) const
{
    at::Tensor x = conv("encoder.conv_in", frames.contiguous(at::MemoryFormat::ChannelsLast3d));
    int block = 0;
    for (std::size_t level = 0; level < m_config.levelFactors.size(); ++level) {
        for (std::int64_t i = 0; i < m_config.residualBlocks; ++i)
            x = residual(fmt::format("encoder.down_blocks.{}", block++), x);
        if (level + 1 < m_config.levelFactors.size())
            x = down(fmt::format("encoder.down_blocks.{}", block++), x, m_config.halvesTime[level]);
    }
    x = middle("encoder.mid_block", x);
    x = conv("quant_conv", conv("encoder.conv_out", at::silu(norm("encoder.norm_out", x))));
    const std::vector<at::Tensor> halves = x.chunk(2, 1);
    return {halves[0], halves[1].clamp(-30, 20)};
}

at::Tensor VaeNet::decode(const at::Tensor& latents) const
{
    const std::size_t levels = m_config.levelFactors.size();
    at::Tensor x = conv("post_quant_conv", latents.contiguous(at::MemoryFormat::ChannelsLast3d));
    x = middle("decoder.mid_block", conv("decoder.conv_in", x));
    for (std::size_t level = 0; level < levels; ++level) {
        const std::string name = fmt::format("decoder.up_blocks.{}", level);
        for (std::int64_t i = 0; i <= m_config.residualBlocks; ++i)
            x = residual(fmt::format("{}.resnets.{}", name, i), x);
        if (level + 1 < levels)
            x = up(name + ".upsamplers.0", x, m_config.halvesTime[levels - 2 - level]);
    }
    return conv("decoder.conv_out", at::silu(norm("decoder.norm_out", x)));
}

void foldLatentStatistics(Parameters& parameters, const at::Tensor& mean, const at::Tensor& deviation)
{
    const at::NoGradGuard noGradients;
    const std::int64_t z = mean.size(0);
    const at::Tensor column = deviation.view({z, 1, 1, 1, 1});
    at::Tensor weight = parameters.get("quant_conv.weight");
    at::Tensor bias = parameters.get("quant_conv.bias");
    weight.narrow(0, 0, z).div_(column);
    bias.narrow(0, 0, z).sub_(mean).div_(deviation);
    bias.narrow(0, z, z).sub_(2 * deviation.log());
    at::Tensor back = parameters.get("post_quant_conv.weight");  // [Z,Z,1,1,1]
    parameters.get("post_quant_conv.bias").add_(at::mv(back.flatten(1), mean));
    back.mul_(deviation.view({1, z, 1, 1, 1}));
}

}  // namespace armillary::training
