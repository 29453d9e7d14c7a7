// Numbers of the world model's parts, as diffusers and transformers write them, and the folder that holds the parts.
//
// Every number is checked against what the modules can compute, so that a wrong file is one sentence here and never a
// failed tensor operation later.
// Sources: AutoencoderKLWan, CosmosTransformer3DModel, FlowMatchEulerDiscreteScheduler (diffusers 0.42), T5Config
// (transformers 5.23). Thread rule: plain values, free functions without shared state.
#pragma once

#include "base/error.h"
#include "io/model_folder.h"

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace armillary::cosmos {

struct VaeConfig {
    std::int64_t encoderWidth = 96;  // channels of the encoder's first level
    std::int64_t decoderWidth = 96;
    std::int64_t latentChannels = 16;                    // Z
    std::vector<std::int64_t> levelFactors{1, 2, 4, 4};  // channels of a level = width * factor
    std::int64_t residualBlocks = 2;                     // a level
    std::vector<double> attentionScales;                 // encoder levels with attention, as fractions of full size
    std::vector<bool> halvesTime{false, true, true};     // between levels, encoder order
    std::int64_t inputChannels = 3;
    std::int64_t outputChannels = 3;
    std::vector<double> latentsMean;       // [Z]; what the pipeline subtracts
    std::vector<double> latentsDeviation;  // [Z]; what it divides by

    // Pixels a latent row or column stands for.
    [[nodiscard]] std::int64_t pixelsPerLatent() const { return std::int64_t{1} << halvesTime.size(); }
    // Frames that each latent frame after the first stands for.
    [[nodiscard]] std::int64_t framesPerLatent() const;
    // Latent frames of a clip; frames beyond the last full chunk are dropped. `frames` is above 0.
    [[nodiscard]] std::int64_t latentFrames(std::int64_t frames) const { return (frames - 1) / framesPerLatent() + 1; }
    // Frames that `latentFrames` decode to.
    [[nodiscard]] std::int64_t decodedFrames(std::int64_t latentFrames) const
    {
        return (latentFrames - 1) * framesPerLatent() + 1;
    }
};

struct TransformerConfig {
    std::int64_t inputChannels = 17;  // latents and condition mask
    std::int64_t outputChannels = 16;
    std::int64_t heads = 32;
    std::int64_t headWidth = 128;
    std::int64_t layers = 28;
    double mlpRatio = 4;
    std::int64_t textWidth = 1024;
    std::int64_t adaptiveRank = 256;                     // hidden width of the adaptive norms
    std::array<std::int64_t, 3> maxSize{128, 240, 240};  // latents: frames, rows, columns
    std::array<std::int64_t, 3> patchSize{1, 2, 2};
    std::array<double, 3> ropeScale{2, 1, 1};
    bool hasPaddingMask = true;

    [[nodiscard]] std::int64_t width() const { return heads * headWidth; }
};

struct T5Config {
    std::int64_t vocabulary = 32128;
    std::int64_t width = 512;
    std::int64_t headWidth = 64;
    std::int64_t mlpWidth = 2048;
    std::int64_t layers = 6;
    std::int64_t heads = 8;
    std::int64_t buckets = 32;
    std::int64_t maxDistance = 128;
    double epsilon = 1e-6;
    bool isGated = false;  // gated-gelu (tanh) in place of relu
};

// Errors: FileRead (a value of the wrong kind), ModelMismatch (a variant this program does not compute).
[[nodiscard]] Result<VaeConfig> readVaeConfig(const nlohmann::json& config, const std::string& path);
[[nodiscard]] Result<TransformerConfig> readTransformerConfig(const nlohmann::json& config, const std::string& path);
[[nodiscard]] Result<T5Config> readT5Config(const nlohmann::json& config, const std::string& path);
// The scheduler has no numbers of its own (the pipeline sets them); this checks that it is the one this program
// computes.
[[nodiscard]] Result<void> checkSchedulerConfig(const std::string& path);

// A Cosmos-Predict2 Video2World pipeline folder.
struct PipelineFolder {
    std::string path;

    [[nodiscard]] std::string part(const std::string& name) const { return path + "/" + name; }
};

// Checks model_index.json and that every part of `parts` is there ("vae", "transformer", "text_encoder", "tokenizer",
// "scheduler"). Errors: FileRead (missing folder, index or part), ModelMismatch (another pipeline).
[[nodiscard]] Result<PipelineFolder> openPipelineFolder(const std::string& path, const std::vector<std::string>& parts);

// The part `name` with its weights. Errors: as io::openModelFolder.
[[nodiscard]] Result<io::ModelFolder> openPart(const PipelineFolder& pipeline, const std::string& name);

// Whether the transformer writes and reads the latents of the VAE, and the text encoder the rows it attends to; one
// sentence otherwise. Errors: ModelMismatch.
[[nodiscard]] Result<void> checkPartsFit(const VaeConfig& vae, const TransformerConfig& transformer, const T5Config& t5,
                                         const std::string& path);

// Whether the folder says (README.md, LICENSE) that NVIDIA's Open Model License governs it: that licence asks for the
// safety checker that the reference pipeline runs and this program does not have.
[[nodiscard]] bool isUnderNvidiaLicence(const PipelineFolder& pipeline);

}  // namespace armillary::cosmos
