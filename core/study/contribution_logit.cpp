#include "study/contribution_logit.h"

#include "study/lens_vocabulary.h"
#include "tensors/weights.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <utility>

namespace armillary::study {

Result<DirectContribution> directContribution(pipeline::QuestionPipeline& pipeline, const RunRecord& record,
                                              std::int64_t index, std::int64_t against, RunObserver& observer,
                                              const std::stop_token& stop)
{
    const auto sequence = forcedSequence(pipeline, record, observer, stop);
    if (!sequence)
        return tl::unexpected(sequence.error());
    const language::LanguageModel& model = *pipeline.models().language;
    if (index < 0 || index >= sequence->answerRows())
        return fail(ErrorCode::InvalidInput,
                    fmt::format("there is no answer token {}: the run generated {}", index, sequence->answerRows()));
    DirectContribution out;
    out.position = sequence->promptRows - 1 + index;
    out.token = sequence->targets[static_cast<std::size_t>(out.position + 1)];
    const auto pass = forcedPass(model, *sequence, {false, {out.position}, -1}, observer, stop);
    if (!pass)
        return tl::unexpected(pass.error());
    at::Tensor logits =
        model.logits(pass->hidden.narrow(0, out.position, 1), sequence->vocabularyRows).squeeze(0).cpu();
    if (out.token < 0 || out.token >= logits.size(0) || against >= logits.size(0) || against == out.token)
        return fail(ErrorCode::InvalidInput,
                    fmt::format("token {} cannot be compared with token {}: give another id below {}", out.token,
                                against, logits.size(0)));
    if (against < 0) {
        at::Tensor others = logits.clone();
        others[out.token] = -std::numeric_limits<float>::infinity();
        against = others.argmax().item<std::int64_t>();
    }
    out.against = against;
    out.logitDifference = logits[out.token].item<double>() - logits[against].item<double>();

    const std::int64_t layers = model.config().layerCount;
    const std::vector<Segment> segments = segmentsOf(record);
    std::vector<RowParts> rows;
    for (std::int64_t layer = 0; layer < layers; ++layer) {
        if (stop.stop_requested())
            return failCancelled();
        observer.onStage("Contributions", layer, layers);
        const auto at = static_cast<std::size_t>(layer);
        rows.push_back(rowParts(model, layer, pass->inputs[at], out.position, pass->cache, sequence->blocks));
        if (layer + 1 < layers)
            out.error = std::max(out.error, relativeError(rows.back().output, pass->inputs[at + 1]));
    }
    const at::Tensor last = rows.back().output;
    out.error = std::max(out.error, relativeError(model.finalNorm().forward(last), pass->hidden[out.position]));
    const at::Tensor frozen =
        at::rsqrt(last.square().mean() + model.finalNorm().epsilon()) * model.finalNorm().factor();
    const at::Tensor direction =
        (model.headTable()[out.token].to(at::kFloat) - model.headTable()[against].to(at::kFloat)) * frozen;  // [D]

    out.embedding = at::dot(pass->inputs.front().squeeze(0).to(at::kFloat), direction).item<double>();
    out.sum = out.embedding;
    out.mlp = at::empty({layers}, at::kFloat);
    out.perKey = at::zeros({sequence->rows()}, at::kFloat);
    std::vector<at::Tensor> attention;
    for (std::int64_t layer = 0; layer < layers; ++layer) {
        const RowParts& parts = rows[static_cast<std::size_t>(layer)];
        const at::Tensor along = contributionsAlong(model, layer, parts, direction).cpu();  // [H,n]
        attention.push_back(sumsOfSegments(along, parts.keys.begin, segments));             // [H,segments]
        out.perKey.slice(0, parts.keys.begin, parts.keys.end).add_(along.sum(0));
        out.mlp[layer] = at::dot(parts.mlpOutput, direction).item<double>();
        out.sum += along.sum().item<double>() + out.mlp[layer].item<double>();
    }
    out.attention = at::stack(attention);
    out.run = recomputationError(model, *sequence, *pass, record);
    return out;
}

AnalysisEntry directContributionEntry()
{
    AnalysisEntry entry;
    entry.name = "direct-contribution";
    entry.title = "Direct contribution to an answer";
    entry.definition = "sum over layers and heads of A_ij V_j W_O,h . (W_U[t] - W_U[t']) with norms frozen, by segment "
                       "(Elhage 2021); with "
                       "the terms of MLPs and input it is the logit difference";
    entry.arguments = {{"token", "0", "answer token, 0 the first"},
                       {"against", "-1", "vocabulary id t' it is compared with; -1: the likeliest other one"}};
    entry.needsModel = true;
    return entry;
}

Result<AnalysisResult> directContributionResult(pipeline::QuestionPipeline& pipeline, const RunRecord& record,
                                                const inspect::AnalysisArguments& arguments, RunObserver& observer,
                                                const std::stop_token& stop)
{
    constexpr std::int64_t kMost = std::int64_t{1} << 40;
    const auto token = arguments.integer("token", 0, kMost);
    if (!token)
        return tl::unexpected(token.error());
    const auto against = arguments.integer("against", -1, kMost);
    if (!against)
        return tl::unexpected(against.error());
    const auto found = directContribution(pipeline, record, *token, *against, observer, stop);
    if (!found)
        return tl::unexpected(found.error());

    AnalysisResult out;
    const text::Tokenizer& tokenizer = *pipeline.models().tokenizer;
    const double mlp = found->mlp.sum().item<double>();
    const double attention = found->attention.sum().item<double>();
    out.numbers = {{"token", static_cast<double>(found->token), "id"},
                   {"against", static_cast<double>(found->against), "id"},
                   {"position", static_cast<double>(found->position), ""},
                   {"logit_difference", found->logitDifference, "logits"},
                   {"attention", attention, "logits"},
                   {"mlp", mlp, "logits"},
                   {"embedding", found->embedding, "logits"},
                   {"closure_error", found->closureError(), "logits"},
                   {"recomputation_error_layer", found->error, "of the largest value"}};
    AnalysisTable terms{"terms", {"term", "logits", "tokens", "logits_per_token"}, {}};
    const std::vector<Segment> segments = segmentsOf(record);
    const at::Tensor bySegment = found->attention.sum({0, 1});
    for (std::size_t s = 0; s < segments.size(); ++s) {
        // Positions behind the row have no part in it.
        const std::int64_t count = std::min(segments[s].end, found->position + 1) - segments[s].begin;
        if (count <= 0)
            continue;
        const double value = bySegment[static_cast<std::int64_t>(s)].item<double>();
        terms.rows.push_back({"attention to " + segments[s].name, value, static_cast<double>(count),
                              value / static_cast<double>(count)});
    }
    terms.rows.push_back({std::string("MLPs"), mlp, std::string(), std::string()});
    terms.rows.push_back({std::string("input"), found->embedding, std::string(), std::string()});
    AnalysisTable words{"words", {"role", "id", "word"}, {}};
    words.rows.push_back({std::string("token"), static_cast<double>(found->token), wordOf(tokenizer, found->token)});
    words.rows.push_back(
        {std::string("against"), static_cast<double>(found->against), wordOf(tokenizer, found->against)});
    AnalysisTable names{"segments", {"index", "segment"}, {}};
    for (std::size_t s = 0; s < segments.size(); ++s)
        names.rows.push_back({static_cast<double>(s), segments[s].name});
    out.tables = {std::move(terms), std::move(words), std::move(names)};
    out.arrays["attention"] = {{"layer", "head", "segment"}, tensors::snapshotFromTensor(found->attention)};
    out.arrays["per_key"] = {{"key"}, tensors::snapshotFromTensor(found->perKey)};
    out.arrays["mlp"] = {{"layer"}, tensors::snapshotFromTensor(found->mlp)};
    out.cautions.emplace_back(
        "direct paths only: what a segment does through later layers' heads and MLPs is not in its term, so terms are "
        "no total effects");
    if (std::abs(found->closureError()) > 0.01 * std::max(1.0, std::abs(found->logitDifference)))
        out.cautions.push_back(
            fmt::format("the terms miss the logit difference by {:.3g}: the number format is coarse, read small terms "
                        "as noise",
                        found->closureError()));
    addError(found->run, out);
    return out;
}

}  // namespace armillary::study
