// The stages in order, what each needs, and how long each is.
// Thread rule: used by the thread that trains.
#pragma once

#include "training/demo_template.h"
#include "training/stage.h"

#include <cstdint>
#include <string>
#include <vector>

namespace armillary::training {

struct TrainingPlan {
    std::uint64_t seed = 1;
    std::string folder;
    // Of all numbers of steps and scenes; for trials and tests.
    double scale = 1;

    [[nodiscard]] std::int64_t scaled(std::int64_t count, std::int64_t least = 1) const;
};

struct PlannedStage {
    std::string name;
    std::vector<std::string> needs;
    double minutes = 0;  // of one thread, as measured on a core of a shared machine with AVX-512
};

// vae, vision, language, latents, transformer, world, tuning; each behind what it needs.
[[nodiscard]] const std::vector<PlannedStage>& plannedStages();
// What the stages that are not finished take with so many side by side; a stage that was begun counts in full.
[[nodiscard]] double minutesLeft(const TrainingPlan& plan, int processes);
[[nodiscard]] bool isFinished(const TrainingPlan& plan, const std::string& stage);

// Runs one stage, or goes on with it. Errors: InvalidInput (unknown name, a needed stage that is not finished), as runStage.
[[nodiscard]] Result<StageEnd> trainStage(const DemoTemplate& form, const TrainingPlan& plan, const std::string& stage,
                                          const StageRun& run);

}  // namespace armillary::training
