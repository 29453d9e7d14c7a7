// One row of one decoder layer taken apart: what each earlier position puts into it, norms frozen at their values of the run.
//
// out = x + s * sum_h sum_j A_hj V_j W_O,h + mlp, where s is the scale of the norm behind attention, frozen: s = factor / rms(sum)
// in Gemma 3, 1 in families without one. Everything is recomputed from the keys and values of a forced pass in float32.
// Thread rule: as the engine.
#pragma once

#include "language/kv_cache.h"
#include "language/language_model.h"
#include "records/run_record.h"
#include "records/token_layout.h"
#include "study/forced_pass.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

namespace armillary::study {

// Positions [begin, end) of prompt and answer that are told apart in tables.
struct Segment {
    std::string name;  // "world [5,69)"
    TokenKind kind = TokenKind::Text;
    std::int64_t begin = 0;
    std::int64_t end = 0;
};

// The spans of the record's layout, and its answer as the last one.
[[nodiscard]] std::vector<Segment> segmentsOf(const RunRecord& record);

// [n] or [H,n] over keys -> the sums of each segment, as many columns as segments. `firstKey` is the position of column 0.
[[nodiscard]] at::Tensor sumsOfSegments(const at::Tensor& perKey, std::int64_t firstKey,
                                        const std::vector<Segment>& segments);

struct RowParts {
    nn::PositionRange keys;      // n positions that the row sees, and the masked ones between them
    at::Tensor attention;        // [H,n] softmax weights, 0 where masked
    at::Tensor values;           // [H,n,C], shared heads repeated
    at::Tensor frozenScale;      // [D] of the norm behind attention
    at::Tensor attentionOutput;  // [D] what attention adds
    at::Tensor mlpOutput;        // [D] what the MLP adds
    at::Tensor output;           // [D] of the layer
};

// Row `position` of layer `layer` from its input x [1,D] and the cache of the pass. All float32.
[[nodiscard]] RowParts rowParts(const language::LanguageModel& model, std::int64_t layer, const at::Tensor& x,
                                std::int64_t position, const language::KvCache& cache,
                                const language::ImageBlocks& blocks);

// [n,D]: s * sum_h A_hj V_j W_O,h of each key j; their sum is attentionOutput.
[[nodiscard]] at::Tensor contributionVectors(const language::LanguageModel& model, std::int64_t layer,
                                             const RowParts& parts);
// [H,n]: how far each head and key moves the row along `direction` [D]; their sum is attentionOutput . direction.
[[nodiscard]] at::Tensor contributionsAlong(const language::LanguageModel& model, std::int64_t layer,
                                            const RowParts& parts, const at::Tensor& direction);

// Largest |difference| between the recomputed outputs of the layers and what the pass handed on: `next` [D] is the input of the
// next layer. Relative to the largest |value| of `next`.
[[nodiscard]] double relativeError(const at::Tensor& recomputed, const at::Tensor& next);

}  // namespace armillary::study
