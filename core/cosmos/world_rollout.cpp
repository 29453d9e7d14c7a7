#include "cosmos/world_rollout.h"

#include "cosmos/flow_scheduler.h"
#include "cosmos/frame_pixels.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <utility>

namespace armillary::cosmos {
namespace {

bool hasShape(const at::Tensor& tensor, at::IntArrayRef shape)
{
    return tensor.sizes() == shape;
}

// The first frames of `x` [Z,T,h,w] replaced by `given` [Z,Tc,h,w].
at::Tensor withGiven(const at::Tensor& x, const at::Tensor& given)
{
    return at::cat({given, x.narrow(1, given.size(1), x.size(1) - given.size(1))}, 1);
}

// Everything of one rollout that stays the same from step to step.
struct Denoiser {
    const WorldTransformer& transformer;
    const RolloutOptions& options;
    const FlowScheduler& scheduler;
    const TextKeys& prompt;
    const TextKeys& negative;
    at::Tensor given;  // [Z,Tc,h,w] normalised
    const std::stop_token& stop;

    // The clean latents as the transformer sees them from `latents` at `step`.
    [[nodiscard]] Result<at::Tensor> estimate(const at::Tensor& latents, std::int64_t step) const
    {
        const float time = scheduler.time(step);
        const at::Tensor input = withGiven(latents * (1 - time), given);
        at::Tensor times = at::full({latents.size(1)}, time, at::kFloat);
        times.narrow(0, 0, given.size(1)).fill_(FlowScheduler::timeFromSigma(FlowScheduler::kConditioningSigma));
        const auto towards = [&](const TextKeys& text) -> Result<at::Tensor> {
            tensors::NoTaps taps;
            const auto output =
                transformer.forward(input, given.size(1), times, text, options.framesPerSecond, taps, stop);
            if (!output)
                return tl::unexpected(output.error());
            return withGiven(latents * (1 - time) - *output * time, given);
        };
        auto conditional = towards(prompt);
        if (!conditional || !options.isGuided())
            return conditional;
        auto unconditional = towards(negative);
        if (!unconditional)
            return unconditional;
        return *conditional + (*conditional - *unconditional) * options.guidance;
    }
};

// The noises given, or made from the seed.
Result<RolloutNoise> noiseOf(const RolloutOptions& options, const std::vector<std::int64_t>& shape)
{
    for (const at::Tensor& given : {options.noise, options.vaeNoise})
        if (given.defined() && !hasShape(given, shape))
            return fail(ErrorCode::InvalidInput, fmt::format("the given noise has shape {} where this rollout takes {}",
                                                             fmt::join(given.sizes(), "x"), fmt::join(shape, "x")));
    RolloutNoise noise{options.noise, options.vaeNoise};
    if (!noise.start.defined() || !noise.vae.defined()) {
        const RolloutNoise made = noiseFromSeed(options.seed, shape);
        noise.start = noise.start.defined() ? noise.start : made.start;
        noise.vae = noise.vae.defined() ? noise.vae : made.vae;
    }
    return noise;
}

}  // namespace

std::string_view defaultNegativePrompt()
{
    return "The video captures a series of frames showing ugly scenes, static with no motion, motion blur, "
           "over-saturation, shaky "
           "footage, low resolution, grainy texture, pixelated images, poorly lit areas, underexposed and overexposed "
           "scenes, poor "
           "color balance, washed out colors, choppy sequences, jerky movements, low frame rate, artifacting, color "
           "banding, "
           "unnatural transitions, outdated special effects, fake elements, unconvincing visuals, poorly edited "
           "content, jump cuts, "
           "visual noise, and flickering. Overall, the video is of poor quality.";
}

RolloutNoise noiseFromSeed(std::uint64_t seed, at::IntArrayRef shape)
{
    // The pipeline samples the posterior before it draws the start noise, from one generator. Always on the CPU, so
    // that a seed means the same on every device.
    at::Generator generator = at::detail::createCPUGenerator(seed);
    RolloutNoise noise;
    noise.vae = at::randn(shape, generator, at::TensorOptions().dtype(at::kFloat));
    noise.start = at::randn(shape, generator, at::TensorOptions().dtype(at::kFloat));
    return noise;
}

Result<RolloutCondition> conditionRollout(const VideoVae& vae, const WorldTransformer& transformer,
                                          const at::Tensor& frames, std::int64_t totalFrames, RunObserver& observer,
                                          const std::stop_token& stop)
{
    const VaeConfig& config = vae.config();
    if (transformer.config().inputChannels - 1 != config.latentChannels)
        return fail(ErrorCode::ModelMismatch,
                    fmt::format("the transformer reads {} latent channels but the VAE has {}; the parts are "
                                "of different snapshots",
                                transformer.config().inputChannels - 1, config.latentChannels));
    if (totalFrames < 1 || frames.dim() != 4 || frames.size(1) < 1)
        return fail(ErrorCode::InvalidInput, "a rollout needs at least one frame to begin with and one to predict");
    const auto shape = vae.latentShape(totalFrames, frames.size(2), frames.size(3));
    if (!shape)
        return tl::unexpected(shape.error());
    const std::int64_t unit = config.pixelsPerLatent();
    if (const auto fits = transformer.checkSize((*shape)[1], (*shape)[2], (*shape)[3], unit); !fits)
        return tl::unexpected(fits.error());
    if (frames.size(2) % unit != 0 || frames.size(3) % unit != 0)
        return fail(ErrorCode::InvalidInput,
                    fmt::format("a rollout's height and width must be multiples of {} pixels, not {}x{}",
                                unit * transformer.config().patchSize[1], frames.size(2), frames.size(3)));

    const std::int64_t used = std::min(frames.size(1), totalFrames);
    RolloutCondition out;
    out.latentFrames = (*shape)[1];
    out.conditionFrames = config.latentFrames(used);
    const std::int64_t encoded = config.decodedFrames(out.conditionFrames);
    out.encodedFrames = frames.narrow(1, frames.size(1) - used, encoded);
    auto posterior = vae.encode(out.encodedFrames, observer, stop);
    if (!posterior)
        return tl::unexpected(posterior.error());
    out.posterior = std::move(*posterior);
    return out;
}

Result<Rollout> runRollout(const VideoVae& vae, const WorldTransformer& transformer, const RolloutOptions& options,
                           const RolloutCondition& condition, const TextKeys& prompt, const TextKeys& negative,
                           RolloutWatcher& watcher, RunObserver& observer, const std::stop_token& stop)
{
    constexpr std::string_view kStage = "Rollout";
    if (options.steps < 1)
        return fail(ErrorCode::InvalidInput, "a rollout has at least one step");
    const LatentPosterior& posterior = condition.posterior;
    const std::vector<std::int64_t> shape{posterior.mean.size(0), condition.latentFrames, posterior.mean.size(2),
                                          posterior.mean.size(3)};
    const auto noise = noiseOf(options, shape);
    if (!noise)
        return tl::unexpected(noise.error());

    const at::Device device = transformer.device();
    const FlowScheduler scheduler(options.steps);
    const at::Tensor sampled = posterior.sample(noise->vae.narrow(1, 0, condition.conditionFrames)).to(at::kFloat);
    const Denoiser denoiser{transformer, options, scheduler, prompt, negative, vae.normalised(sampled).to(device),
                            stop};

    Rollout out;
    out.condition = denoiser.given;
    out.sigmas = scheduler.sigmas();
    out.latents = noise->start.to(device, at::kFloat) * FlowScheduler::kLargestSigma;
    observer.onStage(kStage, 0, options.steps);
    for (std::int64_t step = 0; step < options.steps; ++step) {
        const auto begin = std::chrono::steady_clock::now();
        if (scheduler.moves(step) || !out.estimate.defined()) {
            auto estimate =
                stop.stop_requested() ? Result<at::Tensor>(failCancelled()) : denoiser.estimate(out.latents, step);
            if (!estimate) {
                if (estimate.error().code != ErrorCode::Cancelled || out.stepsDone == 0)
                    return tl::unexpected(estimate.error());
                out.isStopped = true;
                return out;
            }
            if (!at::isfinite(*estimate).all().item<bool>())
                return fail(ErrorCode::ModelMismatch,
                            fmt::format("step {} of the rollout gave numbers that are not finite; check the noise, or "
                                        "fetch the transformer's weights again",
                                        step + 1));
            out.estimate = std::move(*estimate);
            const at::Tensor slope = (out.latents - out.estimate) / scheduler.sigma(step);
            out.latents = scheduler.advance(out.latents, slope, step);
        }
        out.stepsDone = step + 1;
        const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
        watcher.onStep({step, options.steps, scheduler.sigma(step), seconds.count(), out.latents, out.estimate});
        observer.onStage(kStage, step + 1, options.steps);
        const bool isPreviewed =
            options.previewEvery > 0 && (step + 1) % options.previewEvery == 0 && step + 1 < options.steps;
        if (!isPreviewed)
            continue;
        SilentObserver silent;
        const auto preview = decodeRollout(vae, out.estimate, silent, stop);
        if (!preview)
            return tl::unexpected(preview.error());
        if (!preview->isStopped)
            watcher.onPreview(step, preview->pixels);
    }
    return out;
}

Result<DecodedRollout> decodeRollout(const VideoVae& vae, const at::Tensor& latents, RunObserver& observer,
                                     const std::stop_token& stop)
{
    if (latents.dim() != 4 || latents.size(0) != vae.config().latentChannels)
        return fail(ErrorCode::InvalidInput,
                    fmt::format("the VAE decodes latents of {} channels", vae.config().latentChannels));
    const std::int64_t unit = vae.config().pixelsPerLatent();
    std::vector<at::Tensor> chunks{at::empty({0, latents.size(2) * unit, latents.size(3) * unit, 3}, at::kByte)};
    const auto keep = [&](const at::Tensor& frames) { chunks.push_back(pixelsFromFrames(frames)); };
    const auto done = vae.decode(vae.raw(latents.to(vae.device())), keep, observer, stop);
    if (!done && done.error().code != ErrorCode::Cancelled)
        return tl::unexpected(done.error());
    return DecodedRollout{at::cat(chunks), !done};
}

}  // namespace armillary::cosmos
