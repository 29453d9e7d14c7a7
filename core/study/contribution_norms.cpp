#include "study/contribution_norms.h"

#include "study/lens_vocabulary.h"
#include "tensors/weights.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <string>
#include <utility>

namespace armillary::study {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

}  // namespace

Result<ContributionNorms> contributionNorms(pipeline::QuestionPipeline& pipeline, const RunRecord& record,
                                            std::int64_t position, std::optional<std::int64_t> layer,
                                            RunObserver& observer, const std::stop_token& stop)
{
    const auto sequence = forcedSequence(pipeline, record, observer, stop);
    if (!sequence)
        return tl::unexpected(sequence.error());
    const language::LanguageModel& model = *pipeline.models().language;
    const std::int64_t layers = model.config().layerCount;
    if (position < 0 || position >= sequence->rows())
        return fail(ErrorCode::InvalidInput,
                    fmt::format("there is no position {}: prompt and answer have {}", position, sequence->rows()));
    if (layer && (*layer < 0 || *layer >= layers))
        return fail(ErrorCode::InvalidInput,
                    fmt::format("there is no layer {}: layers go from 0 to {}", *layer, layers - 1));
    const auto pass = forcedPass(model, *sequence, {false, {position}, -1}, observer, stop);
    if (!pass)
        return tl::unexpected(pass.error());

    const std::vector<Segment> segments = segmentsOf(record);
    ContributionNorms out;
    std::vector<at::Tensor> norms;
    std::vector<at::Tensor> attention;
    std::vector<at::Tensor> sums;
    for (std::int64_t each = layer.value_or(0); each < (layer ? *layer + 1 : layers); ++each) {
        if (stop.stop_requested())
            return failCancelled();
        observer.onStage("Value-weighted attention", each, layers);
        const RowParts parts = rowParts(model, each, pass->inputs[static_cast<std::size_t>(each)], position,
                                        pass->cache, sequence->blocks);
        const at::Tensor vectors = contributionVectors(model, each, parts);  // [n,D]
        const nn::AttentionMask mask{model.config().isGlobal(each) ? 0 : model.config().slidingWindow,
                                     sequence->blocks};
        const at::Tensor isMasked =
            nn::maskRows(mask, position, 1, parts.keys).squeeze(0).ne(0);  // inside the range of keys, yet not seen
        const auto overAll = [&](const at::Tensor& perKey) {
            at::Tensor all = at::full({sequence->rows()}, kNone, at::kFloat);
            all.slice(0, parts.keys.begin, parts.keys.end).copy_(perKey.cpu().masked_fill(isMasked, kNone));
            return all;
        };
        norms.push_back(overAll(vectors.norm(2, 1)));
        attention.push_back(overAll(parts.attention.mean(0)));
        sums.push_back(sumsOfSegments(vectors.t(), parts.keys.begin, segments).norm(2, 0).cpu());  // [segments]
        out.layers.push_back(each);
        if (each + 1 < layers)
            out.error =
                std::max(out.error, relativeError(parts.output, pass->inputs[static_cast<std::size_t>(each + 1)]));
        else
            out.error =
                std::max(out.error, relativeError(model.finalNorm().forward(parts.output), pass->hidden[position]));
    }
    out.norms = at::stack(norms);
    out.attention = at::stack(attention);
    out.segmentNorms = at::stack(sums);
    out.run = recomputationError(model, *sequence, *pass, record);
    return out;
}

AnalysisEntry contributionNormsEntry()
{
    AnalysisEntry entry;
    entry.name = "value-weighted-attention";
    entry.title = "Attention weighted by what it carries";
    entry.definition =
        "||sum_h A_ij V_j W_O,h|| of one query row, with the norm behind attention frozen at its scale of the run "
        "(Kobayashi et al., 2004.10102)";
    entry.arguments = {{"position", "-1", "query position in prompt and answer; -1: the prompt's last one"},
                       {"layer", "all", "all, or a number from 0"}};
    entry.needsModel = true;
    return entry;
}

Result<AnalysisResult> contributionNormsResult(pipeline::QuestionPipeline& pipeline, const RunRecord& record,
                                               const inspect::AnalysisArguments& arguments, RunObserver& observer,
                                               const std::stop_token& stop)
{
    constexpr std::int64_t kMost = std::int64_t{1} << 40;
    const auto given = arguments.integer("position", -1, kMost);
    if (!given)
        return tl::unexpected(given.error());
    std::optional<std::int64_t> layer;
    if (arguments.text("layer") != "all") {
        const auto chosen = arguments.integer("layer", 0, kMost);
        if (!chosen)
            return tl::unexpected(chosen.error());
        layer = *chosen;
    }
    const std::int64_t position = *given >= 0 || !record.layout ? *given : record.layout->size() - 1;
    const auto found = contributionNorms(pipeline, record, position, layer, observer, stop);
    if (!found)
        return tl::unexpected(found.error());

    AnalysisResult out;
    const std::vector<Segment> segments = segmentsOf(record);
    AnalysisTable table{"segments", {"layer", "segment", "norm_of_sum", "norm_share", "attention_mass"}, {}};
    for (std::size_t i = 0; i < found->layers.size(); ++i) {
        const auto row = static_cast<std::int64_t>(i);
        const at::Tensor norms = at::nan_to_num(found->norms[row], 0);
        const double total = norms.sum().item<double>();
        const at::Tensor shares = sumsOfSegments(norms, 0, segments);
        const at::Tensor masses = sumsOfSegments(at::nan_to_num(found->attention[row], 0), 0, segments);
        for (std::size_t s = 0; s < segments.size(); ++s) {
            const auto column = static_cast<std::int64_t>(s);
            table.rows.push_back({static_cast<double>(found->layers[i]), segments[s].name,
                                  found->segmentNorms[row][column].item<double>(),
                                  cellOrBlank(total > 0 ? shares[column].item<double>() / total : kNone),
                                  masses[column].item<double>()});
        }
    }
    out.tables = {std::move(table)};
    out.arrays["norms"] = {{"layer", "key"}, tensors::snapshotFromTensor(found->norms)};
    out.arrays["attention"] = {{"layer", "key"}, tensors::snapshotFromTensor(found->attention)};
    out.numbers.push_back({"position", static_cast<double>(position), ""});
    out.numbers.push_back({"recomputation_error_layer", found->error, "of the largest value"});
    out.cautions.emplace_back(
        "keys that the row cannot see are NaN, not 0; norms of segments do not add up, their vectors do");
    addError(found->run, out);
    return out;
}

}  // namespace armillary::study
