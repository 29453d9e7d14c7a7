// Where the whole answer looks: the row of every position that an answer token was chosen from, as the mean over the layers and
// heads asked for. One table of rows by positions, so that what a word reads, and which words read a patch, are look-ups.
// Thread rule: pure functions.
#pragma once

#include "attention/attention_view.h"
#include "attention/record_attention.h"
#include "inspect/analysis_arguments.h"
#include "records/analysis.h"

#include <cstdint>
#include <optional>
#include <stop_token>
#include <vector>

namespace armillary::attention {

struct AnswerAttentionRequest {
    std::vector<std::int64_t> layers;  // empty: all
    std::optional<std::int64_t> head;  // nothing: all
    ViewOptions view;
    double nearZero = 1e-5;       // mean raw weights below it are CellState::NearZero
    std::int64_t mostRows = 512;  // more are spread evenly, the first and the last among them
};

struct AnswerAttention {
    std::vector<std::int64_t> positions;      // [n] queries, rising
    std::int64_t answerRows = 0;              // that the record holds; n of them were taken
    std::int64_t keys = 0;                    // P
    std::vector<float> weights;               // [n,P] in the view asked for; NaN in a row that holds no number anywhere
    std::vector<CellState> states;            // [n,P]; masked only where every layer asked for masks it
    std::vector<AttentionSink> sinksRemoved;  // of the layers and heads asked for
    std::int64_t rowsLeftOut = 0;             // rows of a layer and head that hold no number
};

// Errors: as forEachTile; InvalidInput when the record holds no row of the answer.
[[nodiscard]] Result<AnswerAttention> answerAttention(const RecordAttention& attention,
                                                      const AnswerAttentionRequest& request,
                                                      const std::stop_token& stop);

// The same as an analysis: arrays `weights` and `states` [query, key], `queries` [query].
[[nodiscard]] Result<AnalysisResult> runAnswer(const RunRecord& record, const inspect::AnalysisArguments& arguments,
                                               const std::stop_token& stop);

}  // namespace armillary::attention
