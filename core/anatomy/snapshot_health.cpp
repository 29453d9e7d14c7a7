#include "anatomy/snapshot_health.h"

#include "anatomy/weight_tally.h"
#include "base/run_control.h"

#include <algorithm>
#include <chrono>
#include <map>

namespace armillary::anatomy {

Result<std::shared_ptr<const SnapshotHealth>> readSnapshotHealth(const std::string& path, const ByteProgress& progress,
                                                                 const std::stop_token& stop)
{
    const auto start = std::chrono::steady_clock::now();
    const auto opened = openSnapshotTensors(path);
    if (!opened)
        return tl::unexpected(opened.error());
    auto out = std::make_shared<SnapshotHealth>();
    out->folder = path;
    out->tensors.resize(opened->tensors.size());
    std::map<std::string, WeightTally> parts;
    std::map<std::string, std::int64_t> tensorsOfPart;
    // As the files lie on the disk; shown in the order of names.
    std::vector<std::size_t> order(opened->tensors.size());
    for (std::size_t i = 0; i < order.size(); ++i)
        order[i] = i;
    std::sort(order.begin(), order.end(), [&opened](std::size_t left, std::size_t right) {
        return opened->tensors[left].view->bytes.data() < opened->tensors[right].view->bytes.data();
    });
    for (const std::size_t index : order) {
        const NamedTensor& tensor = opened->tensors[index];
        WeightTally tally;
        bool isStopped = stop.stop_requested();
        if (!isStopped) {
            forBlocks(*tensor.view, [&](std::span<const std::uint8_t> block) {
                tally.add(tensor.view->type, block);
                out->bytes += static_cast<std::int64_t>(block.size());
                if (progress)
                    progress(out->bytes, opened->bytes);
                isStopped = stop.stop_requested();
                return !isStopped;
            });
        }
        if (isStopped)
            return failCancelled();
        out->tensors[index] = {tensor.name, tensor.part, tensor.view->type, tensor.view->shape, tally.health()};
        parts[tensor.part].add(tally);
        ++tensorsOfPart[tensor.part];
    }
    WeightTally whole;
    for (const auto& [name, tally] : parts) {
        out->parts.push_back({name, tensorsOfPart[name], tally.health()});
        whole.add(tally);
    }
    out->whole = whole.health();
    out->seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    return std::shared_ptr<const SnapshotHealth>(std::move(out));
}

}  // namespace armillary::anatomy
