#include "pipeline/memory_plan.h"

#include <c10/core/CachingDeviceAllocator.h>

#include <algorithm>
#include <fstream>
#include <sstream>

namespace armillary::pipeline {

MemoryPlan planMemory(const std::vector<PlannedPart>& parts, at::Device device, std::int64_t freeBytes)
{
    MemoryPlan plan;
    plan.freeBytes = freeBytes;
    std::int64_t left = freeBytes;
    for (std::size_t i = 0; i < parts.size(); ++i) {
        const PlannedPart& part = parts[i];
        MemoryPlanRow row{part.name, part.weightBytes, {}, "freed", -1};
        if (!part.isNeeded) {
            row.place = "not needed";
            row.after = "never loaded";
            plan.rows.push_back(std::move(row));
            continue;
        }
        const bool isOnDevice = !device.is_cpu() && part.weightBytes + part.workBytes <= left;
        row.place = isOnDevice ? device.str() : "cpu, mapped from the file";
        std::int64_t largestLater = 0;
        for (std::size_t later = i + 1; later < parts.size(); ++later) {
            if (parts[later].isNeeded)
                largestLater = std::max(largestLater, parts[later].weightBytes + parts[later].workBytes);
        }
        // Mapped weights cost the system nothing it cannot take back, so on the CPU whatever may stay does.
        if (part.mayStay && (!isOnDevice || left - part.weightBytes >= largestLater)) {
            row.after = "kept";
            if (isOnDevice)
                left -= part.weightBytes;
        }
        plan.rows.push_back(std::move(row));
    }
    return plan;
}

std::int64_t freeBytes(at::Device device)
{
    if (!device.is_cpu())
        return static_cast<std::int64_t>(c10::getDeviceAllocator(device.type())->getMemoryInfo(device.index()).first);
    std::ifstream memory("/proc/meminfo");
    for (std::string line; std::getline(memory, line);) {
        if (line.starts_with("MemAvailable:")) {
            std::istringstream words(line.substr(13));
            std::int64_t kibibytes = 0;
            words >> kibibytes;
            return kibibytes * 1024;
        }
    }
    return 0;
}

}  // namespace armillary::pipeline
