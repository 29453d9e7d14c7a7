#include "pipeline/device_memory.h"

#include <ATen/ATen.h>
#include <c10/core/CachingDeviceAllocator.h>
#include <fmt/format.h>

#include <fstream>
#include <sstream>

namespace armillary::pipeline {
namespace {

std::int64_t processPeakBytes()
{
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);) {
        if (line.starts_with("VmHWM:")) {
            std::istringstream words(line.substr(6));
            std::int64_t kibibytes = 0;
            words >> kibibytes;
            return kibibytes * 1024;
        }
    }
    return 0;
}

}  // namespace

Result<at::Device> deviceFromName(const std::string& name)
{
    const int gpus = at::hasCUDA() ? static_cast<int>(at::detail::getCUDAHooks().deviceCount()) : 0;
    if (name == "auto")
        return gpus > 0 ? at::Device(at::kCUDA, 0) : at::Device(at::kCPU);
    if (name == "cpu")
        return at::Device(at::kCPU);
    int index = -1;
    if (name == "cuda")
        index = 0;
    else if (name.starts_with("cuda:") && name.size() > 5 && name.size() < 9 &&
             name.find_first_not_of("0123456789", 5) == std::string::npos)
        index = std::stoi(name.substr(5));
    if (index < 0)
        return fail(ErrorCode::InvalidInput, fmt::format("there is no device '{}': choose auto, cpu or cuda:N", name));
    if (index >= gpus)
        return fail(ErrorCode::DeviceLost,
                    fmt::format("device {} is not there: LibTorch sees {} CUDA devices; choose cpu or auto", name,
                                gpus));
    return at::Device(at::kCUDA, static_cast<at::DeviceIndex>(index));
}

std::int64_t peakBytes(at::Device device)
{
    if (device.is_cpu())
        return processPeakBytes();
    const auto stats = c10::getDeviceAllocator(device.type())->getDeviceStats(device.index());
    return stats.allocated_bytes[static_cast<std::size_t>(c10::CachingAllocator::StatType::AGGREGATE)].peak;
}

void resetPeak(at::Device device)
{
    if (device.is_cpu())
        std::ofstream("/proc/self/clear_refs") << "5";  // proc(5): sets VmHWM back to the current size
    else
        c10::getDeviceAllocator(device.type())->resetPeakStats(device.index());
}

void releaseCached(at::Device device)
{
    if (!device.is_cpu())
        c10::getDeviceAllocator(device.type())->emptyCache();
}

}  // namespace armillary::pipeline
