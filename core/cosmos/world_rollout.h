// The rollout loop of Cosmos-Predict2 Video2World: a picture or a clip and a prompt to predicted latents, step by step.
//
// The parts stay the caller's, so that they can be loaded and freed one after another: text rows first, then
// condition(), then run() with the transformer, then decode(). Latents between the parts are normalised ([Z,T,h,w]
// float32, the pipeline's own scale); VideoVae::raw gives the autoencoder's.
// Thread rule: functions of the thread that owns the models; nothing is shared.
// Source: Cosmos2VideoToWorldPipeline of diffusers 0.42; facts in tests/data/README.md ("Rollout").
#pragma once

#include "base/error.h"
#include "base/run_control.h"
#include "cosmos/video_vae.h"
#include "cosmos/world_transformer.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <stop_token>
#include <string_view>
#include <vector>

namespace armillary::cosmos {

// The pipeline's DEFAULT_NEGATIVE_PROMPT.
[[nodiscard]] std::string_view defaultNegativePrompt();

struct RolloutOptions {
    std::int64_t frames = 93;  // predicted clip, the condition included
    std::int64_t steps = 35;
    double guidance = 7;  // above 1: x0 = cond + guidance * (cond - uncond)
    double framesPerSecond = 16;
    std::uint64_t seed = 0;         // of both noises where they are not given
    at::Tensor noise;               // [Z,T,h,w] standard normal; the start latents are 80 times this
    at::Tensor vaeNoise;            // [Z,T,h,w] standard normal; samples the condition's posterior
    std::int64_t previewEvery = 0;  // decode the estimate of every so many steps; 0: never

    [[nodiscard]] bool isGuided() const { return guidance > 1; }
};

// Both noises of a rollout, made from a seed as a PyTorch CPU generator handed to the pipeline makes them.
struct RolloutNoise {
    at::Tensor start;  // [Z,T,h,w]
    at::Tensor vae;    // [Z,T,h,w]
};
[[nodiscard]] RolloutNoise noiseFromSeed(std::uint64_t seed, at::IntArrayRef shape);

// What the given frames say about the first latent frames. The same for every seed.
struct RolloutCondition {
    LatentPosterior posterior;         // [Z,Tc,h,w] of the given latent frames only
    std::int64_t latentFrames = 0;     // T of the whole rollout
    std::int64_t conditionFrames = 0;  // Tc
    at::Tensor encodedFrames;          // [3,Fe,h,w] of the given frames, what the VAE was given
};

// Encodes the condition `frames` [3,Fc,h,w] in [-1,1] of a rollout of `totalFrames`. A longer clip gives its last
// totalFrames. Only frames that end up as given latents are encoded: the pipeline repeats the last frame up to the end
// and encodes that too, but masks the result away, and causality keeps it out of the others. Errors: InvalidInput
// (sizes that VAE or transformer cannot take), Cancelled.
[[nodiscard]] Result<RolloutCondition> conditionRollout(const VideoVae& vae, const WorldTransformer& transformer,
                                                        const at::Tensor& frames, std::int64_t totalFrames,
                                                        RunObserver& observer, const std::stop_token& stop);

struct RolloutStep {
    std::int64_t index = 0;  // 0 ... steps-1
    std::int64_t steps = 0;
    double sigma = 0;     // noise level before the step
    double seconds = 0;   // its duration
    at::Tensor latents;   // after the step, normalised
    at::Tensor estimate;  // the clean latents that the step saw (x0), normalised
};

// Watches a rollout; called on the computing thread. Tensors are lent: clone what should be kept.
class RolloutWatcher {
public:
    virtual ~RolloutWatcher() = default;
    virtual void onStep(const RolloutStep&) {}
    // The estimate of step `index`, decoded: [F,h,w,3] uint8 on the CPU.
    virtual void onPreview(std::int64_t /*index*/, const at::Tensor& /*pixels*/) {}
};

struct Rollout {
    at::Tensor latents;         // after the last finished step, normalised; still noisy when stopped early
    at::Tensor estimate;        // the last estimate of the clean latents, normalised: what to use when stopped early
    at::Tensor condition;       // [Z,Tc,h,w] the given latent frames, normalised
    std::vector<float> sigmas;  // steps + 1
    std::int64_t stepsDone = 0;
    bool isStopped = false;
};

// Denoises. `prompt` and, when guided, `negative` are made by WorldTransformer::prepareText. A stop after the first
// step gives what was made so far with isStopped. The last step moves nothing (its sigma is repeated), so the
// transformer is not run for it and its estimate is the one before. Stage "Rollout", one unit a step. Errors:
// InvalidInput (noise of another shape, no steps), Cancelled (stopped before the first step was done).
[[nodiscard]] Result<Rollout> runRollout(const VideoVae& vae, const WorldTransformer& transformer,
                                         const RolloutOptions& options, const RolloutCondition& condition,
                                         const TextKeys& prompt, const TextKeys& negative, RolloutWatcher& watcher,
                                         RunObserver& observer, const std::stop_token& stop);

struct DecodedRollout {
    at::Tensor pixels;  // [F,h,w,3] uint8 on the CPU; frames made until a stop, possibly none
    bool isStopped = false;
};

// Normalised latents [Z,T,h,w] to frames. Stage "VAE decode". Errors: InvalidInput (channels that do not fit).
[[nodiscard]] Result<DecodedRollout> decodeRollout(const VideoVae& vae, const at::Tensor& latents,
                                                   RunObserver& observer, const std::stop_token& stop);

}  // namespace armillary::cosmos
