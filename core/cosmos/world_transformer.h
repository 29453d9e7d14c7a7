// The diffusion transformer of Cosmos-Predict2 (CosmosTransformer3DModel): noisy latents, their times and a text to the
// direction that removes the noise.
//
// Keys and values of the text do not change from step to step, so they are made once (prepareText).
// Thread rule: immutable once loaded; forward from one thread at a time.
// Sources: transformer_cosmos.py of diffusers 0.42; facts in tests/data/README.md ("Diffusion transformer").
#pragma once

#include "base/error.h"
#include "cosmos/cosmos_config.h"
#include "io/model_folder.h"
#include "nn/layers.h"
#include "nn/linear.h"
#include "nn/rotary.h"
#include "tensors/tap.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace armillary::cosmos {

struct ModulePlace;

// What each block's cross-attention reads of one prompt.
struct TextKeys {
    std::vector<at::Tensor> keys;    // [1,H,S,C] a block, normed
    std::vector<at::Tensor> values;  // [1,H,S,C]
};

// What every adaptive norm is steered by: one row a latent frame.
struct TimeRows {
    at::Tensor shared;    // [T,3D]
    at::Tensor embedded;  // [T,D]
};

class WorldTransformer {
public:
    // Errors: FileRead, ModelMismatch.
    [[nodiscard]] static Result<std::unique_ptr<WorldTransformer>> load(const io::ModelFolder& folder,
                                                                        at::Device device, at::ScalarType format);

    // Whether latents of these sizes can be cut into patches and placed. Errors: InvalidInput (the sentence speaks of
    // pixels).
    [[nodiscard]] Result<void> checkSize(std::int64_t latentFrames, std::int64_t rows, std::int64_t columns,
                                         std::int64_t pixelsPerLatent) const;

    // rows [S,text width] of the text encoder, zero rows of the padding included: the reference attends to them too.
    [[nodiscard]] TextKeys prepareText(const at::Tensor& rows) const;

    // `latents` [Z,T,h,w], already scaled; the first `conditionFrames` latent frames are given ones. `times` [T]
    // float32. `framesPerSecond` places frames in time; nothing: one unit a latent frame. Taps: Hidden, layer l = input
    // of block l [T*h'*w',D], the last = input of the output projection. -> [Z,T,h,w] float32. Errors: Cancelled
    // (polled a block).
    [[nodiscard]] Result<at::Tensor> forward(const at::Tensor& latents, std::int64_t conditionFrames,
                                             const at::Tensor& times, const TextKeys& text,
                                             std::optional<double> framesPerSecond, tensors::TapSink& taps,
                                             const std::stop_token& stop) const;

    [[nodiscard]] TimeRows timeRows(const at::Tensor& times) const;
    // Cosines and sines of every patch, in order of frame, row, column; parts time, height, width of half a head.
    [[nodiscard]] nn::RotaryTable rotary(std::int64_t frames, std::int64_t rows, std::int64_t columns,
                                         std::optional<double> framesPerSecond) const;
    [[nodiscard]] const TransformerConfig& config() const { return m_config; }
    [[nodiscard]] at::Device device() const { return m_device; }

private:
    struct AdaptiveNorm {
        nn::Linear down, up;
    };
    struct Attention {
        nn::Linear query, key, value, output;
        nn::RmsNorm queryNorm, keyNorm;
    };
    struct Block {
        AdaptiveNorm selfNorm, crossNorm, mlpNorm;
        Attention self, cross;
        nn::Linear up, down;
    };

    WorldTransformer(TransformerConfig config, const ModulePlace& place);
    [[nodiscard]] at::Tensor patches(const at::Tensor& latents, std::int64_t conditionFrames) const;
    [[nodiscard]] at::Tensor latentsFromPatches(const at::Tensor& patches, std::int64_t rows,
                                                std::int64_t columns) const;
    [[nodiscard]] at::Tensor heads(const nn::Linear& linear, const at::Tensor& x) const;
    [[nodiscard]] Result<at::Tensor> selfAttention(const Attention& attention, const at::Tensor& x,
                                                   const nn::RotaryTable& table, const std::stop_token& stop) const;
    [[nodiscard]] at::Tensor crossAttention(const Attention& attention, const at::Tensor& x, const at::Tensor& keys,
                                            const at::Tensor& values) const;

    TransformerConfig m_config;
    at::Device m_device;
    at::ScalarType m_activation;
    nn::Linear m_patchEmbed;
    nn::Linear m_timeDown, m_timeUp;
    nn::RmsNorm m_timeNorm;
    nn::LayerNorm m_plainNorm;
    std::vector<Block> m_blocks;
    AdaptiveNorm m_outputNorm;
    nn::Linear m_output;
};

// What one step on latents of these sizes takes at most beside the weights, keys and values of two texts included; `activation` is
// the type of its rows.
[[nodiscard]] std::int64_t transformerWorkBytes(const TransformerConfig& config, at::ScalarType activation,
                                                std::int64_t latentFrames, std::int64_t rows, std::int64_t columns,
                                                std::int64_t textRows);

}  // namespace armillary::cosmos
