#include "intervention/training_loss.h"

#include "language/loss.h"
#include "tensors/tap.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <limits>
#include <utility>

namespace armillary::intervention {
namespace {

// A 4B model's logits take a mebibyte a row.
constexpr std::int64_t kRowsAtOnce = 128;

}  // namespace

Result<TrainingLoss> trainingLoss(pipeline::QuestionPipeline& pipeline, const RunRecord& record,
                                  const TrainingLossOptions& options, RunObserver& observer,
                                  const std::stop_token& stop)
{
    const auto prompt = pipeline.prepare(record.question, observer, stop);
    if (!prompt)
        return tl::unexpected(prompt.error());
    const language::LanguageModel& model = *pipeline.models().language;
    TokenLayout layout = *prompt->plan.layout;
    std::vector<std::int64_t> answer;
    for (const TokenPiece& token : record.generated) {
        if (!options.withAnswer)
            break;
        answer.push_back(token.id);
        layout.ids.push_back(token.id);
        layout.kinds.push_back(TokenKind::Generated);
        layout.origins.emplace_back();
        layout.pieces.push_back(token.piece);
    }
    TrainingLoss out;
    out.warnings = prompt->warnings;
    out.labels = fusion::trainingLabels(layout, options.rule);
    out.kinds = layout.kinds;
    out.pieces = layout.pieces;
    out.nats.assign(out.labels.size(), std::numeric_limits<double>::quiet_NaN());

    at::Tensor rows = prompt->embeds;
    if (!answer.empty())
        rows = at::cat({rows, model.embed(answer).to(rows.options())});
    language::KvCache cache = model.makeCache();
    tensors::NoTaps taps;
    const auto hidden = model.forward(rows, cache, prompt->blocks, taps, observer, stop);
    if (!hidden)
        return tl::unexpected(hidden.error());
    const at::Tensor labels = at::tensor(out.labels, at::kLong);
    double total = 0;
    for (std::int64_t first = 0; first + 1 < rows.size(0); first += kRowsAtOnce) {
        if (stop.stop_requested())
            return failCancelled();
        // One row more than it predicts from: labels are those of the next row.
        const std::int64_t end = std::min(first + kRowsAtOnce + 1, rows.size(0));
        const at::Tensor logits = model.logits(hidden->slice(0, first, end), prompt->plan.vocabularyRows).to(at::kCPU);
        const at::Tensor losses =
            language::teacherForcedLoss(logits, labels.slice(0, first, end)).perToken;  // [end-first-1]
        for (std::int64_t i = first + 1; i < end; ++i) {
            if (out.labels[static_cast<std::size_t>(i)] == fusion::kIgnoredLabel)
                continue;
            const double nats = losses[i - first - 1].item<double>();
            out.nats[static_cast<std::size_t>(i)] = nats;
            total += nats;
            ++out.counted;
        }
    }
    out.meanNats =
        out.counted > 0 ? total / static_cast<double>(out.counted) : std::numeric_limits<double>::quiet_NaN();
    return out;
}

}  // namespace armillary::intervention
