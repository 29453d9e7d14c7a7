#include "intervention/knock_out.h"

#include "intervention/intervention.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <optional>
#include <random>
#include <utility>

namespace armillary::intervention {
namespace {

bool isMedia(TokenKind kind)
{
    return kind == TokenKind::World || kind == TokenKind::Image;
}

// Text behind the last picture or world (position 0 stays out), the last row too.
std::vector<std::int64_t> questionRows(const TokenLayout& layout)
{
    std::int64_t first = 1;
    for (std::int64_t i = 0; i < layout.size(); ++i) {
        if (isMedia(layout.kinds[static_cast<std::size_t>(i)]))
            first = i + 1;
    }
    std::vector<std::int64_t> rows;
    for (std::int64_t i = first; i < layout.size(); ++i) {
        const TokenKind kind = layout.kinds[static_cast<std::size_t>(i)];
        if (kind == TokenKind::Text || kind == TokenKind::Control)
            rows.push_back(i);
    }
    return rows;
}

std::vector<std::int64_t> targetRows(const TokenLayout& layout, std::int64_t answerTokens, KnockOutTarget target)
{
    std::vector<std::int64_t> rows;
    if (target == KnockOutTarget::Question || target == KnockOutTarget::QuestionAndAnswer)
        rows = questionRows(layout);
    std::erase(rows, layout.size() - 1);
    if (target == KnockOutTarget::Image)
        rows = rowsOf(layout, TokenKind::Image);
    if (target == KnockOutTarget::Last)
        rows.push_back(layout.size() - 1);
    if (target == KnockOutTarget::Answer || target == KnockOutTarget::QuestionAndAnswer) {
        for (std::int64_t i = 0; i < answerTokens; ++i)
            rows.push_back(layout.size() - 1 + i);
    }
    return rows;
}

std::vector<std::int64_t> sourceKeys(const TokenLayout& layout, KnockOutSource source)
{
    switch (source) {
    case KnockOutSource::World: return rowsOf(layout, TokenKind::World);
    case KnockOutSource::Image: return rowsOf(layout, TokenKind::Image);
    case KnockOutSource::Question: return questionRows(layout);
    case KnockOutSource::Random: break;
    }
    return {};
}

// `count` of `pool`, rising, drawn without putting back.
std::vector<std::int64_t> drawn(std::vector<std::int64_t> pool, std::size_t count, std::mt19937_64& random)
{
    for (std::size_t i = 0; i < count; ++i)
        std::swap(pool[i], pool[i + random() % (pool.size() - i)]);
    pool.resize(count);
    std::sort(pool.begin(), pool.end());
    return pool;
}

}  // namespace

std::string_view knockOutName(KnockOutTarget target)
{
    switch (target) {
    case KnockOutTarget::Last: return "last";
    case KnockOutTarget::Answer: return "answer";
    case KnockOutTarget::Question: return "question";
    case KnockOutTarget::QuestionAndAnswer: return "question-and-answer";
    case KnockOutTarget::Image: return "image";
    }
    return "?";
}

std::string_view knockOutName(KnockOutSource source)
{
    switch (source) {
    case KnockOutSource::World: return "world";
    case KnockOutSource::Image: return "image";
    case KnockOutSource::Question: return "question";
    case KnockOutSource::Random: return "random";
    }
    return "?";
}

std::vector<nn::PositionRange> rangesFrom(const std::vector<std::int64_t>& positions)
{
    std::vector<nn::PositionRange> ranges;
    for (const std::int64_t position : positions) {
        if (ranges.empty() || ranges.back().end != position)
            ranges.push_back({position, position});
        ranges.back().end = position + 1;
    }
    return ranges;
}

Result<KnockOutEdges> knockOutEdges(const TokenLayout& layout, std::int64_t answerTokens, KnockOutTarget target,
                                    KnockOutSource source, KnockOutSource controlOf, std::uint64_t seed)
{
    const KnockOutSource kind = source == KnockOutSource::Random ? controlOf : source;
    std::vector<std::int64_t> keys = sourceKeys(layout, kind);
    std::vector<std::int64_t> rows = targetRows(layout, answerTokens, target);
    if (keys.empty())
        return fail(ErrorCode::InvalidInput, fmt::format("the prompt has no {} tokens to hide", knockOutName(kind)));
    std::erase_if(rows, [&keys](std::int64_t row) { return row <= keys.front(); });
    if (rows.empty())
        return fail(ErrorCode::InvalidInput,
                    fmt::format("no row of '{}' stands behind a {} token, so none could look at it",
                                knockOutName(target), knockOutName(kind)));
    KnockOutEdges out;
    out.firstRow = rows.front();
    std::erase_if(keys, [&rows](std::int64_t key) { return key >= rows.back(); });
    out.keyCount = static_cast<std::int64_t>(keys.size());
    if (source == KnockOutSource::Random) {
        std::vector<std::int64_t> rest;
        for (std::int64_t i = 1; i < out.firstRow; ++i) {
            if (!std::binary_search(keys.begin(), keys.end(), i))
                rest.push_back(i);
        }
        std::mt19937_64 random(seed);
        const std::size_t fromRest = std::min(rest.size(), keys.size());
        const std::size_t fromSource = keys.size() - fromRest;
        rest = drawn(std::move(rest), fromRest, random);
        keys = drawn(std::move(keys), fromSource, random);
        out.keysOfSource = static_cast<std::int64_t>(fromSource);
        keys.insert(keys.end(), rest.begin(), rest.end());
        std::sort(keys.begin(), keys.end());
    }
    out.edges = {rangesFrom(rows), rangesFrom(keys)};
    return out;
}

Result<KnockOutStudy> studyKnockOut(pipeline::QuestionPipeline& pipeline, const RunRecord& record,
                                    const KnockOutOptions& options, RunObserver& observer, const std::stop_token& stop)
{
    const auto prompt = pipeline.prepare(record.question, observer, stop);
    if (!prompt)
        return tl::unexpected(prompt.error());
    const pipeline::LoadedModels& models = pipeline.models();
    const TokenLayout& layout = *prompt->plan.layout;
    KnockOutStudy study;
    study.warnings = prompt->warnings;
    auto ids =
        answerOf(models, *prompt, record, options.target == KnockOutTarget::Last ? 1 : options.answerTokens, stop);
    if (!ids)
        return tl::unexpected(ids.error());
    study.answer = std::move(*ids);
    auto forced = ForcedAnswer::run(models, *prompt, study.answer, stop);
    if (!forced)
        return tl::unexpected(forced.error());

    const std::int64_t layers = models.language->config().layerCount;
    std::vector<std::pair<std::int64_t, std::int64_t>> windows{{0, layers}};
    if (options.windowLayers > 0) {
        for (std::int64_t from = 0; from + options.windowLayers <= layers; from += options.stride)
            windows.emplace_back(from, from + options.windowLayers);
    }
    const auto answerTokens = static_cast<std::int64_t>(study.answer.size());
    const std::int64_t variants =
        static_cast<std::int64_t>(options.sources.size() * windows.size()) * (options.withControls ? 2 : 1);
    std::int64_t done = 0;
    for (std::size_t index = 0; index < options.sources.size(); ++index) {
        const KnockOutSource source = options.sources[index];
        for (const bool isControl : {false, true}) {
            if (isControl && !options.withControls)
                continue;
            const auto edges = knockOutEdges(layout, answerTokens, options.target,
                                             isControl ? KnockOutSource::Random : source, source, options.seed + index);
            if (!edges) {
                KnockOutRow row;
                row.source = source;
                row.isControl = isControl;
                row.reason = edges.error().message;
                row.toLayer = layers;
                study.rows.push_back(std::move(row));
                done += static_cast<std::int64_t>(windows.size());
                continue;
            }
            if (!isControl && index == 0 && models.language->config().slidingWindow > 0) {
                for (const nn::PositionRange& range : edges->edges.keys)
                    study.hiddenByWindow +=
                        std::clamp<std::int64_t>(edges->firstRow - models.language->config().slidingWindow + 1 -
                                                     range.begin,
                                                 0, range.end - range.begin);
            }
            for (const auto& [from, to] : windows) {
                observer.onStage("Knock-out", done++, variants);
                const auto logits = forced->logitsWithCuts(edges->firstRow, {{edges->edges}, from, to}, stop);
                if (!logits)
                    return tl::unexpected(logits.error());
                study.rows.push_back({source,
                                      isControl,
                                      {},
                                      from,
                                      to,
                                      edges->keyCount,
                                      edges->keysOfSource,
                                      forced->latestRows(),
                                      effectOn(study.answer, forced->logits(), *logits)});
            }
        }
    }
    return study;
}

}  // namespace armillary::intervention
