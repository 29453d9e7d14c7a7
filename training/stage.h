// A stage of the training: many steps on parameters, with what it takes to stop at any step and go on later as if never
// stopped.
//
// Everything random in a step follows from the seed and the step's number, so a checkpoint holds no state of random numbers.
// Thread rule: used by the thread that trains.
#pragma once

#include "base/error.h"
#include "training/optimizer.h"
#include "training/parameters.h"

#include <nlohmann/json.hpp>

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace armillary::training {

class Stage {
public:
    virtual ~Stage() = default;

    [[nodiscard]] virtual std::string name() const = 0;
    [[nodiscard]] virtual std::int64_t steps() const = 0;
    // The loss of step `index`; the loop calls backward on it.
    [[nodiscard]] virtual at::Tensor loss(std::int64_t index) = 0;
    // Share of the peak rates.
    [[nodiscard]] virtual double rate(std::int64_t index) const = 0;
    // How good the parameters are now, on scenes that were held out.
    [[nodiscard]] virtual nlohmann::json measure() = 0;
    // After the last step, with the average in the parameters.
    virtual void finish() {}

    [[nodiscard]] virtual Parameters& parameters() = 0;
    [[nodiscard]] virtual Optimizer& optimizer() = 0;
    [[nodiscard]] virtual RunningAverage& average() = 0;
};

struct StageRun {
    std::string folder;                           // checkpoint, curve and result go here, named after the stage
    std::function<bool()> isStopped;              // polled each step
    std::function<void(const std::string&)> say;  // a line of the log
    double secondsBetweenCheckpoints = 180;
    std::int64_t measuresPerStage = 12;
    std::int64_t stopAfter = -1;  // of steps in this run; for tests
};

enum class StageEnd { Finished, Stopped };

// Goes on from the stage's checkpoint where there is one. At the end the average stands in `NAME.safetensors` (parameters by
// their names, the curve in its state) and the checkpoint is removed; a finished stage is left as it is. Errors: FileRead,
// FileWrite, ModelMismatch, Internal (a loss that is not finite).
[[nodiscard]] Result<StageEnd> runStage(Stage& stage, const StageRun& run);

[[nodiscard]] std::string resultPath(const std::string& folder, const std::string& stage);
[[nodiscard]] std::string checkpointPath(const std::string& folder, const std::string& stage);

}  // namespace armillary::training
