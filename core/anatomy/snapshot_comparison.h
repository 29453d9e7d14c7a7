// Compares the numbers of two snapshot folders, tensor by tensor. Tensors belong together by name; those that are left over then by
// their names without the levels that namings differ in ("model", "vision_model"), where that is unique.
// Thread rule: pure function; reads the disk for as long as gigabytes take, so on a worker; `progress` is called on that thread.
#pragma once

#include "anatomy/snapshot_tensors.h"
#include "records/snapshot_difference.h"

#include <memory>
#include <stop_token>

namespace armillary::anatomy {

// Errors: FileRead, as openSnapshotTensors, of either folder; Cancelled, within a block of 8 MiB.
[[nodiscard]] Result<std::shared_ptr<const SnapshotDifference>> compareSnapshots(const std::string& pathA,
                                                                                 const std::string& pathB,
                                                                                 const ByteProgress& progress,
                                                                                 const std::stop_token& stop);

}  // namespace armillary::anatomy
