// Runs as a trace of events that ui.perfetto.dev and chrome://tracing open: a process a run, a thread for stages, one for passes, one
// for layers, counters of memory and positions.
// Format: "Trace Event Format", JSON object form, complete events (ph "X"), times in microseconds.
// Thread rule: pure functions; writeTrace writes a file.
#pragma once

#include "base/error.h"
#include "records/run_record.h"

#include <nlohmann/json_fwd.hpp>

#include <memory>
#include <string>
#include <vector>

namespace armillary::session {

// Runs follow each other as if asked one after the other, a tenth of a second apart.
[[nodiscard]] nlohmann::json traceOf(const std::vector<std::shared_ptr<const RunRecord>>& runs);
// Errors: InvalidInput (no run has times), FileWrite.
[[nodiscard]] Result<void> writeTrace(const std::string& path,
                                      const std::vector<std::shared_ptr<const RunRecord>>& runs);

}  // namespace armillary::session
