// Which device to compute on, and what its memory held. On the CPU peaks are the process's, weights mapped from files
// included; on a GPU they are LibTorch's allocator's.
// Thread rule: used by the thread that owns the engine.
#pragma once

#include "base/error.h"

#include <c10/core/Device.h>

#include <cstdint>
#include <string>

namespace armillary::pipeline {

// "auto" (a GPU when there is one), "cpu", "cuda" or "cuda:N". Errors: InvalidInput (no such word), DeviceLost (no such GPU).
[[nodiscard]] Result<at::Device> deviceFromName(const std::string& name);

// Peak since the last reset, in bytes; on the CPU the process's largest resident size (VmHWM of the Linux kernel).
[[nodiscard]] std::int64_t peakBytes(at::Device device);
void resetPeak(at::Device device);
// Gives cached blocks back after an out-of-memory error, so that the session stays usable.
void releaseCached(at::Device device);

}  // namespace armillary::pipeline
