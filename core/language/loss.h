// Loss of teacher forcing.
// Thread rule: free functions without shared state.
// Source: ForCausalLMLoss of transformers: logits in float32, shifted by one, label -100 ignored, mean over the labels that count.
#pragma once

#include <ATen/core/Tensor.h>

namespace armillary::language {

struct TeacherForcedLoss {
    at::Tensor perToken;  // [S-1] float32: of predicting label i+1 at position i; 0 where it is ignored
    at::Tensor mean;      // [] float32; NaN when no label counts
};

// logits [S,V], labels [S] int64.
[[nodiscard]] TeacherForcedLoss teacherForcedLoss(const at::Tensor& logits, const at::Tensor& labels);

}  // namespace armillary::language
