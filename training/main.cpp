// armillary-train-demo: trains, measures and exports Armillary's embedded demo model.
#include "training/checkpoint.h"
#include "training/demo_template.h"
#include "training/evaluation.h"
#include "training/process_pool.h"
#include "training/run_log.h"
#include "training/snapshot_export.h"
#include "training/training_plan.h"

#include <ATen/Parallel.h>
#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <iostream>
#include <string>
#include <vector>

namespace {

using namespace armillary;
using namespace armillary::training;

std::atomic<bool> g_isStopped = false;
static_assert(std::atomic<bool>::is_always_lock_free);

void stopOnSignal(int)
{
    g_isStopped = true;
}

bool isStopped()
{
    return g_isStopped;
}

int complain(const Error& error)
{
    std::cerr << error.message << "\n";
    return 1;
}

struct Options {
    TrainingPlan plan;
    std::string templateFolder = ARMILLARY_TRAINING_TEMPLATE;
    std::string stage, exportFolder, snapshotFolder;
    std::string languageStage = "tuning";
    int processes = 2;
    std::int64_t scenes = 1000;
    std::uint64_t evaluationSeed = 2024;
    bool isJson = false;
};

constexpr int kExitStopped = 3;

int trainOne(const Options& options, const std::string& stage, const RunLog& log)
{
    const auto form = readDemoTemplate(options.templateFolder);
    if (!form)
        return complain(form.error());
    StageRun run;
    run.folder = options.plan.folder;
    run.isStopped = isStopped;
    run.say = [&log](const std::string& line) { log.say(line); };
    const auto end = trainStage(*form, options.plan, stage, run);
    if (!end) {
        log.say(fmt::format("{}: {}", stage, end.error().message));
        return 1;
    }
    return *end == StageEnd::Finished ? 0 : kExitStopped;
}

// What was measured at the end of each finished stage.
nlohmann::json trainingJson(const TrainingPlan& plan)
{
    nlohmann::json out{{"seed", plan.seed}, {"scale", plan.scale}};
    for (const PlannedStage& stage : plannedStages()) {
        const std::string path = resultPath(plan.folder, stage.name);
        if (!fileExists(path))
            continue;
        const auto result = readCheckpoint(path);
        const nlohmann::json curve = result ? result->state.value("curve", nlohmann::json::array()) : nlohmann::json();
        if (!curve.empty())
            out["stages"][stage.name] = curve.back();
    }
    return out;
}

int exportAll(const Options& options, const std::string& folder, const RunLog& log)
{
    const auto form = readDemoTemplate(options.templateFolder);
    if (!form)
        return complain(form.error());
    const auto say = [&log](const std::string& line) { log.say(line); };
    if (const auto done = exportSnapshot(*form, options.plan, options.languageStage, folder); !done)
        return complain(done.error());
    const auto measured = evaluateSnapshot(folder, options.scenes, options.evaluationSeed, say);
    if (!measured)
        return complain(measured.error());
    if (const auto card = writeModelCard(folder, *measured, trainingJson(options.plan)); !card)
        return complain(card.error());
    log.say(fmt::format("export: the snapshot, its card and its numbers stand in {}", folder));
    return 0;
}

int trainAll(const Options& options, const RunLog& log)
{
    const auto start = [&](const std::string& stage) {
        return std::vector<std::string>{"stage",      stage,
                                        "--out",      options.plan.folder,
                                        "--seed",     std::to_string(options.plan.seed),
                                        "--scale",    fmt::format("{}", options.plan.scale),
                                        "--template", options.templateFolder};
    };
    const int code = runStagesInProcesses(options.plan, options.processes, start, isStopped,
                                          [&log](const std::string& line) { log.say(line); });
    if (code != 0) {
        log.say(code == kExitStopped ? "all: stopped; the same command goes on" : "all: a stage failed");
        return code;
    }
    return exportAll(options, options.plan.folder + "/snapshot", log);
}

int evaluate(const Options& options)
{
    const auto say = [&options](const std::string& line) {
        if (!options.isJson)
            std::cout << line << std::endl;
    };
    const auto measured = evaluateSnapshot(options.snapshotFolder, options.scenes, options.evaluationSeed, say);
    if (!measured)
        return complain(measured.error());
    std::cout << measured->dump(1) << "\n";
    return 0;
}

}  // namespace

int main(int argc, char** argv)
{
    CLI::App app("Trains Armillary's embedded demo model on scenes whose truth is known.");
    app.require_subcommand(1);
    Options options;
    const auto withPlan = [&options](CLI::App* command) {
        command->add_option("--out", options.plan.folder, "Folder of checkpoints, results and log.txt")->required();
        command->add_option("--seed", options.plan.seed, "What everything random follows from")->capture_default_str();
        command->add_option("--scale", options.plan.scale, "Share of the steps; small for a trial")
            ->capture_default_str()
            ->check(CLI::PositiveNumber);
        command->add_option("--template", options.templateFolder, "Configurations and tokenizers of the snapshot");
    };
    const auto withScenes = [&options](CLI::App* command) {
        command->add_option("--scenes", options.scenes, "Held-out scenes")->capture_default_str();
        command->add_option("--exam-seed", options.evaluationSeed, "Seed of the held-out scenes")
            ->capture_default_str();
    };
    CLI::App* all = app.add_subcommand("all", "Every stage in order, then export; goes on where it was stopped");
    withPlan(all);
    withScenes(all);
    all->add_option("--processes", options.processes, "Stages side by side, each with one thread")
        ->capture_default_str()
        ->check(CLI::Range(1, 8));
    CLI::App* stage = app.add_subcommand("stage", "One stage");
    stage->add_option("name", options.stage, "vae, vision, language, latents, transformer, world or tuning")
        ->required();
    withPlan(stage);
    CLI::App* exported = app.add_subcommand("export", "Writes the snapshot with its measured card");
    exported->add_option("folder", options.exportFolder, "Where to")->required();
    exported->add_option("--language", options.languageStage, "Stage that the language model comes from")
        ->capture_default_str();
    withPlan(exported);
    withScenes(exported);
    CLI::App* evaluated = app.add_subcommand("evaluate", "Measures a snapshot on fresh scenes");
    evaluated->add_option("folder", options.snapshotFolder, "With gemma, cosmos and theworld in it")->required();
    evaluated->add_flag("--json", options.isJson, "Only JSON");
    withScenes(evaluated);
    CLI11_PARSE(app, argc, argv);

    std::signal(SIGINT, stopOnSignal);
    std::signal(SIGTERM, stopOnSignal);
    // One thread a process, always: the order of sums, and with it every weight, follows from it.
    at::set_num_threads(1);
    if (evaluated->parsed())
        return evaluate(options);
    const RunLog log(options.plan.folder);
    if (stage->parsed())
        return trainOne(options, options.stage, log);
    return exported->parsed() ? exportAll(options, options.exportFolder, log) : trainAll(options, log);
}
