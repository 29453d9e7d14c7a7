#include "study/vision_attention.h"

#include "nn/attention.h"
#include "records/shown_media.h"
#include "study/forced_pass.h"
#include "tensors/tap.h"
#include "tensors/weights.h"
#include "vision/image_input.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

namespace armillary::study {
namespace {

constexpr std::int64_t kBlockWeights = std::int64_t{16} << 20;

// Keeps the input of one layer and the tower's output.
class LayerTap final : public tensors::TapSink {
public:
    explicit LayerTap(std::int64_t layer) : m_layer(static_cast<int>(layer)) {}
    [[nodiscard]] bool wants(tensors::TapPoint point, int layer) const override
    {
        return point == tensors::TapPoint::VisionOutput ||
               (point == tensors::TapPoint::VisionHidden && layer == m_layer);
    }
    void take(tensors::TapPoint point, int, const at::Tensor& tensor) override
    {
        (point == tensors::TapPoint::VisionOutput ? m_output : m_input) = tensor.squeeze(0).clone();
    }
    [[nodiscard]] const at::Tensor& input() const { return m_input; }    // [P,Dv]
    [[nodiscard]] const at::Tensor& output() const { return m_output; }  // [P,Dv]

private:
    int m_layer;
    at::Tensor m_input;
    at::Tensor m_output;
};

// The frame of a clip that SigLIP saw.
Result<const Image*> seenFrame(const Question& question, std::int32_t media)
{
    if (media < 0 || media >= static_cast<std::int32_t>(question.media.size()))
        return fail(ErrorCode::InvalidInput,
                    fmt::format("there is no picture {}: the question has {}", media, question.media.size()));
    const Clip& clip = question.media[static_cast<std::size_t>(media)];
    if (clip.frames.empty())
        return fail(ErrorCode::InvalidInput, "the record has lost its picture: bring it back to " + clip.path);
    const Image* seen = stillPicture(question, media);
    if (seen == nullptr)
        return fail(ErrorCode::InvalidInput, "the record has lost its grid's picture: ask again about " + clip.path);
    return seen;
}

Result<void> checkRange(const std::string& what, std::int64_t value, std::int64_t lowest, std::int64_t count)
{
    if (value < lowest || value >= count)
        return fail(ErrorCode::InvalidInput,
                    fmt::format("there is no {} {}: they go from 0 to {}", what, value, count - 1));
    return {};
}

// 1 / n at each of the n patches that the query is made of, else 0: [P].
at::Tensor queryWeights(const VisionAttentionRequest& request, std::int64_t side, std::int64_t tokensPerSide)
{
    const std::int64_t pool = request.byToken ? side / tokensPerSide : 1;
    at::Tensor grid = at::zeros({side, side}, at::kFloat);
    grid.slice(0, request.row * pool, (request.row + 1) * pool)
        .slice(1, request.column * pool, (request.column + 1) * pool)
        .fill_(1.0 / static_cast<double>(pool * pool));
    return grid.flatten();
}

}  // namespace

Result<VisionAttention> visionAttention(pipeline::QuestionPipeline& pipeline, const RunRecord& record,
                                        const VisionAttentionRequest& request, RunObserver& observer,
                                        const std::stop_token& stop)
{
    const pipeline::LoadedModels& models = pipeline.models();
    if (auto fits = checkModels(models, record); !fits)
        return tl::unexpected(fits.error());
    const auto frame = seenFrame(record.question, request.media);
    if (!frame)
        return tl::unexpected(frame.error());
    const auto input = models.family->pictureInput(**frame, record.question.panAndScan);
    if (!input)
        return tl::unexpected(input.error());
    const vision::SiglipEncoder& siglip = *models.siglip;
    const std::int64_t side = siglip.config().patchesPerSide();
    const std::int64_t tokensPerSide = vision::tokensPerSide(models.family->tokensPerCrop());
    const std::int64_t cells = request.byToken ? tokensPerSide : side;
    const bool hasQuery = request.row >= 0 || request.column >= 0;
    for (const auto& fits : {checkRange("crop", request.crop, 0, input->pixelValues.size(0)),
                             checkRange("layer", request.layer, 0, siglip.config().layerCount),
                             checkRange("head", request.head, -1, siglip.config().heads),
                             checkRange("row", request.row, hasQuery ? 0 : -1, cells),
                             checkRange("column", request.column, hasQuery ? 0 : -1, cells)}) {
        if (!fits)
            return tl::unexpected(fits.error());
    }
    LayerTap tap(request.layer);
    const auto encoded = siglip.encode(input->pixelValues.narrow(0, request.crop, 1), tap, observer, stop);
    if (!encoded)
        return tl::unexpected(encoded.error());
    const vision::SiglipEncoder::Heads heads = siglip.heads(request.layer, tap.input());
    const auto kernel = nn::attendToAll(heads.query, heads.key, heads.value, siglip.scoreScale(), stop);  // [P,heads*C]
    if (!kernel)
        return tl::unexpected(kernel.error());

    VisionAttention out;
    const std::int64_t patches = side * side;
    for (std::int64_t head = 0; head < siglip.config().heads; ++head) {
        if (request.head < 0 || head == request.head)
            out.heads.push_back(head);
    }
    const auto headCount = static_cast<std::int64_t>(out.heads.size());
    const std::int64_t fitting = std::clamp<std::int64_t>(kBlockWeights / patches, 1, patches);
    const std::int64_t blockRows = request.blockRows > 0 ? request.blockRows : fitting;
    const at::TensorOptions options = kernel->options().dtype(at::kFloat);
    const at::Tensor query = hasQuery ? queryWeights(request, side, tokensPerSide).to(options.device()) : at::Tensor();
    at::Tensor received = at::zeros({headCount, patches}, options);
    at::Tensor entropy = at::zeros({headCount, patches}, options);
    at::Tensor map = at::zeros({patches}, options);
    const at::Tensor mixed = kernel->to(at::kFloat).view({patches, siglip.config().heads, -1});  // [P,heads,C]
    double largestError = 0;
    double largest = 0;
    for (std::int64_t i = 0; i < headCount; ++i) {
        observer.onStage("SigLIP attention", i, headCount);
        const std::int64_t head = out.heads[static_cast<std::size_t>(i)];
        const at::Tensor q = heads.query.select(1, head).to(at::kFloat);  // [P,C]
        const at::Tensor k = heads.key.select(1, head).to(at::kFloat);
        const at::Tensor v = heads.value.select(1, head).to(at::kFloat);
        const at::Tensor want = mixed.select(1, head);
        largest = std::max(largest, want.abs().max().item<double>());
        for (std::int64_t first = 0; first < patches; first += blockRows) {
            if (stop.stop_requested())
                return failCancelled();
            const std::int64_t rows = std::min(blockRows, patches - first);
            const at::Tensor logs =
                at::log_softmax(at::matmul(q.narrow(0, first, rows), k.t()) * siglip.scoreScale(), -1);  // [rows,P]
            const at::Tensor weights = logs.exp();
            received[i].add_(weights.sum(0));
            entropy[i].narrow(0, first, rows).copy_((weights * logs).sum(1) / -std::log(2.0));
            if (hasQuery)
                map.add_(at::matmul(query.narrow(0, first, rows), weights));
            largestError = std::max(largestError,
                                    (at::matmul(weights, v) - want.narrow(0, first, rows)).abs().max().item<double>());
        }
    }
    received.div_(static_cast<double>(patches));
    out.error = largest > 0 ? largestError / largest : largestError;
    out.headEntropyBits = entropy.mean(1).cpu();
    out.headReceived = std::get<0>(received.max(1)).cpu();
    out.received = received.mean(0).view({side, side}).cpu();
    out.entropyBits = entropy.mean(0).view({side, side}).cpu();
    if (hasQuery) {
        out.map = (map / static_cast<double>(headCount)).view({side, side}).cpu();
        const std::int64_t pool = side / tokensPerSide;
        out.tokenMap = out.map.view({tokensPerSide, pool, tokensPerSide, pool}).sum({1, 3});
    }
    const auto stored = record.tensors.find(fmt::format("siglip.{}.last_hidden_state", request.media));
    if (stored != record.tensors.end()) {
        const at::Tensor last = tensors::tensorFromSnapshot(stored->second);
        if (last.dim() == 3 && last.size(0) > request.crop && last.size(1) == patches)
            out.runError =
                (last[request.crop].to(at::kFloat) - tap.output().to(at::kFloat).cpu()).abs().max().item<double>();
    }
    return out;
}

AnalysisEntry visionAttentionEntry()
{
    AnalysisEntry entry;
    entry.name = "vision-attention";
    entry.title = "SigLIP's own attention";
    entry.definition = "softmax(q k^T / sqrt(C)) of one layer of the vision tower: a query's row, the mean weight that "
                       "each patch receives, and "
                       "the entropy of each row";
    entry.arguments = {{"media", "0", "index of the picture in the question"},
                       {"crop", "0", "0: the whole picture; pan-and-scan crops from 1"},
                       {"layer", "0", "layer of the tower, from 0"},
                       {"head", "-1", "head, from 0; -1: the mean of all"},
                       {"query", "patch",
                        "patch | token: what row and column count; a token is the mean of the patches pooled into it"},
                       {"row", "-1", "row of the query; -1: no query"},
                       {"column", "-1", "column of the query; -1: no query"}};
    entry.needs = "a picture";
    entry.needsModel = true;
    return entry;
}

Result<AnalysisResult> visionAttentionResult(pipeline::QuestionPipeline& pipeline, const RunRecord& record,
                                             const inspect::AnalysisArguments& arguments, RunObserver& observer,
                                             const std::stop_token& stop)
{
    constexpr std::int64_t kMost = std::int64_t{1} << 30;
    VisionAttentionRequest request;
    const auto query = arguments.choice("query", {"patch", "token"});
    if (!query)
        return tl::unexpected(query.error());
    request.byToken = *query == 1;
    std::int64_t media = 0;
    const struct {
        const char* name;
        std::int64_t lowest;
        std::int64_t* into;
    } numbers[] = {{"media", 0, &media},        {"crop", 0, &request.crop}, {"layer", 0, &request.layer},
                   {"head", -1, &request.head}, {"row", -1, &request.row},  {"column", -1, &request.column}};
    for (const auto& each : numbers) {
        const auto value = arguments.integer(each.name, each.lowest, kMost);
        if (!value)
            return tl::unexpected(value.error());
        *each.into = *value;
    }
    request.media = static_cast<std::int32_t>(media);
    const auto found = visionAttention(pipeline, record, request, observer, stop);
    if (!found)
        return tl::unexpected(found.error());

    AnalysisResult out;
    const auto patches = static_cast<double>(found->received.numel());
    out.numbers = {{"mean_entropy_bits", found->entropyBits.mean().item<double>(), "bits"},
                   {"uniform_entropy_bits", std::log2(patches), "bits"},
                   {"largest_received_lift", found->received.max().item<double>() * patches, "times uniform"},
                   {"recomputation_error_attention", found->error, "of the largest value"}};
    if (found->runError)
        out.numbers.push_back({"recomputation_error_siglip", *found->runError, ""});
    else
        out.cautions.emplace_back(
            "the record holds no SigLIP output (capture vision) to compare the second run of the tower with");
    AnalysisTable table{"heads", {"head", "mean_entropy_bits", "largest_received_lift"}, {}};
    for (std::size_t i = 0; i < found->heads.size(); ++i) {
        const auto at = static_cast<std::int64_t>(i);
        table.rows.push_back({static_cast<double>(found->heads[i]), found->headEntropyBits[at].item<double>(),
                              found->headReceived[at].item<double>() * patches});
    }
    out.tables.push_back(std::move(table));
    const auto put = [&out](const char* name, std::vector<std::string> axes, const at::Tensor& values) {
        if (values.defined())
            out.arrays[name] = {std::move(axes), tensors::snapshotFromTensor(values.contiguous())};
    };
    put("received", {"row", "column"}, found->received);
    put("entropy_bits", {"row", "column"}, found->entropyBits);
    put("map", {"row", "column"}, found->map);
    put("token_map", {"row", "column"}, found->tokenMap);
    out.cautions.emplace_back(
        "patches of flat background often collect attention as registers do (2309.16588): a bright spot there need not "
        "mean that it matters");
    return out;
}

}  // namespace armillary::study
