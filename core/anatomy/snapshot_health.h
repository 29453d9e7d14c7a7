// Reads every number of a snapshot folder once and says what they are like, per tensor and per part.
// Thread rule: pure function; reads the disk for as long as gigabytes take, so on a worker; `progress` is called on that thread.
#pragma once

#include "anatomy/snapshot_tensors.h"
#include "records/weight_health.h"

#include <memory>
#include <stop_token>

namespace armillary::anatomy {

// Errors: FileRead, as openSnapshotTensors; Cancelled, within a block of 8 MiB.
[[nodiscard]] Result<std::shared_ptr<const SnapshotHealth>> readSnapshotHealth(const std::string& path,
                                                                               const ByteProgress& progress,
                                                                               const std::stop_token& stop);

}  // namespace armillary::anatomy
