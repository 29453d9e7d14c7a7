// Attention results as layers to paint tokens with: a row (where a word looks) or a column (which answer words read a patch).
// Titles are the caller's.
// Thread rule: pure functions.
#pragma once

#include "records/analysis.h"
#include "records/token_layout.h"
#include "widgets/overlay/overlay_stack.h"
#include "widgets/selection.h"

#include <cstdint>
#include <optional>

namespace armillary::widgets {

// The position whose row a token is chosen from or, in the prompt, that looks itself.
[[nodiscard]] constexpr std::int64_t rowFromPosition(std::int64_t position, std::int64_t prefill)
{
    return position >= prefill ? position - 1 : position;
}

// Which row of `answer-attention` belongs to the query at `row`; nothing when it was not taken.
[[nodiscard]] std::optional<std::int64_t> answerRowIndex(const AnalysisResult& answer, std::int64_t row);
// A row of `answer-attention`. `difference`: the values are those of two runs subtracted.
[[nodiscard]] OverlayLayer layerFromAnswerRow(const AnalysisResult& answer, std::int64_t index,
                                              const TokenLayout& layout, bool difference);
// `attention-row`, mean over its layers and heads.
[[nodiscard]] OverlayLayer layerFromRow(const AnalysisResult& row, const TokenLayout& layout, bool difference);
// `share` of `attention-rollout` or `relevancy`: one value a position, `query` sees no further than itself and its block.
[[nodiscard]] OverlayLayer layerFromShares(const AnalysisResult& result, const std::string& array, std::int64_t query,
                                           const TokenLayout& layout, bool difference);
// `norms` of `value-weighted-attention`, mean over its layers.
[[nodiscard]] OverlayLayer layerFromNorms(const AnalysisResult& result, std::int64_t query, const TokenLayout& layout,
                                          bool difference);
// For every generated word, the weight that its row puts on `keys` together: a column of `answer-attention`.
[[nodiscard]] OverlayLayer layerFromReaders(const AnalysisResult& answer, const Positions& keys,
                                            const TokenLayout& layout, bool difference);

}  // namespace armillary::widgets
