#include "study/surprisal.h"

#include "tensors/weights.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <string>
#include <utility>

namespace armillary::study {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

struct Sum {
    double bits = 0;
    std::int64_t count = 0;

    void add(double more)
    {
        bits += more;
        ++count;
    }
    [[nodiscard]] double total() const { return count > 0 ? bits : kNone; }
    [[nodiscard]] double mean() const { return count > 0 ? bits / static_cast<double>(count) : kNone; }
};

std::string pieceAt(const ForcedSequence& sequence, std::int64_t row)
{
    return sequence.pieces[static_cast<std::size_t>(row)];
}

std::string kindAt(const ForcedSequence& sequence, std::int64_t row)
{
    return std::string(tokenKindName(sequence.kinds[static_cast<std::size_t>(row)]));
}

}  // namespace

Result<SurprisalRows> surprisalRows(const language::LanguageModel& model, const ForcedSequence& sequence,
                                    bool answerOnly, std::int64_t top, const RunRecord& record, RunObserver& observer,
                                    const std::stop_token& stop)
{
    const auto pass = forcedPass(model, sequence, {}, observer, stop);
    if (!pass)
        return tl::unexpected(pass.error());
    SurprisalRows out;
    std::vector<std::int64_t> before;
    std::vector<std::int64_t> targets;
    for (std::int64_t row = answerOnly ? std::max<std::int64_t>(1, sequence.promptRows) : 1; row < sequence.rows();
         ++row) {
        const std::int64_t target = sequence.targets[static_cast<std::size_t>(row)];
        if (target < 0)
            continue;
        out.rows.push_back(row);
        before.push_back(row - 1);
        targets.push_back(target);
    }
    const at::Tensor hidden = pass->hidden.index_select(0, at::tensor(before, at::kLong).to(pass->hidden.device()));
    auto reading = readVocabulary(model, hidden, targets, top, sequence.vocabularyRows, observer, stop);
    if (!reading)
        return tl::unexpected(reading.error());
    out.reading = std::move(*reading);
    out.error = recomputationError(model, sequence, *pass, record);
    return out;
}

Result<SurprisalChange> surprisalChange(pipeline::QuestionPipeline& pipeline, const RunRecord& record,
                                        WorldAblation ablation, RunObserver& observer, const std::stop_token& stop)
{
    const auto with = forcedSequence(pipeline, record, observer, stop);
    if (!with)
        return tl::unexpected(with.error());
    const auto without = withoutWorld(*with, ablation);
    if (!without)
        return tl::unexpected(without.error());
    const language::LanguageModel& model = *pipeline.models().language;
    const auto first = surprisalRows(model, *with, false, 1, record, observer, stop);
    if (!first)
        return tl::unexpected(first.error());
    const auto second = surprisalRows(model, *without, false, 1, record, observer, stop);
    if (!second)
        return tl::unexpected(second.error());

    std::map<std::int64_t, double> bitsWithout;
    for (std::size_t i = 0; i < second->rows.size(); ++i)
        bitsWithout[without->positions[static_cast<std::size_t>(second->rows[i])]] =
            second->reading.targetBits[static_cast<std::int64_t>(i)].item<double>();
    SurprisalChange out;
    out.error = first->error;
    for (std::size_t i = 0; i < first->rows.size(); ++i) {
        const std::int64_t position = with->positions[static_cast<std::size_t>(first->rows[i])];
        const auto other = bitsWithout.find(position);
        if (other == bitsWithout.end())
            continue;
        out.positions.push_back(position);
        out.withBits.push_back(first->reading.targetBits[static_cast<std::int64_t>(i)].item<double>());
        out.withoutBits.push_back(other->second);
    }
    return out;
}

AnalysisEntry surprisalEntry()
{
    AnalysisEntry entry;
    entry.name = "surprisal";
    entry.title = "Probability and surprisal of each token";
    entry.definition =
        "-log2 p(x_t | everything before), in bits, of generated and prompt text tokens in one forced pass; image and "
        "world tokens have no target and stay blank";
    entry.arguments = {{"scope", "all", "all | answer: which tokens are scored"},
                       {"top", "5", "alternatives a token, 1 to 50"}};
    entry.needsModel = true;
    return entry;
}

Result<AnalysisResult> surprisal(pipeline::QuestionPipeline& pipeline, const RunRecord& record,
                                 const inspect::AnalysisArguments& arguments, RunObserver& observer,
                                 const std::stop_token& stop)
{
    const auto scope = arguments.choice("scope", {"all", "answer"});
    if (!scope)
        return tl::unexpected(scope.error());
    const auto top = arguments.integer("top", 1, 50);
    if (!top)
        return tl::unexpected(top.error());
    const auto sequence = forcedSequence(pipeline, record, observer, stop);
    if (!sequence)
        return tl::unexpected(sequence.error());
    const auto scored =
        surprisalRows(*pipeline.models().language, *sequence, *scope == 1, *top, record, observer, stop);
    if (!scored)
        return tl::unexpected(scored.error());

    AnalysisResult out;
    const text::Tokenizer& tokenizer = *pipeline.models().tokenizer;
    AnalysisTable tokens{"tokens", {"position", "kind", "token", "bits", "probability", "rank", "entropy_bits"}, {}};
    AnalysisTable alternatives{"alternatives", {"position", "rank", "id", "word", "probability"}, {}};
    const VocabularyReading& reading = scored->reading;
    Sum answer;
    Sum prompt;
    bool hasUnreachable = false;
    std::int64_t next = 0;
    at::Tensor bits = at::full({sequence->rows()}, kNone, at::kFloat);
    for (std::int64_t row = *scope == 1 ? sequence->promptRows : 0; row < sequence->rows(); ++row) {
        std::vector<AnalysisCell> cells{static_cast<double>(row), kindAt(*sequence, row), pieceAt(*sequence, row)};
        const bool isScored = next < static_cast<std::int64_t>(scored->rows.size()) &&
                              scored->rows[static_cast<std::size_t>(next)] == row;
        if (!isScored) {
            cells.resize(tokens.columns.size(), std::string());
            tokens.rows.push_back(std::move(cells));
            continue;
        }
        const std::int64_t rank = reading.targetRank[next].item<std::int64_t>();
        const double value = reading.targetBits[next].item<double>();
        bits[row] = value;
        hasUnreachable = hasUnreachable || rank < 0;
        if (rank >= 0)
            (row < sequence->promptRows ? prompt : answer).add(value);
        cells.push_back(cellOrBlank(value));
        cells.push_back(cellOrBlank(reading.targetProbability[next].item<double>()));
        cells.push_back(cellOrBlank(rank < 0 ? kNone : static_cast<double>(rank)));
        cells.push_back(cellOrBlank(reading.entropyBits[next].item<double>()));
        tokens.rows.push_back(std::move(cells));
        for (std::int64_t k = 0; k < reading.ids.size(1); ++k) {
            const std::int64_t id = reading.ids[next][k].item<std::int64_t>();
            alternatives.rows.push_back({static_cast<double>(row), static_cast<double>(k), static_cast<double>(id),
                                         wordOf(tokenizer, id),
                                         cellOrBlank(reading.probabilities[next][k].item<double>())});
        }
        ++next;
    }
    out.numbers = {{"answer_bits", answer.total(), "bits"},
                   {"answer_bits_per_token", answer.mean(), "bits"},
                   {"answer_perplexity", std::exp2(answer.mean()), ""},
                   {"answer_tokens", static_cast<double>(answer.count), "tokens"}};
    if (*scope == 0) {
        out.numbers.push_back({"prompt_text_bits", prompt.total(), "bits"});
        out.numbers.push_back({"prompt_text_bits_per_token", prompt.mean(), "bits"});
    }
    if (answer.count == 0)
        out.cautions.emplace_back("the run generated no token: there is no surprisal of an answer");
    if (hasUnreachable)
        out.cautions.emplace_back(
            "some tokens lie past the rows of the vocabulary in use and have no probability: they stay blank");
    addError(scored->error, out);
    out.tables = {std::move(tokens), std::move(alternatives)};
    out.arrays["bits"] = {{"position"}, tensors::snapshotFromTensor(bits)};
    return out;
}

AnalysisEntry surprisalChangeEntry()
{
    AnalysisEntry entry;
    entry.name = "surprisal-change";
    entry.title = "Surprisal without the world";
    entry.definition =
        "surprisal without the world tokens minus surprisal with them, in bits, the same answer forced in both passes; "
        "positive: the world made the token likelier";
    entry.arguments = {
        {"without", "zeroed",
         "zeroed | removed: rows of zeros in their slots, or taken out, which also shifts every later position"}};
    entry.needs = "world tokens";
    entry.needsModel = true;
    return entry;
}

Result<AnalysisResult> surprisalChangeResult(pipeline::QuestionPipeline& pipeline, const RunRecord& record,
                                             const inspect::AnalysisArguments& arguments, RunObserver& observer,
                                             const std::stop_token& stop)
{
    const auto mode = arguments.choice("without", {"zeroed", "removed"});
    if (!mode)
        return tl::unexpected(mode.error());
    const auto change =
        surprisalChange(pipeline, record, *mode == 0 ? WorldAblation::Zeroed : WorldAblation::Removed, observer, stop);
    if (!change)
        return tl::unexpected(change.error());

    AnalysisResult out;
    AnalysisTable tokens{"tokens", {"position", "token", "with_bits", "without_bits", "change_bits"}, {}};
    const TokenLayout& layout = *record.layout;
    Sum answer;
    Sum prompt;
    at::Tensor changes =
        at::full({layout.size() + static_cast<std::int64_t>(record.generated.size())}, kNone, at::kFloat);
    for (std::size_t i = 0; i < change->positions.size(); ++i) {
        const std::int64_t position = change->positions[i];
        const double difference = change->withoutBits[i] - change->withBits[i];
        const bool isAnswer = position >= layout.size();
        const std::string& piece = isAnswer ? record.generated[static_cast<std::size_t>(position - layout.size())].piece
                                            : layout.pieces[static_cast<std::size_t>(position)];
        if (!std::isnan(difference))
            (isAnswer ? answer : prompt).add(difference);
        changes[position] = difference;
        tokens.rows.push_back({static_cast<double>(position), piece, cellOrBlank(change->withBits[i]),
                               cellOrBlank(change->withoutBits[i]), cellOrBlank(difference)});
    }
    out.numbers = {{"answer_change_bits", answer.total(), "bits"},
                   {"answer_change_bits_per_token", answer.mean(), "bits"},
                   {"prompt_text_change_bits", prompt.total(), "bits"}};
    if (answer.count == 0)
        out.cautions.emplace_back("the run generated no token: there is no change of an answer");
    out.cautions.emplace_back(
        *mode == 0
            ? "zeroed rows keep their slots but are no input the model has seen: compare with other ablations"
            : "removing the world's rows also shifts the positions of everything behind them; the brackets stay");
    addError(change->error, out);
    out.tables = {std::move(tokens)};
    out.arrays["change_bits"] = {{"position"}, tensors::snapshotFromTensor(changes)};
    return out;
}

}  // namespace armillary::study
