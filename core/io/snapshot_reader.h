// Reads what a snapshot folder holds from its configuration and the headers of its shards; weights are not read, but for
// samples of those that may be tied. A diffusers pipeline (model_index.json) gives one module a part.
// Thread rule: pure function; reads files, so not on the GUI thread.
#pragma once

#include "base/error.h"
#include "records/snapshot_contents.h"

#include <memory>
#include <string>

namespace armillary::io {

// Errors: FileRead, as openModelFolder; a pipeline without one readable part.
[[nodiscard]] Result<std::shared_ptr<const SnapshotContents>> readSnapshotContents(const std::string& path);

}  // namespace armillary::io
