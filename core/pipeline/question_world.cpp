// The steps of a question that concern its world: frames to latents to world tokens, and what a prediction leaves in a record.
#include "pipeline/question_run.h"

#include "cosmos/frame_pixels.h"
#include "picture/resize.h"
#include "pipeline/hashing.h"
#include "pipeline/input_keeping.h"
#include "records/shown_media.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

namespace armillary::pipeline {
namespace {

// [3,F,h,w] in the range that the run uses.
Result<at::Tensor> vaeInputFromImages(const std::vector<Image>& images, int heightPixels, int widthPixels,
                                      PixelRange range)
{
    std::vector<Image> sized;
    for (const Image& image : images) {
        const bool fits = image.height() == heightPixels && image.width() == widthPixels;
        sized.push_back(fits ? image
                             : picture::resize(image, heightPixels, widthPixels, picture::ResizeFilter::Bilinear));
    }
    return cosmos::framesFromImages(sized, range);
}

// What the autoencoder was trained on, to judge latents by.
void keepLatentReference(const cosmos::VideoVae& vae, RecordTaps& taps)
{
    taps.keep("vae.latents_mean", at::tensor(vae.config().latentsMean, at::kFloat));
    taps.keep("vae.latents_std", at::tensor(vae.config().latentsDeviation, at::kFloat));
}

}  // namespace

void addPrediction(const WorldPrediction& prediction, const cosmos::VideoVae& vae, double framesPerSecond,
                   RecordTaps& taps, RunRecord& record)
{
    auto clip = std::make_shared<Clip>();
    clip->path = "rollout";
    clip->frames = cosmos::imagesFromPixels(prediction.frames);
    clip->framesPerSecond = framesPerSecond;
    record.rolloutFrames = std::move(clip);
    record.rolloutSteps = prediction.steps;
    record.memoryPlan = prediction.plan;
    keepVaeInput(record, 0, prediction.conditionInput, PixelRange::MinusOneToOne);
    taps.keep("rollout.frames", prediction.frames);
    keepLatentReference(vae, taps);
    if (!taps.has(Capture::Rollout))
        return;
    taps.keep("rollout.noise", prediction.startNoise);
    for (std::size_t step = 0; step < prediction.latentsAfterStep.size(); ++step)
        taps.keep(fmt::format("rollout.latents.{}", step), prediction.latentsAfterStep[step]);
}

void addRolloutSettings(const RolloutRequest& request, std::map<std::string, std::string>& settings)
{
    settings["rollout_frames"] = std::to_string(request.frames);
    settings["rollout_steps"] = std::to_string(request.steps);
    settings["rollout_size"] = fmt::format("{}x{}", request.heightPixels, request.widthPixels);
    settings["rollout_prompt"] = request.prompt;
    settings["rollout_negative"] = request.negative.value_or(std::string(cosmos::defaultNegativePrompt()));
    settings["rollout_text"] = request.skipText ? "skipped" : "encoded";
    settings["rollout_guidance"] = fmt::format("{}", request.guidance);
    settings["rollout_fps"] = fmt::format("{}", request.framesPerSecond);
    settings["rollout_seed"] = request.noise ? "given noise" : std::to_string(request.seed);
    settings["condition_frames"] = std::to_string(request.condition.frames.size());
}

// The frames that the world tokens of this run come from, before any prediction.
std::vector<Image> QuestionRun::worldFrames() const
{
    switch (m_question.world.source) {
    case WorldSource::Still: return {stillOf(0)};
    case WorldSource::Clip:
    case WorldSource::Rollout: return m_question.media[0].frames;
    }
    return {};
}

Result<void> QuestionRun::encodeWorld()
{
    if (m_fusion == FusionOption::None)
        return {};
    begin("World");
    if (m_question.world.source == WorldSource::Rollout)
        return predictWorld();
    const WorldSide& world = *m_models.world;
    const std::vector<Image> images = worldFrames();
    m_worldKey = kWorldSalt;
    for (const Image& image : images)
        m_worldKey = mix(m_worldKey, contentHash(image));
    for (const int number :
         {m_worldHeight, m_worldWidth, static_cast<int>(m_pixelRange), static_cast<int>(m_latentScale)})
        m_worldKey = mix(m_worldKey, static_cast<std::uint64_t>(number));
    const auto input = vaeInputFromImages(images, m_worldHeight, m_worldWidth, m_pixelRange);
    if (!input)
        return tl::unexpected(input.error());
    keepVaeInput(*m_record, 0, *input, m_pixelRange);
    if (m_taps->has(Capture::Pixels))
        m_taps->keep("media.0.vae_input", *input);
    const auto* cached = m_pipeline.m_worlds.find(m_worldKey);
    if (cached == nullptr) {
        const auto posterior = world.vae->encode(*input, m_observer, m_stop);
        if (!posterior)
            return tl::unexpected(posterior.error());
        at::Tensor latents = posterior->mean;  // [Z,T,h,w]; the mode of a Gaussian is its mean
        if (m_latentScale == LatentScale::Normalised)
            latents = world.vae->normalised(latents);
        const auto tokens = world.projector->project(latents);
        if (!tokens)
            return tl::unexpected(tokens.error());
        m_pipeline.m_worlds.put(m_worldKey, {latents, *tokens});
        cached = m_pipeline.m_worlds.find(m_worldKey);
    }
    keepLatentReference(*world.vae, *m_taps);
    keepWorld((*cached)[0], (*cached)[1]);
    return {};
}

Result<void> QuestionRun::predictWorld()
{
    const RolloutRequest request = *rolloutOf(m_question);
    const auto prediction = m_pipeline.m_world->predict(request, m_observer, m_stop);
    if (!prediction)
        return tl::unexpected(prediction.error());
    if ((*prediction)->isStopped && !request.takeStopped)
        return failCancelled();
    if ((*prediction)->isStopped) {
        m_record->settings["rollout_steps"] = fmt::format("{} of {}", (*prediction)->steps.size(), request.steps);
        warn(fmt::format("the world tokens come from a rollout that was stopped after step {} of {}: they are its "
                         "estimate of the end",
                         (*prediction)->steps.size(), request.steps));
    }
    addPrediction(**prediction, *m_models.world->vae, request.framesPerSecond, *m_taps, *m_record);
    m_worldKey = mix(mix(WorldPipeline::keyOf(request), kWorldSalt), static_cast<std::uint64_t>(m_latentScale));
    if ((*prediction)->isStopped)
        m_worldKey = mix(m_worldKey, (*prediction)->steps.size());
    const at::Tensor latents =
        m_latentScale == LatentScale::Raw ? m_models.world->vae->raw((*prediction)->latents) : (*prediction)->latents;
    const auto tokens = m_models.world->projector->project(latents);
    if (!tokens)
        return tl::unexpected(tokens.error());
    keepWorld(latents, *tokens);
    return {};
}

}  // namespace armillary::pipeline
