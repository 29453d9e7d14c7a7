// What the inspector says about positions, as lines of label and value: from the shown run, its record, and results of analyses.
// Thread rule: pure functions; fast enough for every move of the pointer.
#pragma once

#include "records/analysis.h"
#include "widgets/inspector/inspector_section.h"
#include "widgets/selection.h"
#include "widgets/shown_run.h"

#include <optional>
#include <utility>
#include <vector>

namespace armillary::widgets {

// "512 “cup”" or "512 world t0 r3 c5".
[[nodiscard]] QString positionName(const ShownRun& run, std::int64_t position);
// "frames 5–8 · 0.31–0.50 s": what latent frame `latentFrame` of world tokens stands for; empty where the record does not tell.
[[nodiscard]] QString latentTime(const ShownRun& run, int media, int latentFrame);
// The picture that `position` was cut from: the still, or the last source frame of a latent frame. Null image: none at hand.
[[nodiscard]] Image pictureOf(const ShownRun& run, std::int64_t position);

[[nodiscard]] std::vector<InspectorLine> tokenLines(const ShownRun& run, std::int64_t position);
// Counts by kind, grids, bounding box and means of several positions; `norms` may be null.
[[nodiscard]] std::vector<InspectorLine> setLines(const ShownRun& run, const Positions& positions,
                                                  const AnalysisResult* norms);
// Probability, surprisal and alternatives; `surprisal` (analysis of that name, may be null) adds prompt tokens and words.
[[nodiscard]] std::vector<InspectorLine> probabilityLines(const ShownRun& run, std::int64_t position,
                                                          const AnalysisResult* surprisal);
[[nodiscard]] std::vector<InspectorLine> normLines(const AnalysisResult& norms, std::int64_t position);
[[nodiscard]] std::vector<InspectorLine> neighbourLines(const ShownRun& run, const AnalysisResult& neighbours);
// Of nearest-words; empty where the result has no row of `position`.
[[nodiscard]] std::vector<InspectorLine> wordLines(const AnalysisResult& words, std::int64_t position);
[[nodiscard]] std::vector<InspectorLine> lensLines(const AnalysisResult& lens, std::int64_t position);
[[nodiscard]] std::vector<InspectorLine> reachLines(const ShownRun& run, std::int64_t position, const Focus& focus);
[[nodiscard]] std::vector<InspectorLine> paysLines(const ShownRun& run, const AnalysisResult& row);
[[nodiscard]] std::vector<InspectorLine> receivesLines(const ShownRun& run, std::int64_t position, const Focus& focus);

}  // namespace armillary::widgets
