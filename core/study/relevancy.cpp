#include "study/relevancy.h"

#include "language/decoder_backward.h"
#include "study/contribution_rows.h"
#include "study/lens_vocabulary.h"
#include "tensors/weights.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <string>
#include <utility>
#include <vector>

namespace armillary::study {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

// dy/d(state after the final norm) [1,D], and y with the token it is compared with.
struct Seed {
    at::Tensor gradient;
    double value = 0;
    std::int64_t against = -1;
};

Result<Seed> seedOf(const language::LanguageModel& model, const at::Tensor& hidden, std::int64_t token,
                    const RelevancyRequest& request, std::int64_t vocabularyRows)
{
    const std::int64_t table = model.headTable().size(0);
    const std::int64_t used = vocabularyRows > 0 ? std::min(vocabularyRows, table) : table;
    const at::Tensor logits = model.logits(hidden, used).squeeze(0);  // [used]
    if (token < 0 || token >= used)
        return fail(ErrorCode::InvalidInput,
                    fmt::format("token {} lies past the {} rows of the vocabulary in use", token, used));
    const auto wordRow = [&](std::int64_t id) { return model.headTable().narrow(0, id, 1).to(at::kFloat); };
    Seed out;
    out.value = logits[token].item<double>();
    out.gradient = wordRow(token);
    if (request.target == RelevancyTarget::Difference) {
        out.against = request.against;
        if (out.against < 0) {
            at::Tensor others = logits.clone();
            others[token] = -std::numeric_limits<float>::infinity();
            out.against = others.argmax().item<std::int64_t>();
        }
        if (out.against >= used || out.against == token)
            return fail(ErrorCode::InvalidInput,
                        fmt::format("token {} cannot be compared with token {}: give another id below {}", token,
                                    out.against, used));
        out.value -= logits[out.against].item<double>();
        out.gradient = out.gradient - wordRow(out.against);
    } else if (request.target == RelevancyTarget::LogProbability) {
        out.value = at::log_softmax(logits, 0)[token].item<double>();
        const nn::Linear words(model.headTable().narrow(0, 0, used));
        out.gradient = out.gradient - language::linearBackward(words, at::softmax(logits, 0).unsqueeze(0));
    }
    return out;
}

}  // namespace

Result<Relevancy> relevancy(pipeline::QuestionPipeline& pipeline, const RunRecord& record,
                            const RelevancyRequest& request, RunObserver& observer, const std::stop_token& stop)
{
    const auto whole = forcedSequence(pipeline, record, observer, stop);
    if (!whole)
        return tl::unexpected(whole.error());
    if (request.index < 0 || request.index >= whole->answerRows())
        return fail(ErrorCode::InvalidInput, fmt::format("there is no answer token {}: the run generated {}",
                                                         request.index, whole->answerRows()));
    const language::LanguageModel& model = *pipeline.models().language;
    const std::int64_t layers = model.config().layerCount;
    Relevancy out;
    out.position = whole->promptRows - 1 + request.index;
    out.token = whole->targets[static_cast<std::size_t>(out.position + 1)];
    const ForcedSequence sequence = firstRows(*whole, out.position + 1);
    const std::int64_t rows = sequence.rows();
    KeptInputs kept;
    kept.everyRow = true;
    auto pass = forcedPass(model, sequence, kept, observer, stop);
    if (!pass)
        return tl::unexpected(pass.error());
    out.run = recomputationError(model, sequence, *pass, record);
    const auto seed =
        seedOf(model, pass->hidden.narrow(0, out.position, 1), out.token, request, sequence.vocabularyRows);
    if (!seed)
        return tl::unexpected(seed.error());
    out.value = seed->value;
    out.against = seed->against;

    const at::TensorOptions options = seed->gradient.options();
    // The state before the final norm: the pass keeps it only normed.
    const at::Tensor last = rowParts(model, layers - 1, pass->inputs.back().narrow(0, out.position, 1), out.position,
                                     pass->cache, sequence.blocks)
                                .output;
    at::Tensor gradient = at::zeros({rows, last.size(0)}, options);  // [rows,D] of the current layer's output
    gradient[out.position] = language::rmsNormBackward(model.finalNorm(), last.unsqueeze(0), seed->gradient).squeeze(0);
    at::Tensor row = at::zeros({rows}, options);
    row[out.position] = 1;
    out.byLayer = at::zeros({layers, whole->rows()}, at::kFloat);
    pass->cache = {};  // the layers compute their keys and values again
    for (std::int64_t layer = layers - 1; layer >= 0; --layer) {
        observer.onStage("Relevancy", layers - 1 - layer, layers);
        const nn::AttentionMask mask{model.config().isGlobal(layer) ? 0 : model.config().slidingWindow,
                                     sequence.blocks};
        const nn::RotaryTable turn = model.rotary(layer, 0, rows);
        const at::Tensor& input = pass->inputs[static_cast<std::size_t>(layer)];
        at::Tensor added = at::zeros({rows}, options);
        const auto visit = [&](const language::AttentionTile& tile) {
            const at::Tensor positive = (tile.weights * tile.gradient).clamp_min(0).mean(0);  // [n,keys]
            const at::Tensor part = row.narrow(0, tile.first, positive.size(0));
            added.slice(0, tile.keys.begin, tile.keys.end).add_(at::matmul(part, positive));
        };
        auto below = language::backward(model.layer(layer), input, gradient, {mask, turn, stop, visit});
        if (!below)
            return tl::unexpected(below.error());
        out.attentionError = std::max(out.attentionError, below->attentionError);
        out.error =
            std::max(out.error, layer + 1 < layers
                                    ? relativeError(below->output, pass->inputs[static_cast<std::size_t>(layer + 1)])
                                    : relativeError(model.finalNorm().forward(below->output), pass->hidden));
        gradient = std::move(below->gradient);
        row = row + added;
        out.byLayer[layer].slice(0, 0, rows).copy_(added);
    }
    out.inputGradient = gradient.cpu();
    row[out.position] -= 1;
    out.relevance = at::zeros({whole->rows()}, at::kFloat);
    out.relevance.slice(0, 0, rows).copy_(row);
    return out;
}

AnalysisEntry relevancyEntry()
{
    AnalysisEntry entry;
    entry.name = "relevancy";
    entry.title = "Relevancy for an answer token";
    entry.definition = "row of R, R <- R + mean over heads of (dy/dA * A)+ R, from the top layer down (Chefer et al., "
                       "2103.15679), without "
                       "the identity it starts from";
    entry.arguments = {{"token", "0", "answer token, 0 the first"},
                       {"target", "logit",
                        "logit | difference | log-probability: the number y whose gradient is taken"},
                       {"against", "-1", "vocabulary id of a difference; -1: the likeliest other one"}};
    entry.needsModel = true;
    return entry;
}

Result<AnalysisResult> relevancyResult(pipeline::QuestionPipeline& pipeline, const RunRecord& record,
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
    const auto target = arguments.choice("target", {"logit", "difference", "log-probability"});
    if (!target)
        return tl::unexpected(target.error());
    const RelevancyRequest request{*token, static_cast<RelevancyTarget>(*target), *against};
    const auto found = relevancy(pipeline, record, request, observer, stop);
    if (!found)
        return tl::unexpected(found.error());

    AnalysisResult out;
    const text::Tokenizer& tokenizer = *pipeline.models().tokenizer;
    out.numbers = {{"token", static_cast<double>(found->token), "id"},
                   {"position", static_cast<double>(found->position), ""},
                   {"target", found->value, *target == 2 ? "nats" : "logits"},
                   {"recomputation_error_layer", found->error, "of the largest value"},
                   {"recomputation_error_attention", found->attentionError, "of the largest value"}};
    if (found->against >= 0)
        out.numbers.push_back({"against", static_cast<double>(found->against), "id"});
    const std::vector<Segment> segments = segmentsOf(record);
    const double total = found->relevance.sum().item<double>();
    const at::Tensor sums = sumsOfSegments(found->relevance, 0, segments);
    AnalysisTable table{"segments", {"segment", "relevancy", "share", "lift"}, {}};
    const auto visible = static_cast<double>(found->position + 1);
    for (std::size_t s = 0; s < segments.size(); ++s) {
        const std::int64_t count = std::min(segments[s].end, found->position + 1) - segments[s].begin;
        if (count <= 0)
            continue;
        const double value = sums[static_cast<std::int64_t>(s)].item<double>();
        const double share = total > 0 ? value / total : kNone;
        table.rows.push_back(
            {segments[s].name, value, cellOrBlank(share), cellOrBlank(share / static_cast<double>(count) * visible)});
    }
    out.tables.push_back(std::move(table));
    out.tables.push_back(
        {"words",
         {"role", "id", "word"},
         {{std::string("token"), static_cast<double>(found->token), wordOf(tokenizer, found->token)}}});
    if (found->against >= 0)
        out.tables.back().rows.push_back(
            {std::string("against"), static_cast<double>(found->against), wordOf(tokenizer, found->against)});
    out.arrays["relevancy"] = {{"position"}, tensors::snapshotFromTensor(found->relevance)};
    out.arrays["by_layer"] = {{"layer", "position"}, tensors::snapshotFromTensor(found->byLayer)};
    if (!at::isfinite(found->relevance).all().item<bool>())
        out.cautions.emplace_back("some gradients are not finite: relevancy there says nothing");
    else if (total <= 0)
        out.cautions.emplace_back("no attention weight has a positive gradient: there is no relevancy to share out");
    out.cautions.emplace_back(
        "a first-order heuristic of attention paths: negative effects are cut off and MLPs only enter through "
        "gradients; check it with an intervention");
    addError(found->run, out);
    return out;
}

}  // namespace armillary::study
