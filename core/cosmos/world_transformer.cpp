#include "cosmos/world_transformer.h"

#include "base/run_control.h"
#include "cosmos/module_place.h"
#include "nn/attention.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace armillary::cosmos {
namespace {

constexpr double kNormEpsilon = 1e-6;
// diffusers' Attention gives its query and key norms this one, whatever the model's other norms have.
constexpr double kHeadNormEpsilon = 1e-5;
constexpr double kBaseFramesPerSecond = 24;
constexpr double kBaseTheta = 10000;

// 1 / theta^(2i/width), with theta stretched for pictures `scale` times larger than those trained on (NTK). [width/2]
at::Tensor stretchedFrequencies(std::int64_t width, double scale)
{
    const double exponent = static_cast<double>(width) / static_cast<double>(width - 2);
    return nn::inverseFrequencies(width, kBaseTheta * std::pow(scale, exponent), 1);
}

struct Modulation {
    at::Tensor shift, scale, gate;  // [T,1,D]; no gate at the output
};

Modulation modulation(const at::Tensor& rows, std::int64_t parts)
{
    const std::vector<at::Tensor> cut = rows.unsqueeze(1).chunk(parts, -1);
    return {cut[0], cut[1], parts > 2 ? cut[2] : at::Tensor()};
}

// x [T,P,D], one row of shift and scale a frame.
at::Tensor modulated(const nn::LayerNorm& norm, const at::Tensor& x, const Modulation& by)
{
    return norm.forward(x).mul_(by.scale + 1).add_(by.shift);
}

}  // namespace

WorldTransformer::WorldTransformer(TransformerConfig config, const ModulePlace& place)
    : m_config(config), m_device(place.device), m_activation(place.activationFormat())
{
    const std::int64_t width = config.width();
    const std::int64_t patch = config.patchSize[0] * config.patchSize[1] * config.patchSize[2];
    const std::int64_t rank = config.adaptiveRank;
    const auto mlpWidth = static_cast<std::int64_t>(static_cast<double>(width) * config.mlpRatio);
    const auto adaptive = [&](const std::string& name, std::int64_t parts) {
        return AdaptiveNorm{place.linear(name + ".linear_1", rank, width),
                            place.linear(name + ".linear_2", parts * width, rank)};
    };
    const auto attention = [&](const std::string& name, std::int64_t contextWidth) {
        Attention out;
        out.query = place.linear(name + ".to_q", width, width);
        out.key = place.linear(name + ".to_k", width, contextWidth);
        out.value = place.linear(name + ".to_v", width, contextWidth);
        out.output = place.linear(name + ".to_out.0", width, width);
        out.queryNorm = place.rmsNorm(name + ".norm_q", config.headWidth, kHeadNormEpsilon);
        out.keyNorm = place.rmsNorm(name + ".norm_k", config.headWidth, kHeadNormEpsilon);
        return out;
    };
    m_patchEmbed =
        place.linear("patch_embed.proj", width, (config.inputChannels + (config.hasPaddingMask ? 1 : 0)) * patch);
    m_timeDown = place.linear("time_embed.t_embedder.linear_1", width, width);
    m_timeUp = place.linear("time_embed.t_embedder.linear_2", 3 * width, width);
    m_timeNorm = place.rmsNorm("time_embed.norm", width, kNormEpsilon);
    m_plainNorm = nn::LayerNorm({}, {}, width, kNormEpsilon);
    for (std::int64_t i = 0; i < config.layers; ++i) {
        const std::string name = fmt::format("transformer_blocks.{}", i);
        Block block;
        block.selfNorm = adaptive(name + ".norm1", 3);
        block.self = attention(name + ".attn1", width);
        block.crossNorm = adaptive(name + ".norm2", 3);
        block.cross = attention(name + ".attn2", config.textWidth);
        block.mlpNorm = adaptive(name + ".norm3", 3);
        block.up = place.linear(name + ".ff.net.0.proj", mlpWidth, width);
        block.down = place.linear(name + ".ff.net.2", width, mlpWidth);
        m_blocks.push_back(std::move(block));
    }
    m_outputNorm = adaptive("norm_out", 2);
    m_output = place.linear("proj_out", config.outputChannels * patch, width);
}

Result<std::unique_ptr<WorldTransformer>> WorldTransformer::load(const io::ModelFolder& folder, at::Device device,
                                                                 at::ScalarType format)
{
    const Result<TransformerConfig> config = readTransformerConfig(folder.config, folder.file("config.json"));
    if (!config)
        return tl::unexpected(config.error());
    tensors::Weights weights(folder, [](const std::string& name) { return name; });
    std::unique_ptr<WorldTransformer> transformer(new WorldTransformer(*config, ModulePlace{weights, device, format}));
    if (const auto report = weights.report(true); !report)
        return failWhile("loading the world transformer", report.error());
    return transformer;
}

Result<void> WorldTransformer::checkSize(std::int64_t latentFrames, std::int64_t rows, std::int64_t columns,
                                         std::int64_t pixelsPerLatent) const
{
    const auto& [patchFrames, patchRows, patchColumns] = m_config.patchSize;
    if (rows < 1 || columns < 1 || rows % patchRows != 0 || columns % patchColumns != 0)
        return fail(ErrorCode::InvalidInput,
                    fmt::format("a rollout's height must be a multiple of {} and its width of {} pixels",
                                patchRows * pixelsPerLatent, patchColumns * pixelsPerLatent));
    // The reference makes this many positions for each of the three axes.
    std::int64_t positions = 0;
    for (std::size_t axis = 0; axis < 3; ++axis)
        positions = std::max(positions, m_config.maxSize[axis] / m_config.patchSize[axis]);
    if (latentFrames > positions * patchFrames || rows > positions * patchRows || columns > positions * patchColumns)
        return fail(ErrorCode::InvalidInput,
                    fmt::format("this transformer places at most {} latent frames of {}x{} pixels",
                                positions * patchFrames, positions * patchRows * pixelsPerLatent,
                                positions * patchColumns * pixelsPerLatent));
    return {};
}

std::int64_t transformerWorkBytes(const TransformerConfig& config, at::ScalarType activation, std::int64_t latentFrames,
                                  std::int64_t rows, std::int64_t columns, std::int64_t textRows)
{
    const auto& [patchFrames, patchRows, patchColumns] = config.patchSize;
    const std::int64_t sequence = latentFrames / patchFrames * (rows / patchRows) * (columns / patchColumns);
    const auto elementBytes = static_cast<std::int64_t>(c10::elementSize(activation));
    // At once: the rows, their normed copy, and either query, key, value, attended and output rows or the MLP's inner
    // rows and its output, each with a copy while its kernel runs.
    const std::int64_t perRow =
        config.width() * (4 + std::max<std::int64_t>(6, 2 * static_cast<std::int64_t>(config.mlpRatio)));
    const std::int64_t texts = 2 * 2 * config.layers * textRows * config.width();
    return (sequence * perRow + texts) * elementBytes;
}

TextKeys WorldTransformer::prepareText(const at::Tensor& rows) const
{
    const at::Tensor x = rows.to(m_device, m_activation);
    TextKeys out;
    for (const Block& block : m_blocks) {
        const at::Tensor keys = block.cross.keyNorm.forward(heads(block.cross.key, x));
        out.keys.push_back(keys.transpose(0, 1).unsqueeze(0));  // [1,H,S,C]
        out.values.push_back(heads(block.cross.value, x).transpose(0, 1).unsqueeze(0));
    }
    return out;
}

TimeRows WorldTransformer::timeRows(const at::Tensor& times) const
{
    const std::int64_t width = m_config.width();
    const std::int64_t half = width / 2;
    const at::Tensor exponent = at::arange(half, at::kLong).to(at::kFloat) * -std::log(10000.0) / half;
    const at::Tensor angles = times.to(at::kCPU, at::kFloat).unsqueeze(1) * exponent.exp().unsqueeze(0);  // [T,D/2]
    const at::Tensor waves = at::cat({angles.cos(), angles.sin()}, 1).to(m_device, m_activation);         // [T,D]
    return {m_timeUp.forward(at::silu(m_timeDown.forward(waves))), m_timeNorm.forward(waves)};
}

nn::RotaryTable WorldTransformer::rotary(std::int64_t frames, std::int64_t rows, std::int64_t columns,
                                         std::optional<double> framesPerSecond) const
{
    const std::int64_t spatial = m_config.headWidth / 6 * 2;
    const std::int64_t temporal = m_config.headWidth - 2 * spatial;
    at::Tensor moments = at::arange(frames, at::kLong).to(at::kFloat);
    if (framesPerSecond)
        moments = moments / *framesPerSecond * kBaseFramesPerSecond;
    const auto angles = [&](const at::Tensor& positions, std::int64_t width, double scale) {
        return positions.unsqueeze(1) * stretchedFrequencies(width, scale).unsqueeze(0);  // [positions,width/2]
    };
    const auto spread = [&](const at::Tensor& part, std::int64_t axis) {
        std::vector<std::int64_t> shape{1, 1, 1, part.size(1)};
        shape[static_cast<std::size_t>(axis)] = part.size(0);
        return part.view(shape).expand({frames, rows, columns, part.size(1)});
    };
    const at::Tensor all =
        at::cat({spread(angles(moments, temporal, m_config.ropeScale[0]), 0),
                 spread(angles(at::arange(rows, at::kLong).to(at::kFloat), spatial, m_config.ropeScale[1]), 1),
                 spread(angles(at::arange(columns, at::kLong).to(at::kFloat), spatial, m_config.ropeScale[2]), 2)},
                -1)
            .view({frames * rows * columns, m_config.headWidth / 2});
    return {all.cos().to(m_device), all.sin().to(m_device)};
}

// Latents, condition mask and padding mask, cut into patches [T,h'*w',channels*patch]; in a patch: channel, time, row,
// column.
at::Tensor WorldTransformer::patches(const at::Tensor& latents, std::int64_t conditionFrames) const
{
    const std::int64_t frames = latents.size(1);
    const std::int64_t rows = latents.size(2);
    const std::int64_t columns = latents.size(3);
    const at::Tensor x = latents.to(m_device, m_activation);
    at::Tensor mask = at::zeros({1, frames, rows, columns}, x.options());
    mask.narrow(1, 0, conditionFrames).fill_(1);
    std::vector<at::Tensor> channels{x, mask};
    if (m_config.hasPaddingMask)
        channels.push_back(at::zeros_like(mask));
    const auto& [patchFrames, patchRows, patchColumns] = m_config.patchSize;
    return at::cat(channels, 0)
        .view(
            {-1, frames / patchFrames, patchFrames, rows / patchRows, patchRows, columns / patchColumns, patchColumns})
        .permute({1, 3, 5, 0, 2, 4, 6})
        .reshape({frames / patchFrames, rows / patchRows * (columns / patchColumns), -1});
}

// The way back has another order inside a patch: row, column, time, channel.
at::Tensor WorldTransformer::latentsFromPatches(const at::Tensor& patches, std::int64_t rows,
                                                std::int64_t columns) const
{
    const auto& [patchFrames, patchRows, patchColumns] = m_config.patchSize;
    const std::int64_t frames = patches.size(0);
    return patches.view({frames, rows / patchRows, columns / patchColumns, patchRows, patchColumns, patchFrames, -1})
        .permute({6, 0, 5, 1, 3, 2, 4})
        .reshape({-1, frames * patchFrames, rows, columns});
}

// x [S,D] -> [S,H,C]
at::Tensor WorldTransformer::heads(const nn::Linear& linear, const at::Tensor& x) const
{
    return linear.forward(x).view({x.size(0), m_config.heads, m_config.headWidth});
}

Result<at::Tensor> WorldTransformer::selfAttention(const Attention& attention, const at::Tensor& x,
                                                   const nn::RotaryTable& table, const std::stop_token& stop) const
{
    const at::Tensor query = nn::normAndTurn(heads(attention.query, x), attention.queryNorm, table);
    const at::Tensor key = nn::normAndTurn(heads(attention.key, x), attention.keyNorm, table);
    const double scale = 1 / std::sqrt(static_cast<double>(m_config.headWidth));
    const auto attended = nn::attendToAll(query, key, heads(attention.value, x), scale, stop);
    if (!attended)
        return tl::unexpected(attended.error());
    return attention.output.forward(*attended);
}

at::Tensor WorldTransformer::crossAttention(const Attention& attention, const at::Tensor& x, const at::Tensor& keys,
                                            const at::Tensor& values) const
{
    const at::Tensor query =
        attention.queryNorm.forward(heads(attention.query, x)).transpose(0, 1).unsqueeze(0);  // [1,H,S,C]
    const at::Tensor attended = at::scaled_dot_product_attention(query, keys, values);
    return attention.output.forward(attended.squeeze(0).transpose(0, 1).reshape({x.size(0), -1}));
}

Result<at::Tensor> WorldTransformer::forward(const at::Tensor& latents, std::int64_t conditionFrames,
                                             const at::Tensor& times, const TextKeys& text,
                                             std::optional<double> framesPerSecond, tensors::TapSink& taps,
                                             const std::stop_token& stop) const
{
    TORCH_CHECK(latents.size(0) == m_config.inputChannels - 1 && times.size(0) == latents.size(1),
                "latents do not fit");
    at::Tensor x = m_patchEmbed.forward(patches(latents, conditionFrames));  // [T,P,D]
    const std::int64_t rows = latents.size(2);
    const std::int64_t columns = latents.size(3);
    const nn::RotaryTable table =
        rotary(x.size(0), rows / m_config.patchSize[1], columns / m_config.patchSize[2], framesPerSecond);
    const TimeRows time = timeRows(times);
    const at::Tensor steering = at::silu(time.embedded);
    const auto modulate = [&](const AdaptiveNorm& norm) {
        return modulation(norm.up.forward(norm.down.forward(steering)) + time.shared, 3);
    };
    const auto tap = [&](std::size_t layer, const at::Tensor& tensor) {
        if (taps.wants(tensors::TapPoint::Hidden, static_cast<int>(layer)))
            taps.take(tensors::TapPoint::Hidden, static_cast<int>(layer), tensor.flatten(0, 1));
    };
    // A frame's patches [T,P,D] and the whole sequence [S,D] are two views of the same rows.
    for (std::size_t i = 0; i < m_blocks.size(); ++i) {
        if (stop.stop_requested())
            return failCancelled();
        tap(i, x);
        const Block& block = m_blocks[i];
        Modulation by = modulate(block.selfNorm);
        const auto attended = selfAttention(block.self, modulated(m_plainNorm, x, by).flatten(0, 1), table, stop);
        if (!attended)
            return tl::unexpected(attended.error());
        x = x.addcmul(by.gate, attended->view_as(x));

        by = modulate(block.crossNorm);
        const at::Tensor crossed =
            crossAttention(block.cross, modulated(m_plainNorm, x, by).flatten(0, 1), text.keys[i], text.values[i]);
        x.addcmul_(by.gate, crossed.view_as(x));

        by = modulate(block.mlpNorm);
        at::Tensor inner = block.up.forward(modulated(m_plainNorm, x, by));
        at::gelu_(inner);
        x.addcmul_(by.gate, block.down.forward(inner));
    }
    const at::Tensor last = m_outputNorm.up.forward(m_outputNorm.down.forward(steering));
    x = modulated(m_plainNorm, x, modulation(last + time.shared.narrow(1, 0, 2 * m_config.width()), 2));
    tap(m_blocks.size(), x);
    return latentsFromPatches(m_output.forward(x), rows, columns).to(at::kFloat);
}

}  // namespace armillary::cosmos
