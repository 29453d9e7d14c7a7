// What a person asks the world model to predict, what it shows while it works, and what it leaves behind.
// Thread rule: plain values; what crosses threads is immutable behind std::shared_ptr<const T>.
#pragma once

#include "records/image.h"
#include "records/tensor_snapshot.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace armillary {

struct RolloutRequest {
    Clip condition;   // the frames that are given: one picture, or the last frames of a clip
    int frames = 93;  // of the predicted clip, the given ones included
    int steps = 35;
    std::string prompt;
    std::optional<std::string> negative;  // nothing: the pipeline's own default negative prompt
    bool skipText = false;                // zero rows in place of both prompts: no text encoder is needed
    double guidance = 7;                  // above 1: x0 = cond + guidance * (cond - uncond)
    double framesPerSecond = 16;
    int heightPixels = 704;
    int widthPixels = 1280;
    std::uint64_t seed = 0;
    std::optional<TensorSnapshot> noise;     // [Z,T,h,w] standard normal, in place of the seed's
    std::optional<TensorSnapshot> vaeNoise;  // [Z,T,h,w]
    bool takeStopped = false;  // a question takes what a stopped rollout of this request has made, if there is one
    int previewEvery = 0;      // decode the estimate of every so many steps; 0: never
};

// One finished denoise step.
struct RolloutProgress {
    std::int64_t step = 0;  // 0 ... steps-1
    std::int64_t steps = 0;
    double sigma = 0;  // noise level before the step
    double stepSeconds = 0;
    std::shared_ptr<const Clip> preview;  // the decoded estimate; null when none was decoded at this step
};

// Which memory a part of a run takes, planned before it and measured after it.
struct MemoryPlanRow {
    std::string part;  // "T5 text encoder", "Diffusion transformer" ...
    std::int64_t weightBytes = 0;
    std::string place;  // "cuda:0", "cpu (mapped from the file)", "not needed: the prompt was encoded before"
    std::string after;  // "kept" or "freed"
    std::int64_t measuredBytes = -1;  // growth while it was loaded and used; -1 = not run
};

struct MemoryPlan {
    std::int64_t freeBytes = 0;  // on the device, before the run
    std::vector<MemoryPlanRow> rows;
};

}  // namespace armillary
