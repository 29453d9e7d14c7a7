// From a picture or a clip to latents and frames of the world model: the rollout, its memory plan, its prompts.
//
// The transformer and the text encoder are loaded when a rollout needs them and freed by the memory plan; results stay at hand
// by the content of their request, so that a question about a prediction already made does not make it again.
// Thread rule: as the engine.
#pragma once

#include "base/error.h"
#include "base/run_control.h"
#include "cosmos/video_vae.h"
#include "cosmos/world_rollout.h"
#include "cosmos/world_transformer.h"
#include "pipeline/prompt_cache.h"
#include "records/rollout.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

namespace armillary::pipeline {

// What a rollout made. Tensors on the CPU.
struct WorldPrediction {
    at::Tensor latents;                        // [Z,T,h,w] normalised; the last estimate where it was stopped
    at::Tensor startNoise;                     // [Z,T,h,w]
    at::Tensor frames;                         // [F,h,w,3] uint8
    at::Tensor conditionInput;                 // [3,Fc,h,w] what the VAE was given
    std::vector<at::Tensor> latentsAfterStep;  // [Z,T,h,w] each
    std::vector<RolloutProgress> steps;
    MemoryPlan plan;
    bool isStopped = false;
};

class WorldPipeline {
public:
    // `folder` is the Cosmos pipeline's, `vae` its part already loaded.
    WorldPipeline(std::string folder, const cosmos::VideoVae& vae, at::Device device, at::ScalarType format,
                  std::int64_t bytesOfOtherModels);

    // A prediction that was made before is handed out again; a stopped one only where the request takes it.
    // Errors: FileRead, ModelMismatch (parts), InvalidInput (sizes, a clip shorter than its condition), Cancelled before the first
    // step; a later stop gives what was made.
    [[nodiscard]] Result<std::shared_ptr<const WorldPrediction>> predict(const RolloutRequest& request,
                                                                         RunObserver& observer,
                                                                         const std::stop_token& stop);
    // What identifies a request's result.
    [[nodiscard]] static std::uint64_t keyOf(const RolloutRequest& request);
    [[nodiscard]] const cosmos::VideoVae& vae() const { return m_vae; }
    // Whether NVIDIA's licence governs the folder, which asks for a safety checker that this program does not have.
    [[nodiscard]] bool isUnderNvidiaLicence() const;

private:
    struct TextRows {
        at::Tensor prompt, negative;
    };

    Result<void> openParts();
    [[nodiscard]] MemoryPlan planFor(const RolloutRequest& request, bool needsEncoder) const;
    // `rows` are those found in the prompt cache, undefined where the encoder has to run; fills them in.
    Result<TextRows> textRows(const RolloutRequest& request, std::vector<at::Tensor> rows, RunObserver& observer,
                              const std::stop_token& stop, MemoryPlan& plan);
    Result<void> loadTransformer(MemoryPlan& plan, RunObserver& observer);
    [[nodiscard]] std::vector<std::string> textsOf(const RolloutRequest& request) const;

    std::string m_folder;
    const cosmos::VideoVae& m_vae;
    at::Device m_device;
    at::ScalarType m_format;
    std::int64_t m_bytesOfOtherModels;
    bool m_isOpen = false;
    io::ModelFolder m_transformerFolder;
    cosmos::TransformerConfig m_transformerConfig;
    std::int64_t m_vaeBytes = 0;
    std::optional<io::ModelFolder> m_encoderFolder;
    std::string m_encoderHash;
    PromptCache m_prompts = PromptCache::ofUser();
    std::unique_ptr<cosmos::WorldTransformer> m_transformer;
    std::list<std::pair<std::uint64_t, std::shared_ptr<const WorldPrediction>>> m_kept;         // most recent first
    std::optional<std::pair<std::uint64_t, std::shared_ptr<const WorldPrediction>>> m_stopped;  // the last one
};

}  // namespace armillary::pipeline
