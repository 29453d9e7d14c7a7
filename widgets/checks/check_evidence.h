// What a check has to show: a chart or maps of its numbers, values to paint tokens with, and the panel where a person can look.
// Thread rule: pure functions.
#pragma once

#include "widgets/checks/grid_maps.h"
#include "widgets/checks/series_chart.h"
#include "widgets/models/check_table_model.h"
#include "widgets/overlay/overlay_stack.h"

#include "records/analysis.h"
#include "records/token_layout.h"

#include <optional>
#include <vector>

namespace armillary::widgets {

// Of checks with numbers in a row: histogram of cosines, channels, norms by kind of token.
[[nodiscard]] std::optional<Chart> checkChart(const AnalysisResult& result, const CheckRow& check, bool dark);
// Of checks with numbers on a grid: differences, responses to a spot.
[[nodiscard]] std::vector<GridMap> checkMaps(const AnalysisResult& result, const CheckRow& check);
// What the numbers of checkMaps and checkChart mean, with their unit.
[[nodiscard]] QString checkUnit(const CheckRow& check);
// The check's numbers by position, where it has any.
[[nodiscard]] std::optional<OverlayLayer> checkLayer(const AnalysisResult& result, const CheckRow& check,
                                                     const TokenLayout& layout);
// The position that a cell of checkMaps stands for; empty: none.
[[nodiscard]] std::optional<std::int64_t> checkCellPosition(const GridMap& map, int mapIndex, QPoint cell,
                                                            const CheckRow& check, const TokenLayout& layout);
// The panel that shows what the check is about.
[[nodiscard]] QString checkPanel(const QString& checkId);
// Where to look when the check names no positions: every token that it is about.
[[nodiscard]] std::vector<std::int64_t> checkTokens(const CheckRow& check, const TokenLayout& layout);

}  // namespace armillary::widgets
