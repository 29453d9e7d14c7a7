#include "study/lens_vocabulary.h"

#include "tensors/shape.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace armillary::study {
namespace {

constexpr std::int64_t kRowsAtOnce = 128;

}  // namespace

Result<VocabularyReading> readVocabulary(const language::LanguageModel& model, const at::Tensor& hidden,
                                         const std::vector<std::int64_t>& targets, std::int64_t top,
                                         std::int64_t vocabularyRows, RunObserver& observer,
                                         const std::stop_token& stop)
{
    const auto count = static_cast<std::int64_t>(targets.size());
    tensors::checkShape(hidden, "hidden states", {count, -1});
    const std::int64_t table = model.headTable().size(0);
    const std::int64_t used = vocabularyRows > 0 ? std::min(vocabularyRows, table) : table;
    const std::int64_t kept = std::min(top, used);
    VocabularyReading out;
    out.ids = at::empty({count, kept}, at::kLong);
    out.probabilities = at::empty({count, kept}, at::kFloat);
    out.entropyBits = at::empty({count}, at::kFloat);
    out.targetProbability = at::full({count}, std::numeric_limits<double>::quiet_NaN(), at::kFloat);
    out.targetBits = out.targetProbability.clone();
    out.targetRank = at::full({count}, -1, at::kLong);
    const at::Tensor wanted = at::tensor(targets, at::kLong);
    const at::Tensor hasTarget = wanted.ge(0).logical_and(wanted.lt(used));
    for (std::int64_t first = 0; first < count; first += kRowsAtOnce) {
        if (stop.stop_requested())
            return failCancelled();
        observer.onStage("Words", first, count);
        const std::int64_t rows = std::min(kRowsAtOnce, count - first);
        const at::Tensor logs = at::log_softmax(model.logits(hidden.narrow(0, first, rows), used), -1);  // [rows,used]
        const auto [best, bestIds] = at::topk(logs, kept, -1);
        out.ids.narrow(0, first, rows).copy_(bestIds);
        out.probabilities.narrow(0, first, rows).copy_(best.exp());
        out.entropyBits.narrow(0, first, rows).copy_(logs.exp().mul_(logs).sum(-1) / -std::log(2.0));
        const at::Tensor has = hasTarget.narrow(0, first, rows);
        const at::Tensor ids = at::where(has, wanted.narrow(0, first, rows), at::zeros({rows}, at::kLong));
        const at::Tensor chosen = logs.gather(1, ids.to(logs.device()).unsqueeze(1));  // [rows,1]
        const at::Tensor rank = logs.gt(chosen).sum(-1).cpu();
        const at::Tensor log = chosen.squeeze(1).cpu();
        const auto put = [&](at::Tensor& into, const at::Tensor& values) {
            at::Tensor part = into.narrow(0, first, rows);
            part.copy_(at::where(has, values, part));
        };
        put(out.targetProbability, log.exp());
        put(out.targetBits, log / -std::log(2.0));
        put(out.targetRank, rank);
    }
    return out;
}

std::string wordOf(const text::Tokenizer& tokenizer, std::int64_t id)
{
    const std::string piece = tokenizer.piece(id);
    return piece.empty() ? fmt::format("<id {}>", id) : piece;
}

AnalysisCell cellOrBlank(double value)
{
    if (std::isnan(value))
        return std::string();
    return value;
}

}  // namespace armillary::study
