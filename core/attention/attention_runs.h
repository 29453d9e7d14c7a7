// The analyses of attention as the list of this folder calls them: arguments read, typed functions called, results laid out.
// Thread rule: pure functions.
#pragma once

#include "base/error.h"
#include "inspect/analysis_arguments.h"
#include "records/analysis.h"
#include "records/run_record.h"

#include <stop_token>

namespace armillary::attention {

using Outcome = Result<AnalysisResult>;

[[nodiscard]] Outcome runRow(const RunRecord& record, const inspect::AnalysisArguments& arguments,
                             const std::stop_token& stop);
[[nodiscard]] Outcome runMap(const RunRecord& record, const inspect::AnalysisArguments& arguments,
                             const std::stop_token& stop);
[[nodiscard]] Outcome runMatrix(const RunRecord& record, const inspect::AnalysisArguments& arguments,
                                const std::stop_token& stop);
[[nodiscard]] Outcome runEntropy(const RunRecord& record, const inspect::AnalysisArguments& arguments,
                                 const std::stop_token& stop);
[[nodiscard]] Outcome runMass(const RunRecord& record, const inspect::AnalysisArguments& arguments,
                              const std::stop_token& stop);
[[nodiscard]] Outcome runSinks(const RunRecord& record, const inspect::AnalysisArguments& arguments,
                               const std::stop_token& stop);
[[nodiscard]] Outcome runActivationSinks(const RunRecord& record, const inspect::AnalysisArguments& arguments,
                                         const std::stop_token& stop);
[[nodiscard]] Outcome runRollout(const RunRecord& record, const inspect::AnalysisArguments& arguments,
                                 const std::stop_token& stop);
[[nodiscard]] Outcome runFlow(const RunRecord& record, const inspect::AnalysisArguments& arguments,
                              const std::stop_token& stop);
[[nodiscard]] Outcome runCheck(const RunRecord& record, const inspect::AnalysisArguments& arguments,
                               const std::stop_token& stop);

}  // namespace armillary::attention
