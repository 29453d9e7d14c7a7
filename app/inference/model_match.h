// Whether the loaded models are those that made a run, and the sentence for when they are not.
// Thread rule: free functions on plain values.
#pragma once

#include "records/analysis.h"
#include "records/model_report.h"
#include "records/run_record.h"

#include <QString>

namespace armillary::app {

// Why the analysis `entry`, which needs models, cannot be computed of `record` with what is loaded (null: nothing); empty when it can.
[[nodiscard]] QString modelObstacle(const AnalysisEntry& entry, const RunRecord& record, const ModelReport* loaded);

}  // namespace armillary::app
