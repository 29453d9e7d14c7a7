// Value ranges of every picture that the models of a run read, as an analysis and as a table.
// Thread rule: pure functions; they read every pixel.
#pragma once

#include "inspect/model_inputs.h"
#include "inspect/record_analysis.h"

#include <vector>

namespace armillary::inspect {

// A row for each channel of each input; `views` belong to `inputs`, and where one has no picture and no values its row is left out.
[[nodiscard]] AnalysisTable inputTable(const std::vector<ModelInput>& inputs,
                                       const std::vector<std::optional<InputView>>& views);

// "model-inputs".
[[nodiscard]] RecordAnalysis inputRanges();

}  // namespace armillary::inspect
