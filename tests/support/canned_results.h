// Results of analyses that need models, as the tiny demonstration model gives them (rounded), and a record of the run that they are
// of: for panels that must show them without a model.
// Thread rule: plain values.
#pragma once

#include "records/analysis.h"
#include "records/run_record.h"

#include <memory>

namespace armillary::test {

// 79 positions: world tokens 6x6 at [7, 43), image tokens 4x4 at [46, 62), and an answer of four tokens.
[[nodiscard]] std::shared_ptr<const RunRecord> cannedRun();

[[nodiscard]] AnalysisResult cannedVerification();  // 19 pass, 3 warn, 1 fail
[[nodiscard]] AnalysisResult cannedRegistration();
[[nodiscard]] AnalysisResult cannedComparison();
[[nodiscard]] AnalysisResult cannedInterventions();
[[nodiscard]] AnalysisResult cannedKnockOut();  // windows of one layer, with controls
[[nodiscard]] AnalysisResult cannedOcclusion();
[[nodiscard]] AnalysisResult cannedContribution();

}  // namespace armillary::test
