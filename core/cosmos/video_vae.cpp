#include "cosmos/video_vae.h"

#include <ATen/ATen.h>
#include <ATen/Context.h>
#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

namespace armillary::cosmos {
namespace {

// One pass of frames through a stack of layers.
class LayerRun {
public:
    using Sink = std::function<void(const at::Tensor&)>;

    LayerRun(const FrameLayers& layers, std::string_view stage, std::int64_t frames, Sink sink, RunObserver& observer,
             const std::stop_token& stop)
        : m_layers(layers),
          m_states(layers.size()),
          m_stage(stage),
          m_sink(std::move(sink)),
          m_observer(observer),
          m_stop(stop)
    {
        for (std::size_t i = 0; i < layers.size(); ++i) {
            m_states[i].isOnlyFrame = frames == 1;
            m_total += frames;
            frames = layers[i]->framesGiven(frames);
        }
        m_observer.onStage(m_stage, 0, m_total);
    }

    // Sends `frame` through all layers. False: stopped.
    [[nodiscard]] bool feed(const at::Tensor& frame, std::size_t layer = 0)
    {
        if (layer == m_layers.size()) {
            m_sink(frame);
            return true;
        }
        if (m_stop.stop_requested())
            return false;
        const std::vector<at::Tensor> given = m_layers[layer]->take(frame, m_states[layer]);
        m_observer.onStage(m_stage, ++m_done, m_total);
        return std::all_of(given.begin(), given.end(), [&](const at::Tensor& next) { return feed(next, layer + 1); });
    }

private:
    const FrameLayers& m_layers;
    std::vector<LayerState> m_states;
    std::string_view m_stage;
    Sink m_sink;
    RunObserver& m_observer;
    const std::stop_token& m_stop;
    std::int64_t m_done = 0;
    std::int64_t m_total = 0;
};

// The middle of encoder and decoder.
void addMiddle(FrameLayers& layers, const VaePlace& place, const std::string& name, std::int64_t channels)
{
    layers.push_back(residualLayer(place, name + ".resnets.0", channels, channels));
    layers.push_back(attentionLayer(place, name + ".attentions.0", channels));
    layers.push_back(residualLayer(place, name + ".resnets.1", channels, channels));
}

at::Tensor channelColumn(const std::vector<double>& values, at::Device device)
{
    return at::tensor(values, at::kDouble).to(at::kFloat).view({-1, 1, 1, 1}).to(device);
}

}  // namespace

at::Tensor LatentPosterior::sample(const at::Tensor& noise) const
{
    return mean + at::exp(0.5 * logVariance) * noise.to(mean.options());
}

VideoVae::VideoVae(VaeConfig config, at::Device device, at::ScalarType format)
    : m_config(std::move(config)),
      m_device(device),
      m_format(format),
      m_mean(channelColumn(m_config.latentsMean, device)),
      m_deviation(channelColumn(m_config.latentsDeviation, device))
{}

Result<std::unique_ptr<VideoVae>> VideoVae::load(const io::ModelFolder& folder, at::Device device,
                                                 at::ScalarType format)
{
    Result<VaeConfig> config = readVaeConfig(folder.config, folder.file("config.json"));
    if (!config)
        return tl::unexpected(config.error());
    tensors::Weights weights(folder, [](const std::string& name) { return name; });
    std::unique_ptr<VideoVae> vae(new VideoVae(std::move(*config), device, format));
    const VaePlace place{weights, device, format};
    vae->buildEncoder(place);
    vae->buildDecoder(place);
    if (const auto report = weights.report(true); !report)
        return failWhile("loading the VAE", report.error());
    return vae;
}

void VideoVae::buildEncoder(const VaePlace& place)
{
    const std::int64_t z = m_config.latentChannels;
    std::int64_t channels = m_config.encoderWidth;
    m_encoder.push_back(convLayer(place, "encoder.conv_in", m_config.inputChannels, channels));
    std::size_t block = 0;
    const auto nextName = [&block] { return fmt::format("encoder.down_blocks.{}", block++); };
    double scale = 1;
    for (std::size_t level = 0; level < m_config.levelFactors.size(); ++level) {
        const std::int64_t wanted = m_config.encoderWidth * m_config.levelFactors[level];
        for (std::int64_t i = 0; i < m_config.residualBlocks; ++i) {
            m_encoder.push_back(residualLayer(place, nextName(), channels, wanted));
            channels = wanted;
            const auto& scales = m_config.attentionScales;
            if (std::find(scales.begin(), scales.end(), scale) != scales.end())
                m_encoder.push_back(attentionLayer(place, nextName(), channels));
        }
        if (level + 1 < m_config.levelFactors.size()) {
            m_encoder.push_back(downsampleLayer(place, nextName(), channels, m_config.halvesTime[level]));
            scale /= 2;
        }
    }
    addMiddle(m_encoder, place, "encoder.mid_block", channels);
    m_encoder.push_back(convLayer(place, "encoder.conv_out", channels, 2 * z, "encoder.norm_out"));
    m_encoder.push_back(pointLayer(place, "quant_conv", 2 * z, 2 * z));
}

void VideoVae::buildDecoder(const VaePlace& place)
{
    const std::int64_t z = m_config.latentChannels;
    const std::size_t levels = m_config.levelFactors.size();
    std::int64_t channels = m_config.decoderWidth * m_config.levelFactors.back();
    m_decoder.push_back(pointLayer(place, "post_quant_conv", z, z));
    m_decoder.push_back(convLayer(place, "decoder.conv_in", z, channels));
    addMiddle(m_decoder, place, "decoder.mid_block", channels);
    for (std::size_t level = 0; level < levels; ++level) {
        const std::string name = fmt::format("decoder.up_blocks.{}", level);
        const std::int64_t wanted = m_config.decoderWidth * m_config.levelFactors[levels - 1 - level];
        for (std::int64_t i = 0; i <= m_config.residualBlocks; ++i) {
            m_decoder.push_back(residualLayer(place, fmt::format("{}.resnets.{}", name, i), channels, wanted));
            channels = wanted;
        }
        if (level + 1 < levels) {
            m_decoder.push_back(
                upsampleLayer(place, name + ".upsamplers.0", channels, m_config.halvesTime[levels - 2 - level]));
            channels /= 2;
        }
    }
    m_decoder.push_back(convLayer(place, "decoder.conv_out", channels, m_config.outputChannels, "decoder.norm_out"));
}

Result<std::array<std::int64_t, 4>> VideoVae::latentShape(std::int64_t frames, std::int64_t heightPixels,
                                                          std::int64_t widthPixels) const
{
    const std::int64_t least = m_config.pixelsPerLatent();
    if (frames < 1)
        return fail(ErrorCode::InvalidInput, "there is no frame for the VAE to encode");
    if (heightPixels < least || widthPixels < least)
        return fail(ErrorCode::InvalidInput,
                    fmt::format("a picture of {}x{} pixels is too small for the VAE; give it at least {}x{}",
                                heightPixels, widthPixels, least, least));
    return std::array<std::int64_t, 4>{m_config.latentChannels, m_config.latentFrames(frames), heightPixels / least,
                                       widthPixels / least};
}

Result<LatentPosterior> VideoVae::encode(const at::Tensor& frames, RunObserver& observer,
                                         const std::stop_token& stop) const
{
    if (frames.dim() != 4 || frames.size(0) != m_config.inputChannels)
        return fail(ErrorCode::InvalidInput, "the VAE encodes frames of 3 colours");
    if (const auto shape = latentShape(frames.size(1), frames.size(2), frames.size(3)); !shape)
        return tl::unexpected(shape.error());
    // float32 shall mean float32 on a GPU too, whose convolutions would round to 10 bits by themselves.
    const at::NoTF32Guard exact;
    const std::int64_t used = m_config.decodedFrames(m_config.latentFrames(frames.size(1)));
    std::vector<at::Tensor> moments;
    LayerRun run(
        m_encoder, "VAE encode", used, [&](const at::Tensor& latent) { moments.push_back(latent); }, observer, stop);
    for (std::int64_t i = 0; i < used; ++i) {
        const at::Tensor frame = frames.select(1, i).unsqueeze(0).to(m_device, m_format);
        if (!run.feed(frame.contiguous(at::MemoryFormat::ChannelsLast)))
            return failCancelled();
    }
    // [T,2Z,h,w] -> two of [Z,T,h,w]
    const std::vector<at::Tensor> halves = at::cat(moments, 0).transpose(0, 1).contiguous().chunk(2, 0);
    return LatentPosterior{halves[0], halves[1].clamp(-30, 20)};
}

Result<void> VideoVae::decode(const at::Tensor& latents, const FrameSink& sink, RunObserver& observer,
                              const std::stop_token& stop) const
{
    if (latents.dim() != 4 || latents.size(0) != m_config.latentChannels || latents.numel() == 0)
        return fail(ErrorCode::InvalidInput,
                    fmt::format("the VAE decodes latents of {} channels, frames, rows and columns",
                                m_config.latentChannels));
    const at::NoTF32Guard exact;
    std::vector<at::Tensor> chunk;
    const auto keep = [&](const at::Tensor& frame) { chunk.push_back(frame.to(at::kFloat).clamp(-1, 1)); };
    LayerRun run(m_decoder, "VAE decode", latents.size(1), keep, observer, stop);
    for (std::int64_t i = 0; i < latents.size(1); ++i) {
        const at::Tensor latent = latents.select(1, i).unsqueeze(0).to(m_device, m_format);
        if (!run.feed(latent.contiguous(at::MemoryFormat::ChannelsLast)))
            return failCancelled();
        sink(at::cat(chunk, 0).transpose(0, 1).contiguous());  // [3,n,h,w]
        chunk.clear();
    }
    return {};
}

Result<at::Tensor> VideoVae::decode(const at::Tensor& latents, RunObserver& observer, const std::stop_token& stop) const
{
    std::vector<at::Tensor> chunks;
    const auto done = decode(
        latents, [&](const at::Tensor& frames) { chunks.push_back(frames); }, observer, stop);
    if (!done)
        return tl::unexpected(done.error());
    return at::cat(chunks, 1);
}

at::Tensor VideoVae::normalised(const at::Tensor& raw) const
{
    return (raw - m_mean.to(raw.options())) / m_deviation.to(raw.options());
}

at::Tensor VideoVae::raw(const at::Tensor& normalised) const
{
    return normalised * m_deviation.to(normalised.options()) + m_mean.to(normalised.options());
}

std::int64_t vaeWorkBytes(const VaeConfig& config, std::int64_t elementBytes, std::int64_t frames,
                          std::int64_t heightPixels, std::int64_t widthPixels)
{
    // Full-size frames of one channel. The decoder is the larger half: a level has two convolutions a residual block,
    // one block more than the encoder, and each remembers two frames.
    // Measured: frame, norm, output, what is enlarged, bands; and, of more than one frame, what is joined in time.
    const std::int64_t framesAtOnce = frames > 1 ? 13 : 8;
    std::int64_t remembered = 0;
    if (frames > 1) {
        for (std::size_t level = 0; level < config.levelFactors.size(); ++level) {
            const std::int64_t channels = config.decoderWidth * config.levelFactors[level];
            remembered += 4 * (config.residualBlocks + 1) * channels >> (2 * level);
        }
    }
    const std::int64_t pixels = heightPixels * widthPixels;
    return pixels * (remembered * elementBytes + framesAtOnce * config.decoderWidth * 4);
}

std::int64_t VideoVae::workBytes(std::int64_t frames, std::int64_t heightPixels, std::int64_t widthPixels) const
{
    return vaeWorkBytes(m_config, static_cast<std::int64_t>(c10::elementSize(m_format)), frames, heightPixels,
                        widthPixels);
}

}  // namespace armillary::cosmos
