#include "intervention/comparison.h"

#include "intervention/comparison_identities.h"
#include "intervention/intervention.h"
#include "intervention/knock_out.h"
#include "intervention/quiet_observer.h"
#include "language/generator.h"
#include "pipeline/device_memory.h"
#include "tensors/tap.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <utility>

namespace armillary::intervention {
namespace {

using pipeline::PreparedPrompt;

at::Tensor rowsAt(const PreparedPrompt& prompt, const std::vector<std::int64_t>& rows)
{
    return prompt.embeds.index_select(0, at::tensor(rows, at::kLong).to(prompt.embeds.device()));
}

double largestDifference(const at::Tensor& a, const at::Tensor& b)
{
    return a.numel() == 0 ? 0 : (a.to(at::kFloat) - b.to(at::kFloat)).abs().max().item<double>();
}

double differenceOf(const PreparedPrompt& here, const PreparedPrompt& there, TokenKind kind)
{
    const auto rows = rowsOf(*here.plan.layout, kind), others = rowsOf(*there.plan.layout, kind);
    return rows.empty() || rows.size() != others.size() ? kNoNumber
                                                        : largestDifference(rowsAt(here, rows), rowsAt(there, others));
}

// Positions of text, control and bracket tokens.
std::vector<std::int64_t> wordRows(const TokenLayout& layout)
{
    std::vector<std::int64_t> rows;
    for (std::int64_t i = 0; i < layout.size(); ++i) {
        const TokenKind kind = layout.kinds[static_cast<std::size_t>(i)];
        if (kind == TokenKind::Text || kind == TokenKind::Control || kind == TokenKind::Bracket)
            rows.push_back(i);
    }
    return rows;
}

// Keeps the queries of the one row that runs.
class QueryTaps final : public tensors::TapSink {
public:
    [[nodiscard]] bool wants(tensors::TapPoint point, int) const override { return point == tensors::TapPoint::Query; }
    void take(tensors::TapPoint, int layer, const at::Tensor& tensor) override { m_queries[layer] = tensor.clone(); }
    [[nodiscard]] const at::Tensor& query(std::int64_t layer) const { return m_queries.at(static_cast<int>(layer)); }

private:
    std::map<int, at::Tensor> m_queries;
};

ComparisonRow rowOf(const Variant& variant, std::string reason)
{
    ComparisonRow row;
    row.variant = variant.name;
    row.option = variant.option;
    row.title = variant.title;
    row.reason = std::move(reason);
    return row;
}

double seconds(std::chrono::steady_clock::time_point since)
{
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - since).count();
}

// One variant on a cache of its own, from prefill to measures.
class VariantRun {
public:
    VariantRun(const pipeline::LoadedModels& models, const PreparedPrompt& prompt, const std::stop_token& stop)
        : m_models(models), m_prompt(prompt), m_stop(stop), m_cache(models.language->makeCache())
    {}

    // A few rows that nobody times: the first pass of a process reads every weight from its file.
    Result<void> warmUp()
    {
        constexpr std::int64_t kRows = 32;
        tensors::NoTaps taps;
        language::KvCache cache = m_models.language->makeCache();
        const auto hidden =
            m_models.language->forward(m_prompt.embeds.slice(0, 0, kRows), cache, {}, taps, m_silent, m_stop);
        if (!hidden)
            return tl::unexpected(hidden.error());
        static_cast<void>(m_models.language->logits(hidden->slice(0, 0, 1), m_prompt.plan.vocabularyRows));
        return {};
    }

    Result<void> prefill(ComparisonRow& row)
    {
        const auto start = std::chrono::steady_clock::now();
        tensors::NoTaps taps;
        auto hidden = m_models.language->forward(m_prompt.embeds, m_cache, m_prompt.blocks, taps, m_silent, m_stop);
        if (!hidden)
            return tl::unexpected(hidden.error());
        m_last = hidden->slice(0, length() - 1);
        // The copy waits for a GPU.
        m_next = m_models.language->logits(m_last, m_prompt.plan.vocabularyRows)[0].to(at::kCPU);
        row.prefillMilliseconds = seconds(start) * 1000;
        row.positions = length();
        return {};
    }

    // Greedy, from the state after prefill.
    Result<std::vector<std::int64_t>> answer(const SamplingOptions& sampling, ComparisonRow& row)
    {
        language::GeneratorInput input;
        input.model = m_models.language.get();
        input.cache = &m_cache;
        input.lastHidden = m_last;
        input.sampling.maxNewTokens = std::max(1, sampling.maxNewTokens);
        input.sampling.ignoreEos = sampling.ignoreEos;
        input.stopIds = m_models.family->stopIds();
        input.vocabularyRows = m_prompt.plan.vocabularyRows;
        std::vector<std::int64_t> ids;
        std::chrono::steady_clock::time_point first;
        const auto onToken = [&](const language::ChosenToken& token) {
            if (ids.empty())
                first = std::chrono::steady_clock::now();
            ids.push_back(token.id);
        };
        const auto reason = language::generate(input, onToken, m_stop);
        if (!reason)
            return tl::unexpected(reason.error());
        if (*reason == StopReason::Cancelled)
            return failCancelled();
        if (ids.size() > 1)
            row.tokensPerSecond = static_cast<double>(ids.size() - 1) / seconds(first);
        return ids;
    }

    // Logits [N,V] of `ids` forced behind the prompt.
    Result<at::Tensor> forced(const std::vector<std::int64_t>& ids)
    {
        const at::Tensor rest = m_models.language->embed({ids.begin(), ids.end() - 1});
        m_cache.truncate(length());
        if (rest.size(0) == 0)
            return m_next.unsqueeze(0);
        tensors::NoTaps taps;
        const auto hidden = m_models.language->forward(rest, m_cache, {}, taps, m_silent, m_stop);
        if (!hidden)
            return tl::unexpected(hidden.error());
        return m_models.language->logits(at::cat({m_last, *hidden}), m_prompt.plan.vocabularyRows).to(at::kCPU);
    }

    // The last row once more: what it attends to, and what it says when it may not look at the world.
    Result<void> lookBack(ComparisonRow& row)
    {
        const std::int64_t last = length() - 1;
        for (const nn::PositionRange& block : m_prompt.blocks) {
            if (last >= block.begin && last < block.end)
                return {};  // a picture at the very end: its rows see each other, so the last one cannot run alone
        }
        const language::DecoderConfig& text = m_models.language->config();
        m_cache.truncate(last);
        QueryTaps taps;
        if (const auto again = m_models.language->forward(m_prompt.embeds.slice(0, last), m_cache, m_prompt.blocks,
                                                          taps, m_silent, m_stop);
            !again)
            return tl::unexpected(again.error());
        const std::vector<std::int64_t> world = rowsOf(*m_prompt.plan.layout, TokenKind::World);
        const std::vector<std::int64_t> image = rowsOf(*m_prompt.plan.layout, TokenKind::Image);
        Share worldShare, imageShare;
        for (std::int64_t layer = 0; layer < text.layerCount; ++layer) {
            const nn::AttentionMask mask{text.isGlobal(layer) ? 0 : text.slidingWindow, m_prompt.blocks};
            const at::Tensor weights = nn::attentionProbabilities(taps.query(layer), m_cache.keys(layer, last + 1),
                                                                  text.scoreScale(), mask, last)
                                           .mean(0)[0]
                                           .to(at::kCPU, at::kDouble);  // [S]
            const std::int64_t visible = mask.window > 0 ? std::min(mask.window, last + 1) : last + 1;
            worldShare.add(weights, world, last + 1 - visible, visible);
            imageShare.add(weights, image, last + 1 - visible, visible);
        }
        const auto layers = static_cast<double>(text.layerCount);
        row.attention = {worldShare.mass / layers, worldShare.lift(), imageShare.mass / layers, imageShare.lift()};
        if (world.empty())
            return {};
        const auto edges = knockOutEdges(*m_prompt.plan.layout, 1, KnockOutTarget::Last, KnockOutSource::World,
                                         KnockOutSource::World, 0);
        if (!edges)
            return {};  // no world token stands before the last row
        m_cache.truncate(last);
        tensors::NoTaps none;
        const auto cut = m_models.language->forward(m_prompt.embeds.slice(0, last), m_cache, m_prompt.blocks, none,
                                                    m_silent, m_stop, {{edges->edges}, 0, text.layerCount});
        if (!cut)
            return tl::unexpected(cut.error());
        const at::Tensor changed = m_models.language->logits(*cut, m_prompt.plan.vocabularyRows)[0].to(at::kCPU);
        const std::int64_t own = m_next.argmax().item<std::int64_t>();
        const AnswerEffect effect = effectOn({own}, m_next.unsqueeze(0), changed.unsqueeze(0));
        row.knockOutEffect = (effect.probabilityChanged - effect.probabilityTrue) / effect.probabilityTrue;
        return {};
    }

    [[nodiscard]] const at::Tensor& next() const { return m_next; }

private:
    struct Share {
        double mass = 0, lifts = 0;
        int layers = 0;

        // `weights` of a row that sees the `visible` keys from `first` on.
        void add(const at::Tensor& weights, const std::vector<std::int64_t>& rows, std::int64_t first,
                 std::int64_t visible)
        {
            double here = 0;
            std::int64_t seen = 0;
            for (const std::int64_t row : rows) {
                if (row < first)
                    continue;
                here += weights[row].item<double>();
                ++seen;
            }
            mass += here;
            if (seen == 0)
                return;
            lifts += here * static_cast<double>(visible) / static_cast<double>(seen);
            ++layers;
        }
        [[nodiscard]] double lift() const { return layers > 0 ? lifts / layers : kNoNumber; }
    };

    [[nodiscard]] std::int64_t length() const { return m_prompt.embeds.size(0); }

    const pipeline::LoadedModels& m_models;
    const PreparedPrompt& m_prompt;
    const std::stop_token& m_stop;
    SilentObserver m_silent;
    language::KvCache m_cache;
    at::Tensor m_last;  // [1,D]
    at::Tensor m_next;  // [V]
};

}  // namespace

InputDifference inputDifference(const PreparedPrompt& here, const PreparedPrompt& there)
{
    InputDifference out;
    out.image = differenceOf(here, there, TokenKind::Image);
    out.world = differenceOf(here, there, TokenKind::World);
    const TokenLayout& a = *here.plan.layout;
    const TokenLayout& b = *there.plan.layout;
    const std::vector<std::int64_t> rows = wordRows(a), others = wordRows(b);
    const auto id = [](const TokenLayout& layout, std::int64_t row) {
        return layout.ids[static_cast<std::size_t>(row)];
    };

    // What begins alike is paired at once; behind it the longest common run of ids, gaps allowed: `longest[i][j]` counts it from
    // i and j on.
    std::size_t alike = 0;
    while (alike < rows.size() && alike < others.size() && id(a, rows[alike]) == id(b, others[alike]))
        ++alike;
    std::vector<std::vector<std::uint32_t>> longest(rows.size() - alike + 1,
                                                    std::vector<std::uint32_t>(others.size() - alike + 1, 0));
    for (std::size_t i = rows.size(); i-- > alike;)
        for (std::size_t j = others.size(); j-- > alike;) {
            const std::size_t x = i - alike, y = j - alike;
            longest[x][y] = id(a, rows[i]) == id(b, others[j]) ? longest[x + 1][y + 1] + 1
                                                               : std::max(longest[x + 1][y], longest[x][y + 1]);
        }
    std::vector<std::int64_t> paired, pairedOthers;
    std::size_t i = 0, j = 0;
    const auto pieceOf = [](const TokenLayout& layout, std::int64_t row) {
        return layout.pieces[static_cast<std::size_t>(row)];
    };
    while (i < rows.size() || j < others.size()) {
        if (i < rows.size() && j < others.size() && id(a, rows[i]) == id(b, others[j])) {
            paired.push_back(rows[i++]);
            pairedOthers.push_back(others[j++]);
        } else if (j == others.size() ||
                   (i < rows.size() && longest[i + 1 - alike][j - alike] >= longest[i - alike][j + 1 - alike])) {
            out.onlyHere.push_back(pieceOf(a, rows[i++]));
        } else {
            out.onlyThere.push_back(pieceOf(b, others[j++]));
        }
    }
    if (!paired.empty())
        out.text = largestDifference(rowsAt(here, paired), rowsAt(there, pairedOthers));
    return out;
}

Result<Comparison> compareOptions(pipeline::QuestionPipeline& pipeline, const Question& question,
                                  const ComparisonOptions& options, RunObserver& observer, const std::stop_token& stop)
{
    const pipeline::LoadedModels& models = pipeline.models();
    if (!models.language)
        return fail(ErrorCode::InvalidInput,
                    "only a world model is loaded: load a Gemma 3 snapshot to compare integration options");
    const std::vector<Variant> all = variantsOf(models, question);
    const auto chosen = chosenVariants(all, options.rows);
    if (!chosen)
        return tl::unexpected(chosen.error());
    Comparison out;
    out.reference = !options.reference.empty()                ? options.reference
                    : models.world && models.world->projector ? "5"
                                                              : "3";
    const auto reference =
        std::find_if(all.begin(), all.end(), [&out](const Variant& each) { return each.name == out.reference; });
    if (reference == all.end())
        return fail(ErrorCode::InvalidInput, "there is no variant '" + out.reference + "' to refer to");
    const auto referencePrompt = prepareVariant(pipeline, *reference, options.seed, observer, stop);
    if (!referencePrompt)
        return tl::unexpected(referencePrompt.error());

    // The reference runs first, for its answer and its logits; its row is measured like every other.
    const auto measure = [&](const Variant& variant, const PreparedPrompt& prompt, const at::Tensor& truth,
                             std::string& answerKept, at::Tensor& truthKept) -> Result<ComparisonRow> {
        ComparisonRow row = rowOf(variant, {});
        row.warnings = prompt.warnings;
        pipeline::resetPeak(models.device);
        VariantRun run(models, prompt, stop);
        if (auto done = run.prefill(row); !done)
            return tl::unexpected(done.error());
        const auto ids = run.answer(question.sampling, row);
        if (!ids)
            return tl::unexpected(ids.error());
        row.peakMemoryBytes = pipeline::peakBytes(models.device);
        row.answer = answerText(models, *ids);
        if (out.answer.empty()) {
            out.answer = *ids;
            out.answer.resize(std::min<std::size_t>(out.answer.size(), static_cast<std::size_t>(options.answerTokens)));
            answerKept = row.answer;
        }
        const auto logits = run.forced(out.answer);
        if (!logits)
            return tl::unexpected(logits.error());
        if (!truth.defined())
            truthKept = *logits;
        row.effect = effectOn(out.answer, truth.defined() ? truth : *logits, *logits);
        row.isAnswerDifferent = row.answer != answerKept;
        if (auto done = run.lookBack(row); !done)
            return tl::unexpected(done.error());
        row.input = inputDifference(prompt, *referencePrompt);
        return row;
    };
    const auto steps = static_cast<std::int64_t>(chosen->size()) + 2;
    observer.onStage("Comparison", 0, steps);
    if (auto done = VariantRun(models, *referencePrompt, stop).warmUp(); !done)
        return tl::unexpected(done.error());
    QuietObserver quiet(observer);
    std::string referenceAnswer;
    at::Tensor truth;
    const auto referenceRow = measure(*reference, *referencePrompt, {}, referenceAnswer, truth);
    if (!referenceRow)
        return tl::unexpected(referenceRow.error());

    std::int64_t done = 1;
    for (const Variant& variant : *chosen) {
        observer.onStage("Comparison", done++, steps);
        if (variant.name == out.reference) {
            out.rows.push_back(*referenceRow);
            continue;
        }
        const auto prompt = prepareVariant(pipeline, variant, options.seed, quiet, stop);
        if (!prompt && prompt.error().code != ErrorCode::InvalidInput)
            return tl::unexpected(prompt.error());
        if (!prompt) {
            out.rows.push_back(rowOf(variant, prompt.error().message));
            continue;
        }
        auto row = measure(variant, *prompt, truth, referenceAnswer, truth);
        if (!row)
            return tl::unexpected(row.error());
        out.rows.push_back(std::move(*row));
    }
    if (!options.withIdentities)
        return out;
    observer.onStage("Comparison", done, steps);
    auto identities = checkIdentities(pipeline, question, all, quiet, stop);
    if (!identities)
        return tl::unexpected(identities.error());
    out.identities = std::move(*identities);
    return out;
}

}  // namespace armillary::intervention
