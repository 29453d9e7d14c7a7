// One run as one safetensors file, readable without any code of ours, and back into a RunRecord that panels can show.
// Names and meanings are the contract of record.md.
// Thread rule: free functions without shared state; records are immutable.
#pragma once

#include "base/error.h"
#include "records/run_record.h"

#include <memory>
#include <string>

namespace armillary::session {

// Writes `record` to `path` atomically. Errors: FileWrite.
[[nodiscard]] Result<void> writeRecord(const std::string& path, const RunRecord& record);

// The record in `path`, without its media (a record names them but does not hold them). Errors: FileRead, InvalidInput (a
// safetensors file that is no record).
[[nodiscard]] Result<std::shared_ptr<const RunRecord>> readRecord(const std::string& path);

// The JSON object of `armillary.run`; also what `armillary-cli ask --json` prints.
[[nodiscard]] std::string runJson(const RunRecord& record);

}  // namespace armillary::session
