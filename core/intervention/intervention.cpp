#include "intervention/intervention.h"

#include "intervention/quiet_observer.h"
#include "records/shown_media.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <numbers>
#include <numeric>
#include <random>
#include <utility>

namespace armillary::intervention {
namespace {

using pipeline::PreparedPrompt;

const char* nameOfTokens(TokenKind tokens)
{
    return tokens == TokenKind::World ? "world" : "image";
}

// A permutation that moves something, out of the standard's generator by hand so that a seed means the same everywhere.
std::vector<std::int64_t> permutation(std::int64_t count, std::uint64_t seed)
{
    std::mt19937_64 random(seed);
    std::vector<std::int64_t> order(static_cast<std::size_t>(count));
    std::iota(order.begin(), order.end(), std::int64_t{0});
    while (count > 1 && std::is_sorted(order.begin(), order.end())) {
        for (std::size_t last = order.size() - 1; last > 0; --last)
            std::swap(order[last], order[random() % (last + 1)]);
    }
    return order;
}

// [rows,columns] float32 standard normal numbers (Box and Muller), the same for a seed everywhere.
at::Tensor normalNumbers(std::int64_t rows, std::int64_t columns, std::uint64_t seed)
{
    std::mt19937_64 random(seed);
    const auto uniform = [&random] { return (static_cast<double>(random() >> 11) + 0.5) * 0x1p-53; };  // in (0,1)
    at::Tensor out = at::empty({rows, columns}, at::kFloat);
    float* const values = out.mutable_data_ptr<float>();
    for (std::int64_t i = 0; i < out.numel(); i += 2) {
        const double radius = std::sqrt(-2 * std::log(uniform())), angle = 2 * std::numbers::pi * uniform();
        values[i] = static_cast<float>(radius * std::cos(angle));
        if (i + 1 < out.numel())
            values[i + 1] = static_cast<float>(radius * std::sin(angle));
    }
    return out;
}

// Indices into the tokens' rows, one list a latent frame (world) or a crop of a picture (image).
std::vector<std::vector<std::int64_t>> frames(const TokenLayout& layout, const std::vector<std::int64_t>& rows)
{
    std::map<std::tuple<int, int, int>, std::vector<std::int64_t>> byFrame;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const TokenOrigin& origin = layout.origins[static_cast<std::size_t>(rows[i])];
        byFrame[{origin.media, origin.crop, origin.latentFrame}].push_back(static_cast<std::int64_t>(i));
    }
    std::vector<std::vector<std::int64_t>> out;
    for (auto& [key, indices] : byFrame)
        out.push_back(std::move(indices));
    return out;
}

at::Tensor shuffledInSpace(const at::Tensor& values, const std::vector<std::vector<std::int64_t>>& groups,
                           std::uint64_t seed)
{
    std::vector<std::int64_t> source(static_cast<std::size_t>(values.size(0)));
    for (const std::vector<std::int64_t>& group : groups) {
        const std::vector<std::int64_t> order = permutation(static_cast<std::int64_t>(group.size()), seed);
        for (std::size_t cell = 0; cell < group.size(); ++cell)
            source[static_cast<std::size_t>(group[cell])] = group[static_cast<std::size_t>(order[cell])];
    }
    return values.index_select(0, at::tensor(source, at::kLong).to(values.device()));
}

at::Tensor shuffledInTime(const at::Tensor& values, const std::vector<std::vector<std::int64_t>>& groups,
                          std::uint64_t seed)
{
    const std::vector<std::int64_t> order = permutation(static_cast<std::int64_t>(groups.size()), seed);
    std::vector<std::int64_t> source(static_cast<std::size_t>(values.size(0)));
    for (std::size_t frame = 0; frame < groups.size(); ++frame) {
        for (std::size_t cell = 0; cell < groups[frame].size(); ++cell)
            source[static_cast<std::size_t>(groups[frame][cell])] =
                groups[static_cast<std::size_t>(order[frame])][cell];
    }
    return values.index_select(0, at::tensor(source, at::kLong).to(values.device()));
}

// Rows of the same mean and, in expectation, the same covariance; mixing the centred rows by normal weights needs no [D,D].
at::Tensor matchedNoise(const at::Tensor& values, NoiseSpread spread, std::uint64_t seed)
{
    const at::Tensor rows = values.to(at::kFloat);
    const at::Tensor mean = rows.mean(0, true);
    const at::Tensor centred = rows - mean;
    const std::int64_t count = rows.size(0);
    const auto normal = [&](std::int64_t columns) { return normalNumbers(count, columns, seed).to(rows.device()); };
    const at::Tensor noise = spread == NoiseSpread::Covariance
                                 ? at::matmul(normal(count), centred) / std::sqrt(static_cast<double>(count))
                                 : normal(rows.size(1)) * centred.square().mean(0, true).sqrt();
    return (mean + noise).to(values.scalar_type());
}

Result<IntervenedPrompt> withoutRows(const PreparedPrompt& prompt, const std::vector<std::int64_t>& rows,
                                     TokenKind tokens)
{
    const std::int64_t length = prompt.embeds.size(0);
    std::vector<std::int64_t> kept, newPosition;
    std::size_t next = 0;
    for (std::int64_t i = 0; i < length; ++i) {
        newPosition.push_back(static_cast<std::int64_t>(kept.size()));
        const bool isRemoved = next < rows.size() && rows[next] == i;
        next += isRemoved ? 1 : 0;
        if (!isRemoved)
            kept.push_back(i);
    }
    newPosition.push_back(static_cast<std::int64_t>(kept.size()));
    if (kept.empty())
        return fail(ErrorCode::InvalidInput, "nothing would be left of the prompt");
    IntervenedPrompt out;
    out.rows.embeds = prompt.embeds.index_select(0, at::tensor(kept, at::kLong).to(prompt.embeds.device()));
    for (const nn::PositionRange& block : prompt.blocks) {
        const nn::PositionRange moved{newPosition[static_cast<std::size_t>(block.begin)],
                                      newPosition[static_cast<std::size_t>(block.end)]};
        if (moved.begin < moved.end)
            out.rows.blocks.push_back(moved);
    }
    out.firstChanged = rows.front();
    out.cautions.push_back(
        fmt::format("{} rows are gone, so everything after them stands {} positions earlier; what surrounded them "
                    "({}) stays",
                    rows.size(), rows.size(),
                    tokens == TokenKind::World ? "brackets or spaces" : "<start_of_image> and <end_of_image>"));
    return out;
}

Image mirrored(const Image& image)
{
    const auto from = image.rgb();
    const auto width = static_cast<std::size_t>(image.width());
    std::vector<std::uint8_t> rgb(from.begin(), from.end());
    for (std::size_t row = 0; row < static_cast<std::size_t>(image.height()); ++row)
        for (std::size_t column = 0; column < width; ++column)
            for (std::size_t colour = 0; colour < 3; ++colour)
                rgb[(row * width + column) * 3 + colour] = from[(row * width + width - 1 - column) * 3 + colour];
    return {image.height(), image.width(), std::move(rgb)};
}

Clip mirrored(Clip clip)
{
    for (Image& frame : clip.frames)
        frame = mirrored(frame);
    return clip;
}

}  // namespace

std::string_view interventionName(InterventionKind kind)
{
    switch (kind) {
    case InterventionKind::Zeroed: return "zeroed";
    case InterventionKind::Averaged: return "averaged";
    case InterventionKind::ShuffledInSpace: return "shuffled-in-space";
    case InterventionKind::ShuffledInTime: return "shuffled-in-time";
    case InterventionKind::Swapped: return "swapped";
    case InterventionKind::Noise: return "noise";
    case InterventionKind::Removed: return "removed";
    }
    return "?";
}

const std::vector<InterventionKind>& allInterventions()
{
    static const std::vector<InterventionKind> kAll{InterventionKind::Zeroed,          InterventionKind::Averaged,
                                                    InterventionKind::ShuffledInSpace, InterventionKind::ShuffledInTime,
                                                    InterventionKind::Swapped,         InterventionKind::Noise,
                                                    InterventionKind::Removed};
    return kAll;
}

std::vector<std::int64_t> rowsOf(const TokenLayout& layout, TokenKind tokens)
{
    std::vector<std::int64_t> rows;
    for (std::int64_t i = 0; i < layout.size(); ++i) {
        if (layout.kinds[static_cast<std::size_t>(i)] == tokens)
            rows.push_back(i);
    }
    return rows;
}

Result<IntervenedPrompt> intervene(const PreparedPrompt& prompt, const Intervention& intervention)
{
    const TokenLayout& layout = *prompt.plan.layout;
    const std::vector<std::int64_t> rows = rowsOf(layout, intervention.tokens);
    if (rows.empty())
        return fail(ErrorCode::InvalidInput,
                    fmt::format("the prompt has no {} tokens", nameOfTokens(intervention.tokens)));
    if (intervention.kind == InterventionKind::Removed)
        return withoutRows(prompt, rows, intervention.tokens);

    const at::Tensor index = at::tensor(rows, at::kLong).to(prompt.embeds.device());
    const at::Tensor values = prompt.embeds.index_select(0, index);
    const auto groups = frames(layout, rows);
    const auto largest = std::max_element(groups.begin(), groups.end(),
                                          [](const auto& a, const auto& b) { return a.size() < b.size(); });
    IntervenedPrompt out;
    at::Tensor changed;
    switch (intervention.kind) {
    case InterventionKind::Zeroed: changed = at::zeros_like(values); break;
    case InterventionKind::Averaged:
        changed = values.to(at::kFloat).mean(0, true).to(values.scalar_type()).expand_as(values);
        if (rows.size() == 1)
            out.cautions.emplace_back("one token is its own mean: nothing changes");
        break;
    case InterventionKind::ShuffledInSpace:
        if (largest->size() < 2)
            return fail(ErrorCode::InvalidInput, fmt::format("a single {} token has no arrangement in space",
                                                             nameOfTokens(intervention.tokens)));
        if (layout.origins[static_cast<std::size_t>(rows.front())].row < 0)
            out.cautions.emplace_back(
                "these tokens are latent channels: their order is shuffled, no place in the picture");
        changed = shuffledInSpace(values, groups, intervention.seed);
        break;
    case InterventionKind::ShuffledInTime:
        if (intervention.tokens == TokenKind::Image)
            return fail(ErrorCode::InvalidInput, "image tokens show one moment: there is no time to shuffle");
        if (groups.size() < 2)
            return fail(ErrorCode::InvalidInput,
                        "there is one latent frame: ask about a clip or a rollout of 5 frames and more");
        changed = shuffledInTime(values, groups, intervention.seed);
        break;
    case InterventionKind::Swapped:
        if (!intervention.otherRows.defined() || intervention.otherRows.sizes() != values.sizes())
            return fail(ErrorCode::InvalidInput, "the other picture gives another number of tokens");
        changed = intervention.otherRows.to(values.options());
        break;
    case InterventionKind::Noise:
        changed = matchedNoise(values, intervention.spread, intervention.seed);
        if (rows.size() == 1)
            out.cautions.emplace_back("one token has no spread: the noise is the token itself");
        break;
    case InterventionKind::Removed: break;
    }
    out.rows = {prompt.embeds.index_copy(0, index, changed), prompt.blocks};
    out.firstChanged = rows.front();
    return out;
}

Result<at::Tensor> otherRows(pipeline::QuestionPipeline& pipeline, const Question& question, TokenKind tokens,
                             const std::string& other, RunObserver& observer, const std::stop_token& stop)
{
    Question changed = question;
    std::optional<RolloutRequest>& rollout = changed.world.rollout;
    if (other == "mirror") {
        for (Clip& clip : changed.media)
            clip = mirrored(std::move(clip));
        if (rollout)
            rollout->condition = mirrored(std::move(rollout->condition));
    } else {
        std::size_t index = 0;
        const auto [end, problem] = std::from_chars(other.data(), other.data() + other.size(), index);
        if (problem != std::errc() || end != other.data() + other.size() || index >= question.media.size())
            return fail(ErrorCode::InvalidInput,
                        fmt::format("the other picture is '{}', it must be 'mirror' or an index below {}", other,
                                    question.media.size()));
        changed.stillFrames.assign(changed.media.size(), stillIndex(question, static_cast<std::int32_t>(index)));
        for (Clip& clip : changed.media)
            clip = question.media[index];
        if (rollout && !rollout->condition.frames.empty())
            rollout->condition = question.media[index];
    }
    const auto prepared = pipeline.prepare(changed, observer, stop);
    if (!prepared)
        return tl::unexpected(prepared.error());
    const std::vector<std::int64_t> rows = rowsOf(*prepared->plan.layout, tokens);
    return prepared->embeds.index_select(0, at::tensor(rows, at::kLong).to(prepared->embeds.device()));
}

Result<InterventionStudy> studyInterventions(pipeline::QuestionPipeline& pipeline, const RunRecord& record,
                                             const InterventionOptions& options, RunObserver& observer,
                                             const std::stop_token& stop)
{
    const auto prompt = pipeline.prepare(record.question, observer, stop);
    if (!prompt)
        return tl::unexpected(prompt.error());
    if (rowsOf(*prompt->plan.layout, options.tokens).empty())
        return fail(ErrorCode::InvalidInput,
                    fmt::format("the prompt has no {} tokens to change", nameOfTokens(options.tokens)));
    const pipeline::LoadedModels& models = pipeline.models();
    InterventionStudy study;
    study.warnings = prompt->warnings;
    auto ids = answerOf(models, *prompt, record, options.answerTokens, stop);
    if (!ids)
        return tl::unexpected(ids.error());
    auto forced = ForcedAnswer::run(models, *prompt, *ids, stop);
    if (!forced)
        return tl::unexpected(forced.error());
    study.answer = std::move(*ids);
    study.answerText = answerText(models, study.answer);
    const auto limit = static_cast<std::int64_t>(study.answer.size());
    if (options.regenerate) {
        const auto own = forced->answerBehindLatest(limit, stop);
        if (!own)
            return tl::unexpected(own.error());
        study.greedyText = answerText(models, *own);
    }
    std::int64_t done = 0;
    QuietObserver quiet(observer);
    for (const InterventionKind kind : options.kinds) {
        observer.onStage("Interventions", done++, static_cast<std::int64_t>(options.kinds.size()));
        InterventionRow row;
        row.kind = kind;
        Intervention intervention{kind, options.tokens, options.seed, options.spread, {}};
        std::optional<Error> problem;
        if (kind == InterventionKind::Swapped) {
            auto other = otherRows(pipeline, record.question, options.tokens, options.other, quiet, stop);
            if (other)
                intervention.otherRows = std::move(*other);
            else
                problem = other.error();
        }
        auto changed = problem ? Result<IntervenedPrompt>(tl::unexpected(*problem)) : intervene(*prompt, intervention);
        if (!changed && changed.error().code != ErrorCode::InvalidInput)
            return tl::unexpected(changed.error());
        if (!changed) {
            row.reason = changed.error().message;
            study.rows.push_back(std::move(row));
            continue;
        }
        const auto logits = forced->logitsBehind(changed->rows, changed->firstChanged, {}, stop);
        if (!logits)
            return tl::unexpected(logits.error());
        row.effect = effectOn(study.answer, forced->logits(), *logits);
        row.promptLength = changed->rows.embeds.size(0);
        row.computedRows = forced->latestRows();
        row.cautions = std::move(changed->cautions);
        if (options.regenerate) {
            const auto own = forced->answerBehindLatest(limit, stop);
            if (!own)
                return tl::unexpected(own.error());
            row.answer = answerText(models, *own);
            row.isAnswerDifferent = *row.answer != study.greedyText;
        }
        study.rows.push_back(std::move(row));
    }
    return study;
}

}  // namespace armillary::intervention
