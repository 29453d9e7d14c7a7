#include "training/transformer_net.h"

#include "cosmos/flow_scheduler.h"
#include "nn/rotary.h"
#include "training/layers.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <fmt/format.h>

#include <cmath>
#include <vector>

namespace armillary::training {
namespace {

constexpr double kNormEpsilon = 1e-6;
constexpr double kHeadNormEpsilon = 1e-5;
constexpr double kBaseFramesPerSecond = 24;
constexpr double kBaseTheta = 10000;

struct Turn {
    at::Tensor cosine, sine;  // [S,C/2]
};

// As WorldTransformer::rotary.
Turn turnOf(const cosmos::TransformerConfig& config, std::int64_t frames, std::int64_t rows, std::int64_t columns,
            double framesPerSecond)
{
    const std::int64_t spatial = config.headWidth / 6 * 2;
    const std::int64_t temporal = config.headWidth - 2 * spatial;
    const auto part = [&](const at::Tensor& positions, std::int64_t width, double scale, std::int64_t axis) {
        const double exponent = static_cast<double>(width) / static_cast<double>(width - 2);
        const at::Tensor angles =
            positions.unsqueeze(1) * nn::inverseFrequencies(width, kBaseTheta * std::pow(scale, exponent), 1);
        std::vector<std::int64_t> shape{1, 1, 1, width / 2};
        shape[static_cast<std::size_t>(axis)] = positions.size(0);
        return angles.view(shape).expand({frames, rows, columns, width / 2});
    };
    const auto count = [](std::int64_t n) { return at::arange(n, at::kLong).to(at::kFloat); };
    const at::Tensor angles =
        at::cat({part(count(frames) / framesPerSecond * kBaseFramesPerSecond, temporal, config.ropeScale[0], 0),
                 part(count(rows), spatial, config.ropeScale[1], 1),
                 part(count(columns), spatial, config.ropeScale[2], 2)},
                -1)
            .reshape({frames * rows * columns, config.headWidth / 2});
    return {angles.cos(), angles.sin()};
}

}  // namespace

TransformerNet::TransformerNet(Parameters& parameters, const cosmos::TransformerConfig& config)
    : m_parameters(parameters), m_config(config)
{
    constexpr double kSharp = 1.8;
    constexpr double kSmall = 0.1;  // of what gates the layers and of the output
    const std::int64_t width = config.width();
    const std::int64_t patch = config.patchSize[0] * config.patchSize[1] * config.patchSize[2];
    const auto inner = static_cast<std::int64_t>(static_cast<double>(width) * config.mlpRatio);
    const auto make = [&](const std::string& name, std::int64_t out, std::int64_t in, double gain = 0.6) {
        m_parameters.normal(name + ".weight", {out, in}, gain / std::sqrt(static_cast<double>(in)));
    };
    const auto makeAdaptive = [&](const std::string& name, std::int64_t parts) {
        make(name + ".linear_1", config.adaptiveRank, width);
        make(name + ".linear_2", parts * width, config.adaptiveRank, kSmall);
    };
    const auto makeAttention = [&](const std::string& name, std::int64_t contextWidth) {
        m_parameters.constant(name + ".norm_q.weight", {config.headWidth}, kSharp);
        m_parameters.constant(name + ".norm_k.weight", {config.headWidth}, kSharp);
        make(name + ".to_q", width, width);
        make(name + ".to_k", width, contextWidth);
        make(name + ".to_v", width, contextWidth);
    };
    make("patch_embed.proj", width, (config.inputChannels + (config.hasPaddingMask ? 1 : 0)) * patch, 1);
    make("time_embed.t_embedder.linear_1", width, width);
    make("time_embed.t_embedder.linear_2", 3 * width, width, kSmall);
    m_parameters.constant("time_embed.norm.weight", {width}, 1);
    for (std::int64_t i = 0; i < config.layers; ++i) {
        const std::string name = fmt::format("transformer_blocks.{}", i);
        makeAdaptive(name + ".norm1", 3);
        makeAttention(name + ".attn1", width);
        make(name + ".attn1.to_out.0", width, width);
        makeAdaptive(name + ".norm2", 3);
        makeAttention(name + ".attn2", config.textWidth);
        m_parameters.constant(name + ".attn2.to_out.0.weight", {width, width}, 0);
        makeAdaptive(name + ".norm3", 3);
        make(name + ".ff.net.0.proj", inner, width);
        make(name + ".ff.net.2", width, inner);
    }
    makeAdaptive("norm_out", 2);
    make("proj_out", config.outputChannels * patch, width, kSmall);
    std::vector<std::string> unused;
    for (const auto& [name, tensor] : m_parameters.all()) {
        if (name.find(".attn2.") != std::string::npos || name.find(".norm2.") != std::string::npos)
            unused.push_back(name);
    }
    for (const std::string& name : unused)
        m_parameters.freeze(name);
}

at::Tensor TransformerNet::linear(const std::string& name, const at::Tensor& x) const
{
    return at::linear(x, m_parameters.get(name + ".weight"));
}

at::Tensor TransformerNet::modulation(const std::string& name, const at::Tensor& steering) const
{
    return linear(name + ".linear_2", linear(name + ".linear_1", steering));
}

at::Tensor TransformerNet::forward(const at::Tensor& latents, std::int64_t conditionFrames, const at::Tensor& times,
                                   double framesPerSecond) const
{
    const std::int64_t batch = latents.size(0);
    const std::int64_t width = m_config.width();
    const auto& [patchFrames, patchRows, patchColumns] = m_config.patchSize;
    const std::int64_t frames = latents.size(2) / patchFrames;
    const std::int64_t rows = latents.size(3) / patchRows;
    const std::int64_t columns = latents.size(4) / patchColumns;

    at::Tensor mask = at::zeros({batch, 1, latents.size(2), latents.size(3), latents.size(4)}, latents.options());
    mask.narrow(2, 0, conditionFrames).fill_(1);
    std::vector<at::Tensor> channels{latents, mask};
    if (m_config.hasPaddingMask)
        channels.push_back(at::zeros_like(mask));
    const at::Tensor patches = at::cat(channels, 1)
                                   .view({batch, -1, frames, patchFrames, rows, patchRows, columns, patchColumns})
                                   .permute({0, 2, 4, 6, 1, 3, 5, 7})
                                   .reshape({batch, frames, rows * columns, -1});
    at::Tensor x = linear("patch_embed.proj", patches);  // [B,T,P,D]

    const std::int64_t half = width / 2;
    const at::Tensor exponent = at::arange(half, at::kLong).to(at::kFloat) * -std::log(10000.0) / half;
    const at::Tensor angles = times.unsqueeze(-1) * exponent.exp();
    const at::Tensor waves = at::cat({angles.cos(), angles.sin()}, -1);  // [B,T,D]
    const at::Tensor shared =
        linear("time_embed.t_embedder.linear_2", at::silu(linear("time_embed.t_embedder.linear_1", waves)));
    const at::Tensor steering = at::silu(rmsNorm(waves, m_parameters.get("time_embed.norm.weight"), kNormEpsilon));
    const Turn turn = turnOf(m_config, frames, rows, columns, framesPerSecond);
    const double scale = 1 / std::sqrt(static_cast<double>(m_config.headWidth));
    const auto modulated = [&](const std::vector<at::Tensor>& by) {
        return at::layer_norm(x, {width}, {}, {}, kNormEpsilon) * (by[1] + 1) + by[0];
    };
    const auto parts = [&](const std::string& name) {
        return (modulation(name, steering) + shared).unsqueeze(2).chunk(3, -1);  // shift, scale, gate [B,T,1,D]
    };
    for (std::int64_t i = 0; i < m_config.layers; ++i) {
        const std::string name = fmt::format("transformer_blocks.{}", i);
        std::vector<at::Tensor> by = parts(name + ".norm1");
        const at::Tensor y = modulated(by).flatten(1, 2);  // [B,S,D]
        const auto heads = [&](const char* part) {
            return splitHeads(linear(name + ".attn1." + part, y), m_config.heads);
        };
        const auto placed = [&](const at::Tensor& head, const char* norm) {
            return turned(rmsNorm(head, m_parameters.get(name + ".attn1." + norm + ".weight"), kHeadNormEpsilon),
                          turn.cosine, turn.sine);
        };
        const at::Tensor mixed =
            attended(placed(heads("to_q"), "norm_q"), placed(heads("to_k"), "norm_k"), heads("to_v"), scale, {});
        x = x + by[2] * linear(name + ".attn1.to_out.0", joinHeads(mixed)).view_as(x);
        by = parts(name + ".norm3");
        x = x + by[2] * linear(name + ".ff.net.2", at::gelu(linear(name + ".ff.net.0.proj", modulated(by))));
    }
    const at::Tensor last = modulation("norm_out", steering) + shared.narrow(-1, 0, 2 * width);
    x = linear("proj_out", modulated(last.unsqueeze(2).chunk(2, -1)));
    return x.view({batch, frames, rows, columns, patchRows, patchColumns, patchFrames, -1})
        .permute({0, 7, 1, 6, 2, 4, 3, 5})
        .reshape({batch, -1, frames * patchFrames, rows * patchRows, columns * patchColumns});
}

at::Tensor rollOut(const TransformerNet& net, const at::Tensor& condition, const at::Tensor& noise, std::int64_t steps,
                   double framesPerSecond)
{
    const at::NoGradGuard noGradients;
    const cosmos::FlowScheduler scheduler(steps);
    const std::int64_t given = condition.size(2);
    const std::int64_t later = noise.size(2) - given;
    const auto withCondition = [&](const at::Tensor& latents) {
        return at::cat({condition, latents.narrow(2, given, later)}, 2);
    };
    at::Tensor x = noise * cosmos::FlowScheduler::kLargestSigma;
    for (std::int64_t step = 0; step < scheduler.steps() && scheduler.moves(step); ++step) {
        const float time = scheduler.time(step);
        at::Tensor times = at::full({x.size(0), x.size(2)}, time, x.options());
        times.narrow(1, 0, given)
            .fill_(cosmos::FlowScheduler::timeFromSigma(cosmos::FlowScheduler::kConditioningSigma));
        const at::Tensor output = net.forward(withCondition(x * (1 - time)), given, times, framesPerSecond);
        const at::Tensor clean = withCondition((1 - time) * x - time * output);
        x = scheduler.advance(x, (x - clean) / scheduler.sigma(step), step);
    }
    return withCondition(x);
}

}  // namespace armillary::training
