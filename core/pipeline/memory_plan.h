// Which parts of a rollout go where, from what the device has free.
// Thread rule: free functions; used by the thread that owns the engine.
#pragma once

#include "records/rollout.h"

#include <c10/core/Device.h>

#include <cstdint>
#include <string>
#include <vector>

namespace armillary::pipeline {

// One part in the order of its use.
struct PlannedPart {
    std::string name;
    std::int64_t weightBytes = 0;  // on the device, in the format of the run
    std::int64_t workBytes = 0;    // activations beside the weights, at most
    bool mayStay = false;          // wanted again by the next run; the text encoder is not: its rows are kept on disk
    bool isNeeded = true;
};

// Parts are used one after another. A part whose weights and work do not fit beside what stays goes to the CPU, where its
// weights are mapped from the file; a part that may stay does so while the largest part after it still fits.
[[nodiscard]] MemoryPlan planMemory(const std::vector<PlannedPart>& parts, at::Device device, std::int64_t freeBytes);

// Free bytes of the device; on the CPU what the system calls available.
[[nodiscard]] std::int64_t freeBytes(at::Device device);

}  // namespace armillary::pipeline
