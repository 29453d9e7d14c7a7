// Results of segment-mass and cross-modal-flow in the form of tables and charts.
// Thread rule: pure functions.
#pragma once

#include "records/analysis.h"
#include "widgets/checks/series_chart.h"

#include <optional>
#include <string>
#include <vector>

namespace armillary::widgets {

// Mass and lift of each kind of token, of one head or of the mean over heads; the layers of the result count alike.
[[nodiscard]] AnalysisTable segmentMassTable(const AnalysisResult& mass, std::optional<int> head);

// What the queries of `target` give to each source, by layer. `array` is "flow" or "lift".
[[nodiscard]] Chart flowChart(const AnalysisResult& flow, const std::string& array, int target, bool isDifference,
                              bool dark);
// The names of the targets, in the order of the arrays.
[[nodiscard]] std::vector<std::string> flowTargets(const AnalysisResult& flow);

}  // namespace armillary::widgets
