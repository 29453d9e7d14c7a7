#include "bench/machine_rates.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstring>
#include <limits>

namespace armillary::bench {
namespace {

constexpr std::int64_t kSide = 2048;
constexpr std::int64_t kReadBytes = std::int64_t{1} << 29;

// A sum of all words, four streams of 64 bytes at a time: wide enough that memory, not arithmetic, sets the pace.
std::uint64_t sumWords(const std::uint64_t* words, std::int64_t count)
{
    using Words = std::uint64_t __attribute__((vector_size(64)));
    Words sums[4] = {};
    for (std::int64_t i = 0; i + 32 <= count; i += 32) {
        for (int stream = 0; stream < 4; ++stream) {
            Words part;
            std::memcpy(&part, words + i + 8 * stream, sizeof part);
            sums[stream] += part;
        }
    }
    std::uint64_t total = 0;
    for (const Words& sum : sums)
        for (int lane = 0; lane < 8; ++lane)
            total += sum[lane];
    return total;
}

}  // namespace

double fastestSeconds(const std::function<void()>& work, int repeats)
{
    double fastest = std::numeric_limits<double>::infinity();
    for (int repeat = 0; repeat <= repeats; ++repeat) {
        const auto start = std::chrono::steady_clock::now();
        work();
        const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
        if (repeat > 0)
            fastest = std::min(fastest, seconds);
    }
    return fastest;
}

double matrixProductRate(at::Device device, at::ScalarType type)
{
    const auto options = at::TensorOptions().device(device).dtype(type);
    const at::Tensor a = at::randn({kSide, kSide}, options);
    const at::Tensor b = at::randn({kSide, kSide}, options);
    const double seconds = fastestSeconds(
        [&] {
            const at::Tensor c = at::mm(a, b);
            finish(device);
        },
        8);
    return 2.0 * kSide * kSide * kSide / seconds;
}

double memoryReadRate(at::Device device)
{
    if (!device.is_cpu()) {
        const at::Tensor data = at::ones({kReadBytes}, at::TensorOptions().device(device).dtype(at::kFloat));
        return static_cast<double>(data.nbytes()) /
               fastestSeconds([&] { static_cast<void>(data.sum().item<float>()); }, 8);
    }
    const at::Tensor data = at::ones({kReadBytes / 8}, at::kLong);
    const auto* words = reinterpret_cast<const std::uint64_t*>(data.const_data_ptr<std::int64_t>());
    std::atomic<std::uint64_t> total{0};
    const double seconds = fastestSeconds(
        [&] {
            at::parallel_for(0, kReadBytes / 8, 1 << 16, [&](std::int64_t begin, std::int64_t end) {
                total += sumWords(words + begin, end - begin);
            });
        },
        8);
    return static_cast<double>(kReadBytes) / seconds;
}

void finish(at::Device device)
{
    if (!device.is_cpu())
        static_cast<void>(at::zeros({1}, at::TensorOptions().device(device)).item<float>());
}

}  // namespace armillary::bench
