// Charts and layers of the analyses that take something away: interventions, knock-out, direct contribution and occlusion.
// Thread rule: pure functions.
#pragma once

#include "widgets/checks/grid_maps.h"
#include "widgets/checks/series_chart.h"
#include "widgets/overlay/overlay_stack.h"

#include "records/analysis.h"
#include "records/token_layout.h"

#include <optional>
#include <string>
#include <vector>

namespace armillary::widgets {

// Surprisal change of each answer token, one line an intervention.
[[nodiscard]] Chart interventionChart(const AnalysisResult& result, bool dark);
// `measure`: a column of the effects, over the layers of the windows, each source beside its random control; without windows one
// bar a source and control.
[[nodiscard]] Chart knockOutChart(const AnalysisResult& result, const std::string& measure, bool dark);
// Logits by layer, one line a kind of token and one for the MLPs.
[[nodiscard]] Chart contributionChart(const AnalysisResult& result, bool dark);

// One map a level of blocks, coarse to fine; `measure`: surprisal_change or next_token_kl.
[[nodiscard]] std::vector<GridMap> occlusionMaps(const AnalysisResult& result, const std::string& measure);
// The finest level over the tokens it covered; nothing where the result names no such tokens.
[[nodiscard]] std::optional<OverlayLayer> occlusionLayer(const AnalysisResult& result, const std::string& measure,
                                                         const TokenLayout& layout);
// The covered tokens of block (row, column) of a level with `side` blocks a side.
[[nodiscard]] std::vector<std::int64_t> occlusionTokens(const AnalysisResult& result, const TokenLayout& layout,
                                                        int side, int row, int column);

}  // namespace armillary::widgets
