#include "training/training_plan.h"

#include "training/checkpoint.h"
#include "training/demo_world.h"
#include "training/language_stage.h"
#include "training/latent_store.h"
#include "training/scene_batch.h"
#include "training/transformer_stage.h"
#include "training/vae_stage.h"
#include "training/vision_stage.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <map>
#include <utility>

namespace armillary::training {
namespace {

constexpr std::int64_t kTrainingClips = 24000;
constexpr std::int64_t kHeldOut = 64;

std::string donePath(const TrainingPlan& plan)
{
    return plan.folder + "/latents/done";
}

class Trainer {
public:
    Trainer(const DemoTemplate& form, const TrainingPlan& plan, const StageRun& run)
        : m_form(form), m_plan(plan), m_run(run)
    {}

    Result<StageEnd> vae() const
    {
        VaeStageOptions options;
        options.steps = m_plan.scaled(options.steps);
        options.statistics = m_plan.scaled(options.statistics, 8);
        options.heldOut = m_plan.scaled(options.heldOut, 8);
        return runStage(*makeVaeStage(m_form, m_plan.seed, options), m_run);
    }

    Result<StageEnd> vision() const
    {
        VisionStageOptions options;
        options.steps = m_plan.scaled(options.steps);
        options.heldOut = m_plan.scaled(options.heldOut, 8);
        return runMade(makeVisionStage(m_form, m_plan.seed, options));
    }

    Result<StageEnd> language() const
    {
        LanguageStageOptions options;
        options.name = "language";
        options.crowdedShare = 0.7;
        options.steps = m_plan.scaled(2400);
        options.falling = 0.3;
        return questions(options, "vision", false, false);
    }

    Result<StageEnd> latents() const
    {
        const auto net = loadVae();
        if (!net)
            return tl::unexpected(net.error());
        const auto end = encodeLatents(**net, m_plan.seed, clips(), m_run);
        if (end && *end == StageEnd::Finished)
            std::ofstream(donePath(m_plan)) << clips() << "\n";
        return end;
    }

    Result<StageEnd> transformer() const
    {
        const auto net = loadVae();
        auto store = LatentStore::open(m_plan.folder, clips());
        if (!net)
            return tl::unexpected(net.error());
        if (!store)
            return tl::unexpected(store.error());
        TransformerStageOptions options;
        options.steps = m_plan.scaled(options.steps);
        options.heldOut = kHeldOut;
        return runStage(*makeTransformerStage(m_form, m_plan.seed, options,
                                              std::make_shared<const LatentStore>(std::move(*store)), heldOut(**net),
                                              *net),
                        m_run);
    }

    Result<StageEnd> world() const
    {
        LanguageStageOptions options;
        options.name = "world";
        options.steps = m_plan.scaled(2400);
        options.scenes = 12;
        options.warmShare = 0.075;
        options.denseShare = 0.6;
        options.worldShare = 0.8;
        return questions(options, "language", true, false);
    }

    Result<StageEnd> tuning() const
    {
        LanguageStageOptions options;
        options.name = "tuning";
        options.steps = m_plan.scaled(450);
        options.scenes = 12;
        options.muonRate = 0.005;
        options.adamRate = 0.0005;
        options.falling = 1;
        options.worldShare = 0.8;
        options.rolloutShare = 0.6;
        options.mostNoise = 0.2;
        return questions(options, "world", true, true);
    }

private:
    [[nodiscard]] std::int64_t clips() const { return m_plan.scaled(kTrainingClips, 40); }

    [[nodiscard]] Result<StageEnd> runMade(Result<std::unique_ptr<Stage>> stage) const
    {
        if (!stage)
            return tl::unexpected(stage.error());
        return runStage(**stage, m_run);
    }

    [[nodiscard]] Result<TensorMap> resultOf(const std::string& stage) const
    {
        return readTensors(resultPath(m_plan.folder, stage));
    }

    [[nodiscard]] Result<std::shared_ptr<const VaeNet>> loadVae() const
    {
        const auto values = resultOf("vae");
        if (!values)
            return tl::unexpected(values.error());
        return vaeOf(m_form, *values);
    }

    [[nodiscard]] at::Tensor heldOut(const VaeNet& net) const
    {
        return latentsOfClips(net, clipsOf(scenesOf(heldOutScenes(m_plan.seed), 0, kHeldOut)));
    }

    [[nodiscard]] Result<StageEnd> questions(LanguageStageOptions options, const std::string& startStage, bool hasWorld,
                                             bool hasRollouts) const
    {
        options.heldOut = kHeldOut;
        const auto start = resultOf(startStage);
        if (!start)
            return tl::unexpected(start.error());
        WorldSources sources;
        if (hasWorld) {
            const auto net = loadVae();
            auto store = LatentStore::open(m_plan.folder, clips());
            if (!net)
                return tl::unexpected(net.error());
            if (!store)
                return tl::unexpected(store.error());
            sources.training = std::make_shared<const LatentStore>(std::move(*store));
            sources.heldOut = heldOut(**net);
        }
        if (hasRollouts) {
            const auto values = resultOf("transformer");
            if (!values)
                return tl::unexpected(values.error());
            auto net = transformerOf(m_form, *values);
            if (!net)
                return tl::unexpected(net.error());
            sources.transformer = *net;
        }
        return runMade(makeLanguageStage(m_form, m_plan.seed, options, *start, std::move(sources)));
    }

    const DemoTemplate& m_form;
    const TrainingPlan& m_plan;
    const StageRun& m_run;
};

}  // namespace

std::int64_t TrainingPlan::scaled(std::int64_t count, std::int64_t least) const
{
    return std::max(least, static_cast<std::int64_t>(std::llround(static_cast<double>(count) * scale)));
}

const std::vector<PlannedStage>& plannedStages()
{
    static const std::vector<PlannedStage> kStages = {
        {"vae", {}, 23},
        {"vision", {}, 3},
        {"language", {"vision"}, 30},
        {"latents", {"vae"}, 7},
        {"transformer", {"latents"}, 30},
        {"world", {"language", "latents"}, 52},
        {"tuning", {"world", "transformer"}, 12},
    };
    return kStages;
}

double minutesLeft(const TrainingPlan& plan, int processes)
{
    // Each stage begins when a process is free and what it needs is done, in the order of the list.
    std::vector<double> freeAt(static_cast<std::size_t>(std::max(processes, 1)), 0.0);
    std::map<std::string, double> doneAt;
    double last = 0;
    for (const PlannedStage& stage : plannedStages()) {
        if (isFinished(plan, stage.name))
            continue;
        const auto free = std::min_element(freeAt.begin(), freeAt.end());
        double begin = *free;
        for (const std::string& need : stage.needs)
            begin = std::max(begin, doneAt[need]);
        *free = doneAt[stage.name] = begin + stage.minutes * plan.scale;
        last = std::max(last, *free);
    }
    return last;
}

bool isFinished(const TrainingPlan& plan, const std::string& stage)
{
    return fileExists(stage == "latents" ? donePath(plan) : resultPath(plan.folder, stage));
}

Result<StageEnd> trainStage(const DemoTemplate& form, const TrainingPlan& plan, const std::string& stage,
                            const StageRun& run)
{
    const auto& stages = plannedStages();
    const auto found =
        std::find_if(stages.begin(), stages.end(), [&](const PlannedStage& each) { return each.name == stage; });
    if (found == stages.end())
        return fail(ErrorCode::InvalidInput, fmt::format("there is no stage named \"{}\"", stage));
    for (const std::string& need : found->needs) {
        if (!isFinished(plan, need))
            return fail(ErrorCode::InvalidInput, fmt::format("{} needs {}, which is not finished", stage, need));
    }
    if (isFinished(plan, stage))
        return StageEnd::Finished;
    std::error_code error;
    std::filesystem::create_directories(plan.folder, error);
    const Trainer trainer(form, plan, run);
    if (stage == "vae")
        return trainer.vae();
    if (stage == "vision")
        return trainer.vision();
    if (stage == "language")
        return trainer.language();
    if (stage == "latents")
        return trainer.latents();
    if (stage == "transformer")
        return trainer.transformer();
    if (stage == "world")
        return trainer.world();
    return trainer.tuning();
}

}  // namespace armillary::training
