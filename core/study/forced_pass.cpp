#include "study/forced_pass.h"

#include "tensors/tap.h"
#include "tensors/weights.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <utility>

namespace armillary::study {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
// Rows of logits at a time: 128 rows of Gemma's vocabulary take 134 MB.
constexpr std::int64_t kLogitRows = 128;

class InputTaps final : public tensors::TapSink {
public:
    InputTaps(const KeptInputs& kept, std::int64_t layers)
        : m_kept(kept), m_index(at::tensor(kept.rows, at::kLong)), m_inputs(static_cast<std::size_t>(layers))
    {}

    [[nodiscard]] bool wants(tensors::TapPoint point, int layer) const override
    {
        return point == tensors::TapPoint::Hidden && layer < static_cast<int>(m_inputs.size()) &&
               (m_kept.everyRow || !m_kept.rows.empty()) && (m_kept.layer < 0 || m_kept.layer == layer);
    }
    void take(tensors::TapPoint, int layer, const at::Tensor& tensor) override
    {
        m_inputs[static_cast<std::size_t>(layer)] =
            m_kept.everyRow ? tensor.clone() : tensor.index_select(0, m_index.to(tensor.device()));
    }
    [[nodiscard]] std::vector<at::Tensor> inputs() { return std::move(m_inputs); }

private:
    const KeptInputs& m_kept;
    at::Tensor m_index;
    std::vector<at::Tensor> m_inputs;
};

// The largest |difference| of those added; NaN once one of them is, and without any.
class Largest {
public:
    void add(double difference)
    {
        m_value = m_any ? larger(m_value, std::abs(difference)) : std::abs(difference);
        m_any = true;
    }
    [[nodiscard]] double value() const { return m_any ? m_value : kNone; }

private:
    [[nodiscard]] static double larger(double a, double b) { return std::isnan(a) || a > b ? a : b; }

    double m_value = 0;
    bool m_any = false;
};

at::Tensor indexTensor(const std::vector<std::int64_t>& rows, const at::Tensor& like)
{
    return at::tensor(rows, at::kLong).to(like.device());
}

// The sequence made of `rows` of `from`, in order.
ForcedSequence chosenRows(const ForcedSequence& from, const std::vector<std::int64_t>& rows)
{
    ForcedSequence out;
    out.vocabularyRows = from.vocabularyRows;
    out.embeds = from.embeds.index_select(0, indexTensor(rows, from.embeds));
    for (const std::int64_t row : rows) {
        const auto at = static_cast<std::size_t>(row);
        const auto now = static_cast<std::int64_t>(out.targets.size());
        out.targets.push_back(from.targets[at]);
        out.kinds.push_back(from.kinds[at]);
        out.pieces.push_back(from.pieces[at]);
        out.positions.push_back(from.positions[at]);
        if (std::binary_search(from.worldRows.begin(), from.worldRows.end(), row))
            out.worldRows.push_back(now);
        if (row < from.promptRows)
            out.promptRows = now + 1;
    }
    for (const nn::PositionRange& block : from.blocks) {
        const auto begin = std::lower_bound(rows.begin(), rows.end(), block.begin) - rows.begin();
        const auto end = std::lower_bound(rows.begin(), rows.end(), block.end) - rows.begin();
        if (end > begin)
            out.blocks.push_back({begin, end});
    }
    return out;
}

}  // namespace

Result<void> checkModels(const pipeline::LoadedModels& models, const RunRecord& record)
{
    if (!models.language)
        return fail(ErrorCode::InvalidInput, "only a world model is loaded: load the snapshot of the run first");
    if (!record.layout || record.layout->size() == 0)
        return fail(ErrorCode::InvalidInput, "the record holds no question: choose the record of an answer");
    for (const char* key : {"model_hash", "theworld_hash", "world_hash"}) {
        const auto loaded = models.settings.find(key);
        const auto asked = record.settings.find(key);
        if (loaded != models.settings.end() && asked != record.settings.end() && loaded->second != asked->second)
            return fail(
                ErrorCode::InvalidInput,
                fmt::format("the record is a run of other models ({} {}, loaded is {}): load those of the run first",
                            key, asked->second, loaded->second));
    }
    return {};
}

Result<ForcedSequence> forcedSequence(pipeline::QuestionPipeline& pipeline, const RunRecord& record,
                                      RunObserver& observer, const std::stop_token& stop)
{
    const pipeline::LoadedModels& models = pipeline.models();
    if (auto fits = checkModels(models, record); !fits)
        return tl::unexpected(fits.error());
    auto prompt = pipeline.prepare(record.question, observer, stop);
    if (!prompt)
        return failWhile("preparing the run again", prompt.error());
    const TokenLayout& layout = *prompt->plan.layout;
    if (layout.ids != record.layout->ids || layout.kinds != record.layout->kinds)
        return fail(ErrorCode::InvalidInput,
                    "the record's sequence is not what the loaded models make of its question: load the "
                    "models of the run, with its media");
    ForcedSequence out;
    out.promptRows = layout.size();
    out.blocks = prompt->blocks;
    out.vocabularyRows = prompt->plan.vocabularyRows;
    out.worldRows = prompt->plan.worldRows;
    std::sort(out.worldRows.begin(), out.worldRows.end());
    out.kinds = layout.kinds;
    out.pieces = layout.pieces;
    for (std::size_t i = 0; i < layout.ids.size(); ++i) {
        const bool isWord = layout.kinds[i] != TokenKind::Image && layout.kinds[i] != TokenKind::World;
        out.targets.push_back(isWord ? layout.ids[i] : -1);
    }
    std::vector<std::int64_t> answer;
    for (const TokenPiece& token : record.generated) {
        answer.push_back(token.id);
        out.targets.push_back(token.id);
        out.kinds.push_back(TokenKind::Generated);
        out.pieces.push_back(token.piece);
    }
    out.embeds = prompt->embeds;
    if (!answer.empty()) {
        const at::Tensor rows = models.language->embed(answer).to(out.embeds.options());
        out.embeds = at::cat({out.embeds, rows});
    }
    for (std::int64_t i = 0; i < out.rows(); ++i)
        out.positions.push_back(i);
    return out;
}

Result<ForcedSequence> withoutWorld(const ForcedSequence& sequence, WorldAblation ablation)
{
    if (sequence.worldRows.empty())
        return fail(ErrorCode::InvalidInput, "the run has no world tokens to take away");
    if (ablation == WorldAblation::Zeroed) {
        ForcedSequence out = sequence;
        out.embeds = sequence.embeds.index_fill(0, indexTensor(sequence.worldRows, sequence.embeds), 0);
        return out;
    }
    std::vector<std::int64_t> kept;
    for (std::int64_t row = 0; row < sequence.rows(); ++row) {
        if (!std::binary_search(sequence.worldRows.begin(), sequence.worldRows.end(), row))
            kept.push_back(row);
    }
    return chosenRows(sequence, kept);
}

ForcedSequence firstRows(const ForcedSequence& sequence, std::int64_t rows)
{
    for (const nn::PositionRange& block : sequence.blocks) {
        if (block.begin < rows && block.end > rows)
            rows = block.end;
    }
    std::vector<std::int64_t> kept;
    for (std::int64_t row = 0; row < std::min(rows, sequence.rows()); ++row)
        kept.push_back(row);
    return chosenRows(sequence, kept);
}

Result<ForcedPass> forcedPass(const language::LanguageModel& model, const ForcedSequence& sequence,
                              const KeptInputs& kept, RunObserver& observer, const std::stop_token& stop)
{
    ForcedPass out;
    out.cache = model.makeCache();
    InputTaps taps(kept, model.config().layerCount);
    auto hidden = model.forward(sequence.embeds, out.cache, sequence.blocks, taps, observer, stop);
    if (!hidden)
        return tl::unexpected(hidden.error());
    out.hidden = std::move(*hidden);
    out.inputs = taps.inputs();
    return out;
}

RecomputationError recomputationError(const language::LanguageModel& model, const ForcedSequence& sequence,
                                      const ForcedPass& pass, const RunRecord& record)
{
    const auto stored = record.tensors.find("logits");
    const at::Tensor logits =
        stored == record.tensors.end() ? at::Tensor() : tensors::tensorFromSnapshot(stored->second);
    const std::int64_t count =
        std::min(static_cast<std::int64_t>(record.generated.size()), sequence.rows() - sequence.promptRows + 1);
    Largest probability;
    Largest logit;
    for (std::int64_t first = 0; first < count; first += kLogitRows) {
        const std::int64_t rows = std::min(kLogitRows, count - first);
        const at::Tensor again =
            model.logits(pass.hidden.narrow(0, sequence.promptRows - 1 + first, rows), sequence.vocabularyRows).cpu();
        const at::Tensor probabilities = at::softmax(again, -1);
        for (std::int64_t row = 0; row < rows; ++row) {
            const TokenPiece& token = record.generated[static_cast<std::size_t>(first + row)];
            if (token.id >= 0 && token.id < again.size(1))
                probability.add(probabilities[row][token.id].item<double>() - token.probability);
        }
        if (logits.defined() && logits.dim() == 2 && logits.size(0) >= first + rows &&
            logits.size(1) == again.size(1)) {
            const at::Tensor want = logits.narrow(0, first, rows).to(at::kFloat);
            const at::Tensor bothInfinite = want.isinf().logical_and(again.isinf());  // tokens that can never be chosen
            logit.add((again - want).masked_fill(bothInfinite, 0).abs().max().item<double>());
        }
    }
    return {probability.value(), logit.value(), embedsError(sequence, record)};
}

double embedsError(const ForcedSequence& sequence, const RunRecord& record)
{
    Largest out;
    for (const auto& [kind, name] :
         {std::pair{TokenKind::Image, "image.embeds"}, std::pair{TokenKind::World, "world.embeds"}}) {
        const auto stored = record.tensors.find(name);
        if (stored == record.tensors.end())
            continue;
        std::vector<std::int64_t> rows;
        for (std::int64_t row = 0; row < sequence.promptRows; ++row) {
            if (sequence.kinds[static_cast<std::size_t>(row)] == kind)
                rows.push_back(row);
        }
        const at::Tensor want = tensors::tensorFromSnapshot(stored->second).to(at::kFloat);
        // A pooled world has one row for all that the record keeps, and a shortened sequence may lack some.
        if (rows.empty() || want.dim() != 2 || want.size(0) != static_cast<std::int64_t>(rows.size()))
            continue;
        const at::Tensor got = sequence.embeds.index_select(0, indexTensor(rows, sequence.embeds)).to(at::kFloat).cpu();
        out.add((got - want).abs().max().item<double>());
    }
    return out.value();
}

void addError(const RecomputationError& error, AnalysisResult& result)
{
    result.numbers.push_back({"recomputation_error_probability", error.probability, ""});
    if (std::isnan(error.probability))
        result.cautions.emplace_back(
            "the run left no finite probabilities to compare with: how exact this recomputation is, is unknown");
    else if (error.probability > 0.01)
        result.cautions.push_back(
            fmt::format("recomputed probabilities of the answer differ by up to {:.3g} from the run's: the run "
                        "used another device, number format or cached prefix",
                        error.probability));
    if (!std::isnan(error.logit))
        result.numbers.push_back({"recomputation_error_logit", error.logit, ""});
    if (!std::isnan(error.embeds))
        result.numbers.push_back({"recomputation_error_embeds", error.embeds, ""});
}

}  // namespace armillary::study
