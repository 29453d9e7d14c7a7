// Runs the stages of a plan as processes of this program, so many side by side as asked for, each when what it needs is done.
// Thread rule: used by the main thread.
#pragma once

#include "training/training_plan.h"

#include <functional>
#include <string>
#include <vector>

namespace armillary::training {

// `arguments` are those of the program for a stage. 0 when all stages are finished, else the first exit status that was not 0.
// When `isStopped`, children are told to stop and waited for.
[[nodiscard]] int runStagesInProcesses(
    const TrainingPlan& plan, int processes,
    const std::function<std::vector<std::string>(const std::string& stage)>& arguments,
    const std::function<bool()>& isStopped, const std::function<void(const std::string&)>& say);

}  // namespace armillary::training
