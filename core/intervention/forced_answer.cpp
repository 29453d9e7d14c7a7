#include "intervention/forced_answer.h"

#include "language/generator.h"
#include "tensors/tap.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

namespace armillary::intervention {
namespace {

double sum(const std::vector<double>& values)
{
    return std::accumulate(values.begin(), values.end(), 0.0);
}

// The begin of the block that holds `position`, or `position`.
std::int64_t outsideBlocks(const language::ImageBlocks& blocks, std::int64_t position)
{
    for (const nn::PositionRange& block : blocks) {
        if (position > block.begin && position < block.end)
            return block.begin;
    }
    return position;
}

Result<std::vector<std::int64_t>> greedy(const pipeline::LoadedModels& models, language::KvCache& cache,
                                         const at::Tensor& lastHidden, std::int64_t vocabularyRows, std::int64_t most,
                                         bool ignoreEos, const std::stop_token& stop)
{
    language::GeneratorInput input;
    input.model = models.language.get();
    input.cache = &cache;
    input.lastHidden = lastHidden;
    input.sampling.maxNewTokens = static_cast<int>(most);
    input.sampling.ignoreEos = ignoreEos;
    input.stopIds = models.family->stopIds();
    input.vocabularyRows = vocabularyRows;
    std::vector<std::int64_t> ids;
    const auto reason = language::generate(
        input, [&ids](const language::ChosenToken& token) { ids.push_back(token.id); }, stop);
    if (!reason)
        return tl::unexpected(reason.error());
    if (*reason == StopReason::Cancelled)
        return failCancelled();
    return ids;
}

}  // namespace

double AnswerEffect::meanKlBits() const
{
    return sum(klBits) / static_cast<double>(klBits.size());
}

double AnswerEffect::meanSurprisalChangeBits() const
{
    return totalSurprisalChangeBits() / static_cast<double>(surprisalChangeBits.size());
}

double AnswerEffect::totalSurprisalChangeBits() const
{
    return sum(surprisalChangeBits);
}

AnswerEffect effectOn(const std::vector<std::int64_t>& answer, const at::Tensor& truth, const at::Tensor& changed)
{
    const auto count = static_cast<std::int64_t>(answer.size());
    TORCH_CHECK(count > 0 && truth.size(0) == count && changed.size(0) == count,
                "an effect needs one row of logits a token");
    const std::int64_t shared = std::min(truth.size(1), changed.size(1));
    AnswerEffect effect;
    int same = 0;
    for (std::int64_t i = 0; i < count; ++i) {
        const std::int64_t id = answer[static_cast<std::size_t>(i)];
        const at::Tensor rowTrue = truth[i].narrow(0, 0, shared).to(at::kCPU, at::kDouble);
        const at::Tensor rowChanged = changed[i].narrow(0, 0, shared).to(at::kCPU, at::kDouble);
        const at::Tensor logTrue = at::log_softmax(rowTrue, 0), logChanged = at::log_softmax(rowChanged, 0);
        // A token that the true run rules out (probability 0) adds nothing; its logarithms are both infinite.
        const at::Tensor possible = logTrue > -std::numeric_limits<double>::infinity();
        const at::Tensor terms = at::where(at::logical_or(possible, logTrue.isnan()),
                                           logTrue.exp() * (logTrue - logChanged), at::zeros_like(logTrue));
        effect.klBits.push_back(std::max(0.0, terms.sum().item<double>() / std::log(2.0)));
        if (terms.isnan().any().item<bool>())
            effect.klBits.back() = std::numeric_limits<double>::quiet_NaN();
        const bool known = id >= 0 && id < shared;
        const double before = known ? logTrue[id].item<double>() : std::numeric_limits<double>::quiet_NaN();
        const double after = known ? logChanged[id].item<double>() : std::numeric_limits<double>::quiet_NaN();
        effect.surprisalBits.push_back(-before / std::log(2.0));
        effect.surprisalChangeBits.push_back((before - after) / std::log(2.0));
        const bool agrees = rowTrue.argmax().item<std::int64_t>() == rowChanged.argmax().item<std::int64_t>();
        same += agrees ? 1 : 0;
        if (i == 0) {
            effect.sameNextToken = agrees;
            effect.probabilityTrue = std::exp(before);
            effect.probabilityChanged = std::exp(after);
        }
        const at::Tensor gap = (rowTrue - rowChanged).abs();
        const at::Tensor counted =
            at::where(rowTrue == rowChanged, at::zeros_like(gap), gap);  // equal infinities differ by nothing
        effect.maxAbsLogit =
            at::maximum(at::scalar_tensor(effect.maxAbsLogit, at::kDouble), counted.max()).item<double>();
    }
    effect.top1Agreement = static_cast<double>(same) / static_cast<double>(count);
    return effect;
}

ForcedAnswer::ForcedAnswer(const pipeline::LoadedModels& models, const pipeline::PreparedPrompt& prompt,
                           std::vector<std::int64_t> answer)
    : m_models(&models),
      m_vocabularyRows(prompt.plan.vocabularyRows),
      m_rows{prompt.embeds, prompt.blocks},
      m_answer(std::move(answer)),
      m_answerRows(models.language->embed({m_answer.begin(), m_answer.end() - 1})),
      m_cache(models.language->makeCache())
{}

Result<ForcedAnswer> ForcedAnswer::run(const pipeline::LoadedModels& models, const pipeline::PreparedPrompt& prompt,
                                       std::vector<std::int64_t> answer, const std::stop_token& stop)
{
    TORCH_CHECK(!answer.empty(), "an answer to force needs a token");
    ForcedAnswer out(models, prompt, std::move(answer));
    auto logits = out.logitsBehind(out.m_rows, 0, {}, stop);
    if (!logits)
        return tl::unexpected(logits.error());
    out.m_logits = std::move(*logits);
    out.m_trueLength = out.m_cache.length();
    return out;
}

Result<at::Tensor> ForcedAnswer::logitsBehind(const PromptRows& rows, std::int64_t firstChanged,
                                              const language::EdgeCuts& cuts, const std::stop_token& stop)
{
    const std::int64_t length = rows.embeds.size(0);
    const auto count = static_cast<std::int64_t>(m_answer.size());
    // The last prompt row always runs: its hidden state gives the first distribution.
    const std::int64_t first = outsideBlocks(rows.blocks, std::min(firstChanged, length - 1));
    const std::int64_t start = std::min(first, m_trueLength);
    m_cache.truncate(start);
    m_trueLength = start;
    const at::Tensor input = at::cat({rows.embeds.slice(0, start), m_answerRows.to(rows.embeds.options())});
    tensors::NoTaps taps;
    SilentObserver silent;
    const auto hidden = m_models->language->forward(input, m_cache, rows.blocks, taps, silent, stop, cuts);
    if (!hidden)
        return tl::unexpected(hidden.error());
    m_trueLength = first;
    m_latestLength = length;
    m_latestRows = input.size(0);
    const at::Tensor last = hidden->slice(0, hidden->size(0) - count);  // [N,D]
    m_latestHidden = last.slice(0, 0, 1);
    return m_models->language->logits(last, m_vocabularyRows).to(at::kCPU);
}

Result<std::vector<std::int64_t>> ForcedAnswer::answerBehindLatest(std::int64_t most, const std::stop_token& stop)
{
    m_trueLength = std::min(m_trueLength, m_latestLength);
    m_cache.truncate(m_latestLength);
    return greedy(*m_models, m_cache, m_latestHidden, m_vocabularyRows, most, false, stop);
}

Result<std::vector<std::int64_t>> answerOf(const pipeline::LoadedModels& models, const pipeline::PreparedPrompt& prompt,
                                           const RunRecord& record, std::int64_t most, const std::stop_token& stop)
{
    std::vector<std::int64_t> ids;
    for (const TokenPiece& token : record.generated) {
        if (static_cast<std::int64_t>(ids.size()) < most)
            ids.push_back(token.id);
    }
    if (!ids.empty())
        return ids;
    language::KvCache cache = models.language->makeCache();
    tensors::NoTaps taps;
    SilentObserver silent;
    const auto hidden = models.language->forward(prompt.embeds, cache, prompt.blocks, taps, silent, stop);
    if (!hidden)
        return tl::unexpected(hidden.error());
    const std::int64_t limit = std::clamp<std::int64_t>(record.question.sampling.maxNewTokens, 1, most);
    return greedy(models, cache, hidden->slice(0, hidden->size(0) - 1), prompt.plan.vocabularyRows, limit,
                  record.question.sampling.ignoreEos, stop);
}

std::string answerText(const pipeline::LoadedModels& models, const std::vector<std::int64_t>& ids)
{
    text::Utf8Stream utf8;
    std::string out;
    for (const std::int64_t id : ids) {
        if (!models.tokenizer->isControl(id))
            out += utf8.add(models.tokenizer->bytes(id));
    }
    return out + utf8.finish();
}

}  // namespace armillary::intervention
