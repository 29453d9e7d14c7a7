#include "training/evaluation.h"

#include "cosmos/world_rollout.h"
#include "scenes/scene_exam.h"
#include "training/checkpoint.h"
#include "training/demo_language.h"
#include "training/demo_world.h"
#include "training/scene_batch.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

namespace armillary::training {
namespace {

constexpr std::int64_t kScenesAtOnce = 32;
constexpr double kNearPixels = 4;

nlohmann::json distances(std::vector<double> errors)
{
    if (errors.empty())
        return {{"within_4px", 0.0}, {"median_px", 0.0}};
    std::sort(errors.begin(), errors.end());
    const auto near = std::count_if(errors.begin(), errors.end(), [](double error) { return error <= kNearPixels; });
    return {{"within_4px", static_cast<double>(near) / static_cast<double>(errors.size())},
            {"median_px", errors[errors.size() / 2]},
            {"shapes", errors.size()}};
}

void append(std::vector<double>& to, const std::vector<double>& more)
{
    to.insert(to.end(), more.begin(), more.end());
}

}  // namespace

Result<DemoSnapshot> readDemoSnapshot(const std::string& folder)
{
    const auto form = readDemoTemplate(folder);
    if (!form)
        return tl::unexpected(form.error());
    const std::string diffusers = "/diffusion_pytorch_model.safetensors";
    auto gemma = readTensors(folder + "/gemma/model.safetensors");
    auto projector = readTensors(folder + "/theworld/model.safetensors");
    auto vaeValues = readTensors(folder + "/cosmos/vae" + diffusers);
    auto transformerValues = readTensors(folder + "/cosmos/transformer" + diffusers);
    for (const auto* part : {&gemma, &projector, &vaeValues, &transformerValues}) {
        if (!*part)
            return tl::unexpected(part->error());
    }
    DemoSnapshot out;
    auto language = DemoLanguage::make(*form, 0);
    if (!language)
        return tl::unexpected(language.error());
    out.language = std::move(*language);
    gemma->merge(*projector);
    if (const auto assigned = out.language->parameters().assign(*gemma); !assigned)
        return tl::unexpected(assigned.error());
    auto vae = vaeOf(*form, *vaeValues);
    if (!vae)
        return tl::unexpected(vae.error());
    auto transformer = transformerOf(*form, *transformerValues);
    if (!transformer)
        return tl::unexpected(transformer.error());
    out.vae = *vae;
    out.transformer = *transformer;
    return out;
}

at::Tensor rolledOutExam(const DemoSnapshot& snapshot, const at::Tensor& clips,
                         const std::vector<scenes::ExamScene>& scenes)
{
    const at::NoGradGuard noGradients;
    const VaeNet::Posterior posterior = snapshot.vae->encode(clips.narrow(2, 0, scenes::kSeenFrames));
    std::vector<std::int64_t> shape = posterior.mean.sizes().vec();
    shape.erase(shape.begin());
    shape[1] = kLatentFrames;
    std::vector<at::Tensor> start, vae;
    for (const scenes::ExamScene& scene : scenes) {
        const cosmos::RolloutNoise noise = cosmos::noiseFromSeed(scene.rolloutSeed, shape);
        start.push_back(noise.start);
        vae.push_back(noise.vae.narrow(1, 0, kSeenLatentFrames));
    }
    const at::Tensor condition = posterior.mean + (0.5 * posterior.logVariance).exp() * at::stack(vae);
    return rollOut(*snapshot.transformer, condition, at::stack(start), kRolloutSteps, kRolloutFramesPerSecond);
}

Result<nlohmann::json> evaluateSnapshot(const std::string& folder, std::int64_t scenes, std::uint64_t seed,
                                        const std::function<void(const std::string&)>& say, std::int64_t pictured)
{
    if (scenes < 2)
        return fail(ErrorCode::InvalidInput, "an evaluation needs at least two scenes");
    auto snapshot = readDemoSnapshot(folder);
    if (!snapshot)
        return tl::unexpected(snapshot.error());
    const at::NoGradGuard noGradients;
    scenes::ExamTally tally;
    std::vector<double> vaeErrors, rolloutErrors;
    double squares = 0, pixels = 0;
    for (std::int64_t first = 0; first < scenes; first += kScenesAtOnce) {
        const std::int64_t count = std::min(kScenesAtOnce, scenes - first);
        std::vector<scenes::ExamScene> part = scenesOf(seed, first, count);
        const std::vector<scenes::ExamScene> next = scenesOf(seed, (first + count) % scenes, 1);
        const at::Tensor clips = clipsOf(part);
        const at::Tensor truth = latentsOfClips(*snapshot->vae, clips);
        const at::Tensor foreign =
            at::cat({truth.narrow(0, 1, count - 1), latentsOfClips(*snapshot->vae, clipsOf(next))});
        const at::Tensor rolled = rolledOutExam(*snapshot, clips, part);
        if (const std::int64_t drawn = std::min(count, pictured - first); drawn > 0) {
            const std::vector<scenes::ExamScene> shown(part.begin(), part.begin() + drawn);
            const auto decoded = [&](const at::Tensor& latents) {
                return clipsOfLatents(*snapshot->vae, latents.narrow(0, 0, drawn));
            };
            const at::Tensor again = decoded(truth);
            squares += ((again - clips.narrow(0, 0, drawn)) / 2).square().sum().item<double>();
            pixels += static_cast<double>(again.numel());
            append(vaeErrors, positionErrors(picturesOf(again, scenes::kFrames - 1), shown));
            append(rolloutErrors, positionErrors(picturesOf(decoded(rolled), scenes::kFrames - 1), shown));
        }

        const at::Tensor stills = stillsOf(part);
        std::vector<std::vector<AskedQuestion>> asked;
        for (const scenes::ExamScene& scene : part) {
            asked.push_back(askedOf(scene.questions));
            for (const scenes::SceneQuestion& question : scene.questions)
                tally.ask(question, scenes::bestFromStill(scene.scene, question, {}));
        }
        const std::vector<std::pair<scenes::WorldGiven, at::Tensor>> worlds = {{scenes::WorldGiven::True, truth},
                                                                               {scenes::WorldGiven::Rollout, rolled},
                                                                               {scenes::WorldGiven::Absent, {}},
                                                                               {scenes::WorldGiven::Foreign, foreign}};
        for (const auto& [world, latents] : worlds) {
            const auto right = judgeAnswers(*snapshot->language, stills, latents, asked);
            for (std::size_t i = 0; i < right.size(); ++i) {
                for (std::size_t j = 0; j < right[i].size(); ++j)
                    tally.judge(part[i].questions[j], world, right[i][j]);
            }
        }
        say(fmt::format("evaluate: {} of {} scenes", first + count, scenes));
    }
    nlohmann::json rows = nlohmann::json::array();
    for (const scenes::ExamTally::Row& row : tally.rows()) {
        nlohmann::json accuracy;
        for (const scenes::WorldGiven world : scenes::kWorldsGiven)
            accuracy[std::string(scenes::worldName(world))] = row.accuracy(world);
        rows.push_back({{"kind", std::string(scenes::kindName(row.kind))},
                        {"asked", row.asked},
                        {"chance", row.chance},
                        {"best_from_still", row.bestFromStill},
                        {"accuracy", accuracy}});
    }
    nlohmann::json vae = distances(std::move(vaeErrors));
    vae["psnr_db"] = -10 * std::log10(squares / pixels);
    return nlohmann::json{{"scenes", scenes},
                          {"seed", seed},
                          {"questions", rows},
                          {"vae", vae},
                          {"rollout", distances(std::move(rolloutErrors))}};
}

}  // namespace armillary::training
