// What the analyses of this folder share when they turn their values into results: arrays, tables, cautions, arguments.
// Thread rule: pure functions.
#pragma once

#include "attention/attention_row.h"
#include "attention/record_attention.h"
#include "inspect/analysis_arguments.h"
#include "records/analysis.h"

#include <cstdint>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

namespace armillary::attention {

[[nodiscard]] AnalysisArray arrayOf(std::vector<std::string> axes, std::vector<std::int64_t> shape,
                                    std::span<const float> values);
[[nodiscard]] AnalysisArray arrayOf(std::vector<std::string> axes, std::vector<std::int64_t> shape,
                                    std::span<const double> values);  // as float32
[[nodiscard]] AnalysisArray arrayOf(std::vector<std::string> axes, std::vector<std::int64_t> shape,
                                    std::span<const std::int64_t> values);
[[nodiscard]] AnalysisArray arrayOf(std::vector<std::string> axes, std::vector<std::int64_t> shape,
                                    std::span<const CellState> values);  // uint8

// `layer` as typed: all (empty) or a number. Errors: InvalidInput.
[[nodiscard]] Result<std::vector<std::int64_t>> layersFromText(const RecordAttention& attention,
                                                               const std::string& text);
// `head` as typed: all, or mean (nothing), or a number. Errors: InvalidInput.
[[nodiscard]] Result<std::optional<std::int64_t>> headFromText(const RecordAttention& attention,
                                                               const std::string& text);

// The arguments `view`, `baseline`, `sink-threshold` and `least-queries`, and what they say.
[[nodiscard]] std::vector<AnalysisArgument> viewArguments();
[[nodiscard]] Result<ViewOptions> viewFromArguments(const RecordAttention& attention,
                                                    const inspect::AnalysisArguments& arguments);

// How weights are to be looked at, from the arguments `head`, those of viewArguments() and `near-zero`.
struct WeightsWanted {
    std::optional<std::int64_t> head;  // nothing: as headFromText
    ViewOptions view;
    double nearZero = 0;
};
[[nodiscard]] Result<WeightsWanted> weightsFromArguments(const RecordAttention& attention,
                                                         const inspect::AnalysisArguments& arguments);

// Adds what recomputing `layers` cost in exactness, where rows come from, and how many held no number. Errors: Cancelled.
[[nodiscard]] Result<void> addSource(AnalysisResult& result, const RecordAttention& attention,
                                     std::span<const std::int64_t> layers, std::int64_t rowsLeftOut,
                                     const std::stop_token& stop);
// The positions with the largest values [P]: position, kind, piece, value.
[[nodiscard]] AnalysisTable strongestTable(const RecordAttention& attention, std::span<const float> values,
                                           const std::string& valueName);
// One array [row, column] a token grid: "image.{media}.{crop}", "world.{media}.{latent frame}".
void addGrids(AnalysisResult& result, const RecordAttention& attention, std::span<const float> values);
[[nodiscard]] AnalysisTable sinkTable(const RecordAttention& attention, const std::vector<AttentionSink>& sinks);

}  // namespace armillary::attention
