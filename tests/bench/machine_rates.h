// What the machine itself can do, measured in the same run as the models that are held against it.
// Thread rule: free functions; they use all of LibTorch's threads.
#pragma once

#include <c10/core/Device.h>
#include <c10/core/ScalarType.h>

#include <functional>

namespace armillary::bench {

// Seconds of the fastest of `repeats` calls after one that does not count.
[[nodiscard]] double fastestSeconds(const std::function<void()>& work, int repeats);

// Operations a second of LibTorch's own product of two 2048 x 2048 matrices of `type`; 2 per multiply-add.
[[nodiscard]] double matrixProductRate(at::Device device, at::ScalarType type);

// Bytes a second that all threads together read of memory no cache holds.
[[nodiscard]] double memoryReadRate(at::Device device);

// Waits for what was queued on `device`.
void finish(at::Device device);

}  // namespace armillary::bench
