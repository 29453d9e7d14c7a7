#include "study/lens_layers.h"

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

// The token that stands behind row `row`, or `target` where one is given.
std::int64_t targetBehind(const ForcedSequence& sequence, std::int64_t row, std::int64_t target)
{
    if (target >= 0)
        return target;
    return row + 1 < sequence.rows() ? sequence.targets[static_cast<std::size_t>(row + 1)] : -1;
}

Result<ForcedSequence> checkedSequence(pipeline::QuestionPipeline& pipeline, const RunRecord& record,
                                       std::int64_t target, std::int64_t layer, RunObserver& observer,
                                       const std::stop_token& stop)
{
    auto sequence = forcedSequence(pipeline, record, observer, stop);
    if (!sequence)
        return sequence;
    const language::LanguageModel& model = *pipeline.models().language;
    if (layer < 0 || layer > model.config().layerCount)
        return fail(ErrorCode::InvalidInput,
                    fmt::format("there is no layer {}: layers go from 0 (the input) to {} (behind the last)", layer,
                                model.config().layerCount));
    if (target >= model.headTable().size(0))
        return fail(ErrorCode::InvalidInput,
                    fmt::format("there is no token {}: ids go up to {}", target, model.headTable().size(0) - 1));
    return sequence;
}

}  // namespace

Result<LensReading> lensOfPosition(pipeline::QuestionPipeline& pipeline, const RunRecord& record, std::int64_t position,
                                   std::optional<std::int64_t> layer, std::int64_t target, std::int64_t top,
                                   RunObserver& observer, const std::stop_token& stop)
{
    const auto sequence = checkedSequence(pipeline, record, target, layer.value_or(0), observer, stop);
    if (!sequence)
        return tl::unexpected(sequence.error());
    if (position < 0 || position >= sequence->rows())
        return fail(ErrorCode::InvalidInput,
                    fmt::format("there is no position {}: prompt and answer have {}", position, sequence->rows()));
    const language::LanguageModel& model = *pipeline.models().language;
    const std::int64_t last = model.config().layerCount;
    const auto pass = forcedPass(model, *sequence, {false, {position}, layer.value_or(-1)}, observer, stop);
    if (!pass)
        return tl::unexpected(pass.error());
    LensReading out;
    std::vector<at::Tensor> rows;
    for (std::int64_t each = layer.value_or(0); each <= layer.value_or(last); ++each) {
        out.layers.push_back(each);
        out.positions.push_back(position);
        out.targets.push_back(targetBehind(*sequence, position, target));
        rows.push_back(each == last ? pass->hidden.narrow(0, position, 1)
                                    : model.finalNorm().forward(pass->inputs[static_cast<std::size_t>(each)]));
    }
    auto reading = readVocabulary(model, at::cat(rows), out.targets, top, sequence->vocabularyRows, observer, stop);
    if (!reading)
        return tl::unexpected(reading.error());
    out.reading = std::move(*reading);
    out.error = recomputationError(model, *sequence, *pass, record);
    return out;
}

Result<LensReading> lensOfLayer(pipeline::QuestionPipeline& pipeline, const RunRecord& record, std::int64_t layer,
                                std::int64_t target, std::int64_t top, RunObserver& observer,
                                const std::stop_token& stop)
{
    const auto sequence = checkedSequence(pipeline, record, target, layer, observer, stop);
    if (!sequence)
        return tl::unexpected(sequence.error());
    const language::LanguageModel& model = *pipeline.models().language;
    const bool isLast = layer == model.config().layerCount;
    KeptInputs kept;
    kept.everyRow = !isLast;
    kept.layer = layer;
    const auto pass = forcedPass(model, *sequence, kept, observer, stop);
    if (!pass)
        return tl::unexpected(pass.error());
    LensReading out;
    for (std::int64_t row = 0; row < sequence->rows(); ++row) {
        out.layers.push_back(layer);
        out.positions.push_back(row);
        out.targets.push_back(targetBehind(*sequence, row, target));
    }
    const at::Tensor hidden =
        isLast ? pass->hidden : model.finalNorm().forward(pass->inputs[static_cast<std::size_t>(layer)]);
    auto reading = readVocabulary(model, hidden, out.targets, top, sequence->vocabularyRows, observer, stop);
    if (!reading)
        return tl::unexpected(reading.error());
    out.reading = std::move(*reading);
    out.error = recomputationError(model, *sequence, *pass, record);
    return out;
}

AnalysisEntry logitLensEntry()
{
    AnalysisEntry entry;
    entry.name = "logit-lens";
    entry.title = "Words read from hidden states";
    entry.definition =
        "softmax(W_U norm(h_l)) with the final norm (nostalgebraist 2020); layer 0 is the input, layer l the output of "
        "layer l-1, the last one is what the model answers from";
    entry.arguments = {{"position", "-1",
                        "position in prompt and answer, image and world tokens too; -1: the prompt's last one; all: "
                        "every position at one layer"},
                       {"layer", "all", "all, or a number from 0 to the number of layers"},
                       {"target", "-1", "vocabulary id that is followed; -1: the token that stands next"},
                       {"top", "10", "words a row, 1 to 100"}};
    entry.needsModel = true;
    return entry;
}

Result<AnalysisResult> logitLens(pipeline::QuestionPipeline& pipeline, const RunRecord& record,
                                 const inspect::AnalysisArguments& arguments, RunObserver& observer,
                                 const std::stop_token& stop)
{
    constexpr std::int64_t kMost = std::int64_t{1} << 40;
    const auto top = arguments.integer("top", 1, 100);
    if (!top)
        return tl::unexpected(top.error());
    const auto target = arguments.integer("target", -1, kMost);
    if (!target)
        return tl::unexpected(target.error());
    std::optional<std::int64_t> layer;
    if (arguments.text("layer") != "all") {
        const auto given = arguments.integer("layer", 0, kMost);
        if (!given)
            return tl::unexpected(given.error());
        layer = *given;
    }
    const bool isEvery = arguments.text("position") == "all";
    if (isEvery && !layer)
        return fail(ErrorCode::InvalidInput, "logit-lens: position all needs one layer, such as layer 12");
    std::int64_t position = 0;
    if (!isEvery) {
        const auto given = arguments.integer("position", -1, kMost);
        if (!given)
            return tl::unexpected(given.error());
        position = *given >= 0 || !record.layout ? *given : record.layout->size() - 1;
    }
    const auto lens = isEvery ? lensOfLayer(pipeline, record, *layer, *target, *top, observer, stop)
                              : lensOfPosition(pipeline, record, position, layer, *target, *top, observer, stop);
    if (!lens)
        return tl::unexpected(lens.error());

    AnalysisResult out;
    const text::Tokenizer& tokenizer = *pipeline.models().tokenizer;
    const VocabularyReading& reading = lens->reading;
    AnalysisTable words{"words", {"layer", "position", "rank", "id", "word", "probability"}, {}};
    AnalysisTable followed{"target", {"layer", "position", "id", "word", "probability", "rank", "entropy_bits"}, {}};
    for (std::size_t i = 0; i < lens->layers.size(); ++i) {
        const auto row = static_cast<std::int64_t>(i);
        const auto layerCell = static_cast<double>(lens->layers[i]);
        const auto positionCell = static_cast<double>(lens->positions[i]);
        for (std::int64_t k = 0; k < reading.ids.size(1); ++k) {
            const std::int64_t id = reading.ids[row][k].item<std::int64_t>();
            words.rows.push_back({layerCell, positionCell, static_cast<double>(k), static_cast<double>(id),
                                  wordOf(tokenizer, id), cellOrBlank(reading.probabilities[row][k].item<double>())});
        }
        const std::int64_t rank = reading.targetRank[row].item<std::int64_t>();
        const bool hasTarget = lens->targets[i] >= 0;
        followed.rows.push_back({layerCell, positionCell,
                                 cellOrBlank(hasTarget ? static_cast<double>(lens->targets[i]) : kNone),
                                 hasTarget ? wordOf(tokenizer, lens->targets[i]) : std::string(),
                                 cellOrBlank(reading.targetProbability[row].item<double>()),
                                 cellOrBlank(rank < 0 ? kNone : static_cast<double>(rank)),
                                 cellOrBlank(reading.entropyBits[row].item<double>())});
    }
    const std::string axis = isEvery ? "position" : "layer";
    out.arrays["ids"] = {{axis, "rank"}, tensors::snapshotFromTensor(reading.ids)};
    out.arrays["probabilities"] = {{axis, "rank"}, tensors::snapshotFromTensor(reading.probabilities)};
    out.arrays["entropy_bits"] = {{axis}, tensors::snapshotFromTensor(reading.entropyBits)};
    out.arrays["target_probability"] = {{axis}, tensors::snapshotFromTensor(reading.targetProbability)};
    out.tables = {std::move(words), std::move(followed)};
    out.cautions.emplace_back("early layers are not trained to be read this way and mislead; a trained (tuned) lens "
                              "would need its own weights");
    addError(lens->error, out);
    return out;
}

}  // namespace armillary::study
