// Latents of the world model to world tokens of the language model's width.
//
// Two kinds of checkpoints: TheWorld's (`spatial`: a token a latent cell, or `channel`: a token a latent channel;
// `linear`, `mlp` or `mlp_no_final_gelu`), and the design notes' (a linear layer over latent cells with an embedding of
// their latent frame). Latents are taken as given: whether raw or normalised is the caller's choice.
// Thread rule: immutable once loaded; project from one thread at a time.
// Sources: WorldProjector of the published TheWorld code; notes/single-pass-architecture (facts in
// tests/data/README.md).
#pragma once

#include "base/error.h"
#include "fusion/prompt_plan.h"
#include "io/model_folder.h"
#include "nn/linear.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <string>

namespace armillary::fusion {

// What a projection takes and gives, without its weights.
struct ProjectorShape {
    bool isChannelMode = false;
    std::int64_t inputs = 0;
    std::int64_t maxLatentFrames = 0;  // that the temporal embedding knows; 0 without one

    // The tokens that latents [Z,T,h,w] become. Errors: InvalidInput (sizes that this projection cannot take; the
    // sentence says which it can).
    [[nodiscard]] Result<WorldGrid> tokenGrid(std::int64_t channels, std::int64_t latentFrames, std::int64_t rows,
                                              std::int64_t columns) const;
};

class WorldProjector {
public:
    // `checkpoint` is a TheWorld checkpoint or the notes' folder (weights world.safetensors); `hiddenSize` is the
    // language model's width. `format` float32 or bfloat16. Errors: FileRead (config), ModelMismatch (weights, width).
    [[nodiscard]] static Result<std::unique_ptr<WorldProjector>> load(const io::ModelFolder& checkpoint,
                                                                      std::int64_t hiddenSize, at::Device device,
                                                                      at::ScalarType format);

    [[nodiscard]] ProjectorShape shape() const
    {
        return {m_isChannelMode, m_first.weight().size(1), maxLatentFrames()};
    }
    // Errors: as ProjectorShape::tokenGrid.
    [[nodiscard]] Result<WorldGrid> tokenGrid(std::int64_t channels, std::int64_t latentFrames, std::int64_t rows,
                                              std::int64_t columns) const
    {
        return shape().tokenGrid(channels, latentFrames, rows, columns);
    }

    // latents [Z,T,h,w] -> [W,D] in the projection's format, in the order of tokenGrid. Errors: as tokenGrid.
    [[nodiscard]] Result<at::Tensor> project(const at::Tensor& latents) const;

    // "spatial-mlp", "channel-linear", "notes-linear" ...
    [[nodiscard]] const std::string& name() const { return m_name; }
    // Latent frames the temporal embedding knows; 0 without one.
    [[nodiscard]] std::int64_t maxLatentFrames() const { return m_temporal.defined() ? m_temporal.size(0) : 0; }

private:
    WorldProjector() = default;

    std::string m_name;
    bool m_isChannelMode = false;
    bool m_hasSecondLayer = false;
    bool m_hasFinalGelu = false;
    nn::Linear m_first;
    nn::Linear m_second;
    at::Tensor m_temporal;  // [most latent frames, Z]; the notes' only
    at::Device m_device = at::kCPU;
    at::ScalarType m_format = at::kFloat;
};

}  // namespace armillary::fusion
