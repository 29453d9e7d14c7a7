// The video autoencoder of Cosmos-Predict2 (AutoencoderKLWan, Wan 2.1): frames to latents and back, causal in time.
//
// Frames go in chunks of 1, 4, 4, ...; latent frame 0 is frame 0, latent frame k frames 4k-3 ... 4k. Frames beyond the
// last full chunk are dropped. The pixel range is the caller's: the reference pipeline feeds -1...1, TheWorld's
// published code 0...255.
// Thread rule: immutable once loaded; encode and decode from one thread at a time.
// Sources: AutoencoderKLWan of diffusers 0.42; facts in tests/data/README.md ("VAE").
#pragma once

#include "base/error.h"
#include "base/run_control.h"
#include "cosmos/cosmos_config.h"
#include "cosmos/vae_layers.h"
#include "io/model_folder.h"

#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <stop_token>

namespace armillary::cosmos {

// The encoder's distribution over latents. Its mode is the mean.
struct LatentPosterior {
    at::Tensor mean;         // [Z,T,h,w], the autoencoder's number format
    at::Tensor logVariance;  // [Z,T,h,w], clamped to [-30, 20]

    // mean + exp(logVariance / 2) * noise, `noise` [Z,T,h,w] standard normal.
    [[nodiscard]] at::Tensor sample(const at::Tensor& noise) const;
};

// What encoding and decoding a clip needs beside the weights, at most; `elementBytes` of the weights' format.
[[nodiscard]] std::int64_t vaeWorkBytes(const VaeConfig& config, std::int64_t elementBytes, std::int64_t frames,
                                        std::int64_t heightPixels, std::int64_t widthPixels);

class VideoVae {
public:
    // `format` is float32 or bfloat16. On the CPU bfloat16 keeps frames and weights rounded to it and computes in
    // float32. Errors: FileRead, ModelMismatch.
    [[nodiscard]] static Result<std::unique_ptr<VideoVae>> load(const io::ModelFolder& folder, at::Device device,
                                                                at::ScalarType format);

    // Sizes Z, T, h, w of the latents that a clip of these pixels gives. Errors: InvalidInput (no frames, pictures too
    // small).
    [[nodiscard]] Result<std::array<std::int64_t, 4>> latentShape(std::int64_t frames, std::int64_t heightPixels,
                                                                  std::int64_t widthPixels) const;

    // `frames` [3,F,h,w] of any floating type and device, h and w at least 8. Stage "VAE encode".
    // Errors: as latentShape, Cancelled.
    [[nodiscard]] Result<LatentPosterior> encode(const at::Tensor& frames, RunObserver& observer,
                                                 const std::stop_token& stop) const;

    // Takes decoded frames [3,n,h,w] in [-1,1], float32 on the CPU or the device, as they come (n = 1, 4, 4, ...).
    using FrameSink = std::function<void(const at::Tensor& frames)>;
    // Decodes latents [Z,T,h,w] in the autoencoder's own scale (raw). Stage "VAE decode". Errors: InvalidInput
    // (channels that do not fit), Cancelled; what the sink took before stays good.
    [[nodiscard]] Result<void> decode(const at::Tensor& latents, const FrameSink& sink, RunObserver& observer,
                                      const std::stop_token& stop) const;
    // All frames at once: [3,4(T-1)+1,8h,8w].
    [[nodiscard]] Result<at::Tensor> decode(const at::Tensor& latents, RunObserver& observer,
                                            const std::stop_token& stop) const;

    // (raw - mean) / deviation by channel, and back; latents [Z,T,h,w].
    [[nodiscard]] at::Tensor normalised(const at::Tensor& raw) const;
    [[nodiscard]] at::Tensor raw(const at::Tensor& normalised) const;

    // What encoding or decoding a clip of these pixels takes at most beside the weights and the clip itself.
    [[nodiscard]] std::int64_t workBytes(std::int64_t frames, std::int64_t heightPixels,
                                         std::int64_t widthPixels) const;

    [[nodiscard]] const VaeConfig& config() const { return m_config; }
    [[nodiscard]] at::Device device() const { return m_device; }
    [[nodiscard]] at::ScalarType format() const { return m_format; }

private:
    VideoVae(VaeConfig config, at::Device device, at::ScalarType format);
    void buildEncoder(const VaePlace& place);
    void buildDecoder(const VaePlace& place);

    VaeConfig m_config;
    at::Device m_device;
    at::ScalarType m_format;
    at::Tensor m_mean;       // [Z,1,1,1] float32
    at::Tensor m_deviation;  // [Z,1,1,1] float32
    FrameLayers m_encoder;
    FrameLayers m_decoder;
};

}  // namespace armillary::cosmos
