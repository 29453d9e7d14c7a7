#include "study/nearest_words.h"

#include "study/forced_pass.h"
#include "study/lens_vocabulary.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <utility>

namespace armillary::study {
namespace {

// Positions that `request` asks about, before any is left out.
Result<std::vector<std::int64_t>> askedPositions(const ForcedSequence& sequence, const NearestWordsRequest& request)
{
    if (request.position) {
        if (*request.position < 0 || *request.position >= sequence.rows())
            return fail(ErrorCode::InvalidInput, fmt::format("there is no position {}: prompt and answer have {}",
                                                             *request.position, sequence.rows()));
        return std::vector<std::int64_t>{*request.position};
    }
    std::vector<std::int64_t> out;
    for (std::int64_t row = 0; row < sequence.rows(); ++row) {
        if (!request.kind || sequence.kinds[static_cast<std::size_t>(row)] == *request.kind)
            out.push_back(row);
    }
    if (out.empty())
        return fail(ErrorCode::InvalidInput, fmt::format("the run has no {} tokens", tokenKindName(*request.kind)));
    return out;
}

// Vectors [n,D] of `rows` at `layer`, float32 on the CPU.
Result<at::Tensor> vectorsAt(const language::LanguageModel& model, const ForcedSequence& sequence,
                             const std::vector<std::int64_t>& rows, std::int64_t layer, RunObserver& observer,
                             const std::stop_token& stop)
{
    const at::Tensor index = at::tensor(rows, at::kLong);
    const auto chosen = [&index](const at::Tensor& all) {
        return all.index_select(0, index.to(all.device())).to(at::kFloat).cpu();
    };
    if (layer == 0)
        return chosen(sequence.embeds);
    const bool isLast = layer == model.config().layerCount;
    const auto pass =
        forcedPass(model, sequence, {false, isLast ? std::vector<std::int64_t>() : rows, layer}, observer, stop);
    if (!pass)
        return tl::unexpected(pass.error());
    return isLast ? chosen(pass->hidden) : pass->inputs[static_cast<std::size_t>(layer)].to(at::kFloat).cpu();
}

}  // namespace

Result<NearestWordsOfRun> nearestWords(pipeline::QuestionPipeline& pipeline, const RunRecord& record,
                                       const NearestWordsRequest& request, RunObserver& observer,
                                       const std::stop_token& stop)
{
    const auto sequence = forcedSequence(pipeline, record, observer, stop);
    if (!sequence)
        return tl::unexpected(sequence.error());
    const language::LanguageModel& model = *pipeline.models().language;
    if (request.layer < 0 || request.layer > model.config().layerCount)
        return fail(ErrorCode::InvalidInput,
                    fmt::format("there is no layer {}: layers go from 0 (the input) to {} (behind the last)",
                                request.layer, model.config().layerCount));
    const auto asked = askedPositions(*sequence, request);
    if (!asked)
        return tl::unexpected(asked.error());
    NearestWordsOfRun out;
    const auto count = static_cast<std::int64_t>(asked->size());
    for (const std::int64_t each : embedding::evenlyChosen(count, request.most))
        out.positions.push_back((*asked)[static_cast<std::size_t>(each)]);
    out.left = count - static_cast<std::int64_t>(out.positions.size());
    const auto vectors = vectorsAt(model, *sequence, out.positions, request.layer, observer, stop);
    if (!vectors)
        return tl::unexpected(vectors.error());
    out.error = embedsError(*sequence, record);

    const at::Tensor flat = vectors->contiguous();
    embedding::Matrix matrix{flat.size(0),
                             flat.size(1),
                             {flat.const_data_ptr<float>(), flat.const_data_ptr<float>() + flat.numel()}};
    const std::vector<std::int64_t> finite = embedding::finiteRows(matrix);
    out.broken = matrix.rows - static_cast<std::int64_t>(finite.size());
    if (finite.empty())
        return fail(ErrorCode::InvalidInput, "none of the vectors is finite: there is nothing to compare with words");
    if (out.broken > 0) {
        matrix = embedding::chosenRows(matrix, finite);
        std::vector<std::int64_t> kept;
        for (const std::int64_t row : finite)
            kept.push_back(out.positions[static_cast<std::size_t>(row)]);
        out.positions = std::move(kept);
    }

    const at::Tensor& words = model.embeddingTable();
    embedding::EmbeddingTable table;
    table.rows = sequence->vocabularyRows > 0 ? std::min(sequence->vocabularyRows, words.size(0)) : words.size(0);
    table.columns = words.size(1);
    table.read = [&](std::int64_t first, std::int64_t rows, float* into) {
        observer.onStage("Nearest words", first, table.rows);
        const at::Tensor block = words.narrow(0, first, rows).to(at::kFloat).cpu().contiguous();
        std::memcpy(into, block.const_data_ptr<float>(), block.nbytes());
    };
    auto found = embedding::nearestWords(matrix, table, request.options, stop);
    if (!found)
        return tl::unexpected(found.error());
    out.words = std::move(*found);
    return out;
}

AnalysisEntry nearestWordsEntry()
{
    AnalysisEntry entry;
    entry.name = "nearest-words";
    entry.title = "Nearest vocabulary words";
    entry.definition = "top-k cosine of a token's vector with the rows of the embedding table, and the same for "
                       "Gaussian noise of the tokens' "
                       "mean and covariance";
    entry.arguments = {{"tokens", "image", "text | control | image | world | bracket | generated | all, or a position"},
                       {"layer", "0", "0: as they enter the model; l: the output of layer l-1; the last one is normed"},
                       {"most", "256", "positions at most, spread evenly, 1 to 100000"},
                       {"top", "5", "words a token, 1 to 100"},
                       {"draws", "200", "vectors of noise, 0 to 10000"},
                       {"seed", "0", "of the noise"}};
    entry.needsModel = true;
    return entry;
}

Result<AnalysisResult> nearestWordsResult(pipeline::QuestionPipeline& pipeline, const RunRecord& record,
                                          const inspect::AnalysisArguments& arguments, RunObserver& observer,
                                          const std::stop_token& stop)
{
    constexpr std::int64_t kMost = std::int64_t{1} << 40;
    NearestWordsRequest request;
    const std::string& tokens = arguments.text("tokens");
    for (const TokenKind kind : {TokenKind::Text, TokenKind::Control, TokenKind::Image, TokenKind::World,
                                 TokenKind::Bracket, TokenKind::Generated}) {
        if (tokens == tokenKindName(kind))
            request.kind = kind;
    }
    if (!request.kind && tokens != "all") {
        const auto position = arguments.integer("tokens", 0, kMost);
        if (!position)
            return fail(ErrorCode::InvalidInput,
                        fmt::format("nearest-words: tokens is '{}', it must be a kind of tokens, all, or a "
                                    "position",
                                    tokens));
        request.position = *position;
    }
    std::int64_t seed = 0;
    const struct {
        const char* name;
        std::int64_t lowest;
        std::int64_t highest;
        std::int64_t* into;
    } numbers[] = {{"layer", 0, kMost, &request.layer},
                   {"most", 1, 100000, &request.most},
                   {"top", 1, 100, &request.options.count},
                   {"draws", 0, 10000, &request.options.noiseDraws},
                   {"seed", 0, kMost, &seed}};
    for (const auto& each : numbers) {
        const auto value = arguments.integer(each.name, each.lowest, each.highest);
        if (!value)
            return tl::unexpected(value.error());
        *each.into = *value;
    }
    request.options.seed = static_cast<std::uint64_t>(seed);
    const auto found = nearestWords(pipeline, record, request, observer, stop);
    if (!found)
        return tl::unexpected(found.error());

    AnalysisResult out;
    const text::Tokenizer& tokenizer = *pipeline.models().tokenizer;
    const embedding::NearestWords& words = found->words;
    out.numbers = {{"tokens", static_cast<double>(found->positions.size()), "tokens"},
                   {"mean_best_cosine", words.meanBest, ""},
                   {"noise_mean_best_cosine", words.noiseMean, ""},
                   {"noise_95_best_cosine", words.noiseHigh, ""},
                   {"share_beyond_noise", words.beyondNoise, ""},
                   {"share_of_words_noise_finds_too", words.sharedWords, ""}};
    if (!std::isnan(found->error))
        out.numbers.push_back({"recomputation_error_embeds", found->error, ""});
    AnalysisTable table{"words", {"position", "rank", "id", "word", "cosine", "p_value"}, {}};
    const std::int64_t count = words.tokens.count;
    for (std::size_t i = 0; i < found->positions.size(); ++i) {
        for (std::int64_t k = 0; k < count; ++k) {
            const std::size_t at = i * static_cast<std::size_t>(count) + static_cast<std::size_t>(k);
            const AnalysisCell p =
                k == 0 && i < words.pValues.size() ? cellOrBlank(words.pValues[i]) : AnalysisCell(std::string());
            table.rows.push_back({static_cast<double>(found->positions[i]), static_cast<double>(k),
                                  static_cast<double>(words.tokens.ids[at]), wordOf(tokenizer, words.tokens.ids[at]),
                                  static_cast<double>(words.tokens.cosines[at]), p});
        }
    }
    AnalysisTable noise{"noise_words", {"draw", "rank", "id", "word", "cosine"}, {}};
    for (std::size_t at = 0; at < words.noise.ids.size(); ++at) {
        const auto each = static_cast<std::int64_t>(at);
        noise.rows.push_back({static_cast<double>(each / words.noise.count),
                              static_cast<double>(each % words.noise.count), static_cast<double>(words.noise.ids[at]),
                              wordOf(tokenizer, words.noise.ids[at]), static_cast<double>(words.noise.cosines[at])});
    }
    out.tables = {std::move(table), std::move(noise)};
    out.cautions = words.cautions;
    if (found->left > 0)
        out.cautions.push_back(
            fmt::format("{} further positions were left out, the rest is spread evenly over them", found->left));
    if (found->broken > 0)
        out.cautions.push_back(
            fmt::format("{} positions hold numbers that are not finite and were left out", found->broken));
    return out;
}

}  // namespace armillary::study
