// The checks of latents and world tokens: W1-W6 and W10-W13.
#include "verification/verification_run.h"

#include "cosmos/frame_pixels.h"
#include "cosmos/world_rollout.h"
#include "inspect/image_compare.h"
#include "picture/resize.h"
#include "pipeline/hashing.h"
#include "records/setting_names.h"
#include "tensors/weights.h"
#include "verification/checks_rows.h"
#include "verification/checks_vision.h"
#include "verification/checks_world.h"
#include "verification/verification_registration.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

namespace armillary::verification {
namespace {

// The frames of a question whose world is encoded, before any prediction.
std::vector<Image> worldImages(const Question& question)
{
    if (question.world.source != WorldSource::Still)
        return question.media.front().frames;
    return {seenImage(question, 0)};
}

std::vector<Image> sized(std::vector<Image> images, std::int64_t height, std::int64_t width,
                         picture::ResizeFilter filter)
{
    for (Image& image : images) {
        if (image.height() != height || image.width() != width)
            image = picture::resize(image, static_cast<int>(height), static_cast<int>(width), filter);
    }
    return images;
}

// A key of the pixels behind each latent frame: frame 0, then `perLatent` frames each.
std::vector<std::uint64_t> latentFrameKeys(const std::vector<Image>& images, std::int64_t latentFrames,
                                           std::int64_t perLatent)
{
    std::vector<std::uint64_t> out;
    for (std::int64_t latent = 0; latent < latentFrames; ++latent) {
        const std::int64_t end = latent * perLatent + 1, begin = std::max<std::int64_t>(0, end - perLatent);
        std::uint64_t key = 0;
        for (std::int64_t frame = begin; frame < end; ++frame) {
            // Frames that were predicted are not there to compare: they count as different.
            const bool isThere = frame < static_cast<std::int64_t>(images.size());
            const std::uint64_t content = isThere ? pipeline::contentHash(images[static_cast<std::size_t>(frame)])
                                                  : static_cast<std::uint64_t>(frame);
            // Still frames give the same key whether a latent frame stands for one or for four of them.
            key = frame == begin ? content : (content == key ? key : pipeline::mix(key, content));
        }
        out.push_back(key);
    }
    return out;
}

}  // namespace

// W6: the first latent frame stands for one picture, so one frame is decoded.
Result<void> VerificationRun::checkReconstruction()
{
    const cosmos::VideoVae& vae = *m_models.world->vae;
    const bool isNormalised = m_prompt.settings.at("latent_scale") == nameOf(LatentScale::Normalised);
    const at::Tensor first = m_prompt.worldLatents.slice(1, 0, 1);
    const auto decoded = vae.decode(isNormalised ? vae.raw(first) : first, m_observer, m_stop);
    if (!decoded)
        return tl::unexpected(decoded.error());
    const std::int64_t height = decoded->size(2), width = decoded->size(3);
    const auto filter = m_question.world.source == WorldSource::Rollout ? picture::ResizeFilter::Lanczos
                                                                        : picture::ResizeFilter::Bilinear;
    const std::vector<Image> images = worldImages(m_question);
    // A world size that is no multiple of a latent cell loses its last pixels in the encoder.
    const std::vector<Image> wanted = sized({images.front()}, height, width, filter);
    const auto distance =
        inspect::compareImages(wanted.front(), cosmos::imagesFromPixels(cosmos::pixelsFromFrames(*decoded)).front());
    if (!distance)
        return tl::unexpected(distance.error());
    const bool isFinite = at::isfinite(*decoded).all().item<bool>();
    judge("W6", judgeReconstruction(isFinite ? distance->psnrDecibels : std::nan(""),
                                    m_prompt.settings.at("pixel_range"), threshold("W6")));
    return {};
}

void VerificationRun::checkTimeVector()
{
    const fusion::WorldProjector& projector = *m_models.world->projector;
    if (projector.maxLatentFrames() == 0)
        return skip({"W10"},
                    "this projection has no temporal embedding: equal latent frames give equal tokens by construction");
    const std::int64_t frames = std::min<std::int64_t>(projector.maxLatentFrames(), 4);
    const at::Tensor same = m_prompt.worldLatents.slice(1, 0, 1).expand({-1, frames, -1, -1});
    const auto tokens = projector.project(same);
    if (!tokens)
        return skip({"W10"}, tokens.error().message);
    judge("W10", judgeTimeVector(tokens->view({frames, -1, tokens->size(1)}), threshold("W10")));
}

// W11 of a world that was encoded, not predicted.
Result<void> VerificationRun::checkRepeats()
{
    const cosmos::VideoVae& vae = *m_models.world->vae;
    const bool isNormalised = m_prompt.settings.at("latent_scale") == nameOf(LatentScale::Normalised);
    const PixelRange range =
        settingFromName<PixelRange>(m_prompt.settings.at("pixel_range")).value_or(PixelRange::MinusOneToOne);
    const std::string& size = m_prompt.settings.at("world_size");
    const std::int64_t height = std::stoll(size), width = std::stoll(size.substr(size.find('x') + 1));
    const auto input =
        cosmos::framesFromImages(sized(worldImages(m_question), height, width, picture::ResizeFilter::Bilinear), range);
    if (!input)
        return tl::unexpected(input.error());
    const auto posterior = vae.encode(*input, m_observer, m_stop);
    if (!posterior)
        return tl::unexpected(posterior.error());
    const auto scaled = [&](const at::Tensor& raw) { return isNormalised ? vae.normalised(raw) : raw; };
    Repeats repeats;
    repeats.first = m_prompt.worldLatents;
    repeats.second = scaled(posterior->mean);
    const at::Tensor mean = posterior->mean.to(at::kCPU, at::kFloat);
    const at::Tensor noise = cosmos::noiseFromSeed(m_settings.seed, mean.sizes()).vae;
    const at::Tensor sample = posterior->sample(noise.to(posterior->mean.device())).to(at::kCPU, at::kFloat);
    repeats.sampleDistance = (sample - mean).norm().item<double>() / std::max(mean.norm().item<double>(), 1e-30);
    repeats.what = "two encodings of the same frames";
    judge("W11", judgeRepeats(repeats, threshold("W11")));
    return {};
}

// W11 and the seed part of W3 with short rollouts: one denoise step that moves anything, without text and guidance, and no more frames
// than the condition and one latent frame take.
Result<void> VerificationRun::checkRollouts()
{
    RolloutRequest request = *rolloutOf(m_question);
    const cosmos::VaeConfig& vae = m_models.world->vae->config();
    const auto given = static_cast<std::int64_t>(request.condition.frames.size());
    const std::int64_t conditionLatents = vae.latentFrames(std::min<std::int64_t>(given, request.frames));
    request.frames = static_cast<int>(std::min<std::int64_t>(request.frames, vae.decodedFrames(conditionLatents + 1)));
    request.steps = std::min(request.steps, 2);
    request.skipText = true;
    request.guidance = 0;
    request.previewEvery = 0;
    const auto latentsOf = [&](const RolloutRequest& wanted) -> Result<at::Tensor> {
        const auto record = m_pipeline.rollout(wanted, {}, m_observer, m_stop);
        if (!record)
            return tl::unexpected(record.error());
        if ((*record)->outcome == RunOutcome::Cancelled)
            return failCancelled();
        return tensors::tensorFromSnapshot((*record)->tensors.at("world.latents"));
    };
    const auto first = latentsOf(request);
    if (!first)
        return tl::unexpected(first.error());
    // A prediction of the same request would be handed out again: the same noise given as numbers is computed anew.
    const auto noiseOf = [&](std::uint64_t seed) { return cosmos::noiseFromSeed(seed, first->sizes()); };
    RolloutRequest again = request;
    again.noise = request.noise ? request.noise : tensors::snapshotFromTensor(noiseOf(request.seed).start);
    again.vaeNoise = request.vaeNoise ? request.vaeNoise : tensors::snapshotFromTensor(noiseOf(request.seed).vae);
    again.seed = request.seed + 1;
    const auto second = latentsOf(again);
    if (!second)
        return tl::unexpected(second.error());
    Repeats repeats;
    repeats.first = *first;
    repeats.second = *second;
    repeats.what = "two short rollouts from the same noise";
    judge("W11", judgeRepeats(repeats, threshold("W11")));
    if (!wants({"W3"}))
        return {};
    RolloutRequest other = again;
    other.noise = tensors::snapshotFromTensor(noiseOf(request.seed + 1).start);
    const auto third = latentsOf(other);
    if (!third)
        return tl::unexpected(third.error());
    const Judgement seeds = judgeSeeds(*first, *third, conditionLatents, threshold("W3"));
    for (Check& check : m_report.checks) {
        if (check.id != "W3")
            continue;
        if (check.judgement.verdict == Verdict::Skip) {
            check.judgement = seeds;
            continue;
        }
        check.judgement.verdict = std::max(check.judgement.verdict, seeds.verdict);
        check.judgement.reason += "; " + seeds.reason;
    }
    return {};
}

Result<void> VerificationRun::checkWorld()
{
    if (!hasWorld()) {
        skip({"W1", "W2", "W3", "W4", "W5", "W6", "W10", "W11", "W12", "W13"}, "this run has no world");
        return {};
    }
    const pipeline::WorldSide& world = *m_models.world;
    const std::vector<std::int64_t>& positions = m_prompt.plan.worldRows;
    const bool isPooled = m_prompt.fusion == FusionOption::Pooled;
    const bool isRollout = m_question.world.source == WorldSource::Rollout;
    const at::Tensor& tokens = m_prompt.worldRows;
    // Where each token is looked at; the pooled option has one position for all.
    const std::vector<std::int64_t> places =
        isPooled ? std::vector<std::int64_t>(static_cast<std::size_t>(tokens.size(0)), positions.front()) : positions;

    if (wants({"W1"})) {
        const std::int64_t id = m_prompt.plan.layout->ids[static_cast<std::size_t>(positions.front())];
        judge("W1", judgeWorldSlots(rowsAt(m_prompt.embeds, positions),
                                    m_models.language->embed({std::max<std::int64_t>(id, 0)})[0],
                                    isPooled ? tokens.mean(0, true) : tokens, positions, threshold("W1")));
    }
    if (wants({"W2"})) {
        const auto keys = latentFrameKeys(isRollout ? std::vector<Image>() : worldImages(m_question),
                                          m_prompt.worldGrid.latentFrames, world.vae->config().framesPerLatent());
        judge("W2", judgeWorldVaries(tokens, keys, world.projector->maxLatentFrames() > 0, places, threshold("W2")));
    }
    if (wants({"W3"}) && !m_other)
        skip({"W3"}, m_otherReason);
    else if (wants({"W3"})) {
        const fusion::WorldGrid& grid = m_prompt.worldGrid;
        const std::vector<std::int64_t> first(places.begin(), places.begin() + m_firstWorld.size(0));
        if (grid.channels == 0 && m_firstWorld.sizes() == m_other->worldRows.sizes())
            keep("W3.difference",
                 relativeDifference(m_firstWorld, m_other->worldRows).view({-1, grid.rows, grid.columns}),
                 {"latent_frame", "row", "column"});
        Judgement judgement =
            judgePicturesDiffer(m_firstWorld, m_other->worldRows, first, m_otherName, threshold("W3"));
        if (!isRollout)
            judgement.reason += "; seeds play no part in a world that was encoded, not predicted";
        judge("W3", std::move(judgement), grid.channels == 0 ? "W3.difference" : "");
    }
    if (wants({"W4"}))
        judge("W4",
              judgeNormBand(normsOf({TokenKind::World}), normsOf({TokenKind::Text, TokenKind::Image}), "world",
                            "text and image", positions, threshold("W4")),
              "norms");
    if (wants({"W5"})) {
        const cosmos::VaeConfig& vae = world.vae->config();
        const auto stats =
            inspect::channelStats(tensors::snapshotFromTensor(m_prompt.worldLatents),
                                  m_prompt.settings.at("latent_scale") == nameOf(LatentScale::Normalised),
                                  {vae.latentsMean, vae.latentsDeviation}, std::nullopt);
        if (!stats) {
            skip({"W5"}, stats.error().message);
        } else {
            std::vector<float> means, spreads;
            for (const inspect::ChannelStats& channel : *stats) {
                means.push_back(static_cast<float>(channel.meanSigmas));
                spreads.push_back(static_cast<float>(channel.deviation / channel.referenceDeviation));
            }
            keep("W5.mean_sigmas", at::tensor(means), {"channel"});
            keep("W5.spread_ratio", at::tensor(spreads), {"channel"});
            judge("W5", judgeLatentRange(*stats, m_prompt.settings.at("pixel_range"), threshold("W5")),
                  "W5.mean_sigmas");
        }
    }
    if (wants({"W6"})) {
        if (auto done = checkReconstruction(); !done)
            return done;
    }
    if (wants({"W10"}))
        checkTimeVector();
    if (wants({"W11"}) || (wants({"W3"}) && isRollout)) {
        if (auto done = isRollout ? checkRollouts() : checkRepeats(); !done)
            return done;
    }
    if (wants({"W12"})) {
        const auto registration = registerWorldTokens(m_models, m_prompt, 1, m_observer, m_stop);
        if (registration) {
            keep("W12.response", registration->response, {"spot", "row", "column"});
            judge("W12", judgeRegistration(registration->spots, threshold("W12")), "W12.response");
        } else if (registration.error().code == ErrorCode::InvalidInput) {
            skip({"W12"}, registration.error().message);
        } else {
            return tl::unexpected(registration.error());
        }
    }
    if (wants({"W13"})) {
        const std::string& name = world.projector->name();
        const bool isLinear = name.ends_with("linear");
        const std::int64_t inputs = m_prompt.worldGrid.channels > 0
                                        ? m_prompt.worldGrid.rows * m_prompt.worldGrid.columns
                                        : m_prompt.worldLatents.size(0);
        const std::int64_t bound = isLinear ? std::min({inputs, tokens.size(0) - 1, tokens.size(1)}) : 0;
        judge("W13", judgeSaturation(tokens, name.ends_with("-mlp"), bound, places, threshold("W13")));
    }
    return {};
}

}  // namespace armillary::verification
