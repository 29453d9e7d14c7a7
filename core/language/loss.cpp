#include "language/loss.h"

#include "tensors/shape.h"

#include <ATen/ATen.h>

namespace armillary::language {
namespace {

constexpr std::int64_t kIgnoredLabel = -100;

}  // namespace

TeacherForcedLoss teacherForcedLoss(const at::Tensor& logits, const at::Tensor& labels)
{
    tensors::checkShape(logits, "logits", {-1, -1});
    tensors::checkShape(labels, "labels", {logits.size(0)});
    const at::Tensor predicting = logits.slice(0, 0, -1).to(at::kFloat);  // [S-1,V]
    const at::Tensor wanted = labels.slice(0, 1);                         // [S-1]
    const at::Tensor logProbabilities = at::log_softmax(predicting, -1);
    const at::Tensor counts = wanted.ne(kIgnoredLabel);
    const at::Tensor ids = at::where(counts, wanted, at::zeros_like(wanted)).unsqueeze(1);
    const at::Tensor chosen = -logProbabilities.gather(1, ids).squeeze(1);
    const at::Tensor perToken = at::where(counts, chosen, at::zeros_like(chosen));
    return {perToken, perToken.sum() / counts.sum().to(at::kFloat)};
}

}  // namespace armillary::language
