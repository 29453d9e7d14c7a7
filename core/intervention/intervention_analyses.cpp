#include "intervention/intervention_analyses.h"

#include "intervention/intervention.h"
#include "intervention/knock_out.h"
#include "intervention/occlusion.h"
#include "tensors/weights.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <utility>

namespace armillary::intervention {
namespace {

using inspect::AnalysisArguments;

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

// The parts of a list written with commas.
std::vector<std::string> words(const std::string& text)
{
    std::vector<std::string> out;
    for (std::size_t begin = 0; begin <= text.size();) {
        const std::size_t end = std::min(text.find(',', begin), text.size());
        if (end > begin)
            out.push_back(text.substr(begin, end - begin));
        begin = end + 1;
    }
    return out;
}

// The values of `all` whose names stand in `text`; all of them for "all".
template <class Value>
Result<std::vector<Value>> chosen(const std::string& argument, const std::string& text, const std::vector<Value>& all,
                                  const std::function<std::string_view(Value)>& nameOf)
{
    if (text == "all")
        return all;
    std::vector<Value> out;
    for (const std::string& word : words(text)) {
        const auto found = std::find_if(all.begin(), all.end(), [&](Value each) { return nameOf(each) == word; });
        if (found == all.end()) {
            std::string known = "all";
            for (const Value each : all)
                known += fmt::format(", {}", nameOf(each));
            return fail(ErrorCode::InvalidInput,
                        fmt::format("{} holds '{}', it must name some of {}", argument, word, known));
        }
        out.push_back(*found);
    }
    if (out.empty())
        return fail(ErrorCode::InvalidInput, fmt::format("{} names nothing", argument));
    return out;
}

AnalysisArray arrayOf(std::vector<std::string> axes, const std::vector<std::int64_t>& sizes,
                      const std::vector<double>& values)
{
    return {std::move(axes), tensors::snapshotFromTensor(at::tensor(values, at::kDouble).view(sizes).to(at::kFloat))};
}

AnalysisTable answerTable(const pipeline::LoadedModels& models, const std::vector<std::int64_t>& answer)
{
    AnalysisTable table{"answer", {"token", "id", "piece"}, {}};
    for (std::size_t i = 0; i < answer.size(); ++i)
        table.rows.push_back(
            {static_cast<double>(i), static_cast<double>(answer[i]), models.tokenizer->piece(answer[i])});
    return table;
}

void addWarnings(AnalysisResult& result, const std::vector<std::string>& warnings)
{
    result.cautions.insert(result.cautions.end(), warnings.begin(), warnings.end());
}

void addFiniteCaution(AnalysisResult& result, const AnswerEffect& effect, const std::string& name)
{
    if (std::isnan(effect.meanKlBits()) || std::isnan(effect.maxAbsLogit))
        result.cautions.push_back(name + ": the logits are not finite, so its numbers are none");
}

void addRecordCautions(AnalysisResult& result, const RunRecord& record, std::size_t forcedTokens)
{
    if (record.generated.empty())
        result.cautions.emplace_back("the record holds no answer: the greedy one was made and forced");
    else if (forcedTokens < record.generated.size())
        result.cautions.push_back(
            fmt::format("only the first {} of {} answer tokens are forced", forcedTokens, record.generated.size()));
}

study::ModelAnalysis interventions()
{
    AnalysisEntry
        entry{"interventions",
              "Interventions on world or image tokens",
              "The answer forced behind changed rows: KL(true || changed) in bits, top-1 agreement, surprisal changed "
              "minus true, "
              "largest logit difference; definitions in analyses.md (ablation, surprisal)",
              {{"tokens", "world", "world | image: whose rows are changed"},
               {"kinds", "all",
                "all, or some of zeroed, averaged, shuffled-in-space, shuffled-in-time, swapped, noise, removed"},
               {"seed", "0", "of shuffles and noise"},
               {"noise", "covariance", "covariance | per-dimension: the spread that the noise shares with the rows"},
               {"other", "mirror", "whose rows are swapped in: mirror, or the index of a picture of the question"},
               {"regenerate", "off", "on | off: also let each changed prompt answer for itself, greedily"},
               {"answer_tokens", "64", "at most so many tokens of the answer are forced"}},
              "its media",
              true};
    const auto run = [](pipeline::QuestionPipeline& pipeline, const RunRecord& record,
                        const AnalysisArguments& arguments, RunObserver& observer,
                        const std::stop_token& stop) -> Result<AnalysisResult> {
        InterventionOptions options;
        const auto tokens = arguments.choice("tokens", {"world", "image"});
        const auto kinds =
            chosen<InterventionKind>("kinds", arguments.text("kinds"), allInterventions(), interventionName);
        const auto seed = arguments.integer("seed", 0, std::numeric_limits<std::int64_t>::max());
        const auto noise = arguments.choice("noise", {"covariance", "per-dimension"});
        const auto regenerate = arguments.flag("regenerate");
        const auto most = arguments.integer("answer_tokens", 1, 4096);
        for (const auto* problem : {tokens ? nullptr : &tokens.error(), kinds ? nullptr : &kinds.error(),
                                    seed ? nullptr : &seed.error(), noise ? nullptr : &noise.error(),
                                    regenerate ? nullptr : &regenerate.error(), most ? nullptr : &most.error()}) {
            if (problem != nullptr)
                return tl::unexpected(*problem);
        }
        options.tokens = *tokens == 0 ? TokenKind::World : TokenKind::Image;
        options.kinds = *kinds;
        options.seed = static_cast<std::uint64_t>(*seed);
        options.spread = *noise == 0 ? NoiseSpread::Covariance : NoiseSpread::PerDimension;
        options.other = arguments.text("other");
        options.regenerate = *regenerate;
        options.answerTokens = *most;
        const auto study = studyInterventions(pipeline, record, options, observer, stop);
        if (!study)
            return tl::unexpected(study.error());

        AnalysisResult result;
        addWarnings(result, study->warnings);
        addRecordCautions(result, record, study->answer.size());
        AnalysisTable effects{"effects",
                              {"intervention", "next_token_kl_bits", "mean_kl_bits", "top1_agreement",
                               "same_next_token", "mean_surprisal_change_bits", "total_surprisal_change_bits",
                               "max_abs_logit", "probability_true", "probability_changed", "positions", "rows_computed",
                               "answer", "answer_differs", "reason"},
                              {}};
        std::vector<double> surprisal, change;
        for (const InterventionRow& row : study->rows) {
            const std::string name(interventionName(row.kind));
            if (!row.reason.empty()) {
                std::vector<AnalysisCell> cells(effects.columns.size(), kNone);
                cells.front() = name;
                cells[12] = std::string();
                cells.back() = row.reason;
                effects.rows.push_back(std::move(cells));
                change.insert(change.end(), study->answer.size(), kNone);
                continue;
            }
            const AnswerEffect& effect = row.effect;
            effects.rows.push_back({name, effect.nextTokenKlBits(), effect.meanKlBits(), effect.top1Agreement,
                                    effect.sameNextToken ? 1.0 : 0.0, effect.meanSurprisalChangeBits(),
                                    effect.totalSurprisalChangeBits(), effect.maxAbsLogit, effect.probabilityTrue,
                                    effect.probabilityChanged, static_cast<double>(row.promptLength),
                                    static_cast<double>(row.computedRows), row.answer.value_or(""),
                                    row.answer ? (row.isAnswerDifferent ? 1.0 : 0.0) : kNone, std::string()});
            result.numbers.push_back({"next_token_kl." + name, effect.nextTokenKlBits(), "bits"});
            result.numbers.push_back({"mean_surprisal_change." + name, effect.meanSurprisalChangeBits(), "bits"});
            addFiniteCaution(result, effect, name);
            surprisal = effect.surprisalBits;
            change.insert(change.end(), effect.surprisalChangeBits.begin(), effect.surprisalChangeBits.end());
            for (const std::string& caution : row.cautions)
                result.cautions.push_back(name + ": " + caution);
        }
        const auto tokensForced = static_cast<std::int64_t>(study->answer.size());
        result.tables.push_back(std::move(effects));
        result.tables.push_back(answerTable(pipeline.models(), study->answer));
        result.arrays["surprisal_change"] =
            arrayOf({"intervention", "token"}, {static_cast<std::int64_t>(study->rows.size()), tokensForced}, change);
        if (!surprisal.empty())
            result.arrays["surprisal"] = arrayOf({"token"}, {tokensForced}, surprisal);
        return result;
    };
    return {std::move(entry), run};
}

study::ModelAnalysis knockOut()
{
    AnalysisEntry entry{"knock-out",
                        "Attention knock-out",
                        "Rows of the target may not look at keys of the source in layers [from, to); change of the "
                        "answer's probability "
                        "(arXiv 2304.14767), KL and surprisal in bits; control: random keys of the same count",
                        {{"target", "last",
                          "last | answer | question | question-and-answer | image: rows that may not look"},
                         {"sources", "all", "all, or some of world, image, question: keys that are hidden"},
                         {"controls", "on", "on | off: each source beside random keys of the same count"},
                         {"window", "0", "layers a window; 0: all layers at once only"},
                         {"stride", "1", "layers from one window to the next"},
                         {"seed", "0", "of the random keys"},
                         {"answer_tokens", "16",
                          "at most so many tokens of the answer are forced; target last takes one"}},
                        "its media",
                        true};
    const auto run = [](pipeline::QuestionPipeline& pipeline, const RunRecord& record,
                        const AnalysisArguments& arguments, RunObserver& observer,
                        const std::stop_token& stop) -> Result<AnalysisResult> {
        const std::int64_t layers = pipeline.models().language ? pipeline.models().language->config().layerCount : 1;
        const std::vector<KnockOutTarget> targets{KnockOutTarget::Last, KnockOutTarget::Answer,
                                                  KnockOutTarget::Question, KnockOutTarget::QuestionAndAnswer,
                                                  KnockOutTarget::Image};
        std::vector<std::string> targetNames;
        for (const KnockOutTarget target : targets)
            targetNames.emplace_back(knockOutName(target));
        const auto target = arguments.choice("target", targetNames);
        const auto sources =
            chosen<KnockOutSource>("sources", arguments.text("sources"),
                                   {KnockOutSource::World, KnockOutSource::Image, KnockOutSource::Question},
                                   [](KnockOutSource source) { return knockOutName(source); });
        const auto controls = arguments.flag("controls");
        const auto window = arguments.integer("window", 0, layers);
        const auto stride = arguments.integer("stride", 1, layers);
        const auto seed = arguments.integer("seed", 0, std::numeric_limits<std::int64_t>::max());
        const auto most = arguments.integer("answer_tokens", 1, 4096);
        for (const auto* problem :
             {target ? nullptr : &target.error(), sources ? nullptr : &sources.error(),
              controls ? nullptr : &controls.error(), window ? nullptr : &window.error(),
              stride ? nullptr : &stride.error(), seed ? nullptr : &seed.error(), most ? nullptr : &most.error()}) {
            if (problem != nullptr)
                return tl::unexpected(*problem);
        }
        const KnockOutOptions
            options{targets[*target], *sources, *controls, *window, *stride, static_cast<std::uint64_t>(*seed), *most};
        const auto study = studyKnockOut(pipeline, record, options, observer, stop);
        if (!study)
            return tl::unexpected(study.error());

        AnalysisResult result;
        addWarnings(result, study->warnings);
        if (options.target != KnockOutTarget::Last || record.generated.empty())
            addRecordCautions(result, record, study->answer.size());
        result.cautions.emplace_back(
            "hiding keys renormalises attention over the rest: read a source beside its control");
        if (study->hiddenByWindow > 0)
            result.cautions.push_back(fmt::format(
                "local layers see only the last {} positions, so they never see {} of the {} keys from the "
                "first cut row: there the cut takes nothing away, while random keys may lie nearer and weigh more",
                pipeline.models().language->config().slidingWindow, study->hiddenByWindow,
                study->rows.front().keyCount));
        AnalysisTable table{"effects",
                            {"source", "control", "from_layer", "to_layer", "keys", "keys_of_source", "rows_computed",
                             "probability_true", "probability_changed", "relative_probability_change",
                             "next_token_kl_bits", "mean_surprisal_change_bits", "same_next_token", "max_abs_logit",
                             "reason"},
                            {}};
        std::vector<double> sweep;
        for (const KnockOutRow& row : study->rows) {
            const AnswerEffect& effect = row.effect;
            const std::string source(knockOutName(row.source));
            const std::string control = row.isControl ? "random" : "";
            const bool isWhole = row.fromLayer == 0 && row.toLayer == layers;
            if (!row.reason.empty()) {
                std::vector<AnalysisCell> cells(table.columns.size(), kNone);
                cells[0] = source;
                cells[1] = control;
                cells.back() = row.reason;
                table.rows.push_back(std::move(cells));
                continue;
            }
            const double relative = (effect.probabilityChanged - effect.probabilityTrue) / effect.probabilityTrue;
            table.rows.push_back({source, control, static_cast<double>(row.fromLayer), static_cast<double>(row.toLayer),
                                  static_cast<double>(row.keyCount), static_cast<double>(row.keysOfSource),
                                  static_cast<double>(row.computedRows), effect.probabilityTrue,
                                  effect.probabilityChanged, relative, effect.nextTokenKlBits(),
                                  effect.meanSurprisalChangeBits(), effect.sameNextToken ? 1.0 : 0.0,
                                  effect.maxAbsLogit, std::string()});
            if (isWhole)
                addFiniteCaution(result, effect, source + (row.isControl ? " control" : ""));
            if (row.isControl && row.keysOfSource > 0 && isWhole)
                result.cautions.push_back(
                    fmt::format("the control of {} shares {} of its {} keys with it: the prompt has too few others",
                                source, row.keysOfSource, row.keyCount));
            if (isWhole)
                result.numbers.push_back(
                    {"relative_probability_change." + source + (row.isControl ? ".control" : ""), relative, ""});
            else
                sweep.push_back(relative);
        }
        result.tables.push_back(std::move(table));
        result.tables.push_back(answerTable(pipeline.models(), study->answer));
        const std::int64_t windows =
            options.windowLayers > 0 ? (layers - options.windowLayers) / options.stride + 1 : 0;
        if (windows > 0 && !sweep.empty())
            result.arrays["relative_probability_change"] =
                arrayOf({"source_and_control", "window"}, {static_cast<std::int64_t>(sweep.size()) / windows, windows},
                        sweep);
        return result;
    };
    return {std::move(entry), run};
}

study::ModelAnalysis occlusion()
{
    AnalysisEntry entry{"occlusion",
                        "Block occlusion",
                        "Surprisal of the whole forced answer with one block of cells covered, minus without, in bits; "
                        "coarse blocks first",
                        {{"tokens", "world", "world | image: which grid is covered"},
                         {"media", "-1", "of image: which picture; -1 the first"},
                         {"frame", "-1", "of world: which latent frame; -1 all of them together"},
                         {"sides", "2,4,7", "blocks a side of each level, rising"},
                         {"fill", "mean", "mean | zero: what covers a token: the grid's mean token, or 0"},
                         {"answer_tokens", "16", "at most so many tokens of the answer are forced"}},
                        "its media",
                        true};
    const auto run = [](pipeline::QuestionPipeline& pipeline, const RunRecord& record,
                        const AnalysisArguments& arguments, RunObserver& observer,
                        const std::stop_token& stop) -> Result<AnalysisResult> {
        OcclusionOptions options;
        const auto tokens = arguments.choice("tokens", {"world", "image"});
        const auto media = arguments.integer("media", -1, 1 << 20);
        const auto frame = arguments.integer("frame", -1, 1 << 20);
        const auto fill = arguments.choice("fill", {"mean", "zero"});
        const auto most = arguments.integer("answer_tokens", 1, 4096);
        for (const auto* problem :
             {tokens ? nullptr : &tokens.error(), media ? nullptr : &media.error(), frame ? nullptr : &frame.error(),
              fill ? nullptr : &fill.error(), most ? nullptr : &most.error()}) {
            if (problem != nullptr)
                return tl::unexpected(*problem);
        }
        options.sides.clear();
        for (const std::string& word : words(arguments.text("sides"))) {
            const bool isNumber = word.size() <= 3 && word.find_first_not_of("0123456789") == std::string::npos;
            const int side = isNumber ? std::stoi(word) : 0;
            if (side < 1 || side > 128)
                return fail(ErrorCode::InvalidInput,
                            fmt::format("occlusion: sides holds '{}', each must be a number from 1 to 128", word));
            options.sides.push_back(side);
        }
        if (options.sides.empty())
            return fail(ErrorCode::InvalidInput, "occlusion: sides names no level");
        options.tokens = *tokens == 0 ? TokenKind::World : TokenKind::Image;
        options.media = static_cast<std::int32_t>(*media);
        if (*frame >= 0)
            options.latentFrame = static_cast<std::int32_t>(*frame);
        options.fill = *fill == 0 ? OcclusionFill::Mean : OcclusionFill::Zero;
        options.answerTokens = *most;
        const auto study = studyOcclusion(pipeline, record, options, observer, stop);
        if (!study)
            return tl::unexpected(study.error());

        AnalysisResult result;
        addWarnings(result, study->warnings);
        addRecordCautions(result, record, study->answer.size());
        if (study->isStopped)
            result.cautions.push_back(fmt::format("stopped after {} of {} blocks: the rest is empty", study->blocksDone,
                                                  study->blocksWanted));
        if (options.tokens == TokenKind::World && !options.latentFrame)
            result.cautions.emplace_back("a block covers its cells in every latent frame");
        result.numbers = {{"true_surprisal", study->trueSurprisalBits, "bits"},
                          {"blocks_done", static_cast<double>(study->blocksDone), ""},
                          {"grid_rows", static_cast<double>(study->gridRows), ""},
                          {"grid_columns", static_cast<double>(study->gridColumns), ""}};
        for (const OcclusionLevel& level : study->levels) {
            const std::string name = std::to_string(level.side);
            if (level.side > std::min(study->gridRows, study->gridColumns))
                result.cautions.push_back(fmt::format("the grid has {}x{} cells: some of the {}x{} blocks hold none",
                                                      study->gridRows, study->gridColumns, level.side, level.side));
            result.arrays["surprisal_change." + name] =
                arrayOf({"block_row", "block_column"}, {level.side, level.side}, level.surprisalChangeBits);
            result.arrays["next_token_kl." + name] =
                arrayOf({"block_row", "block_column"}, {level.side, level.side}, level.nextTokenKlBits);
        }
        result.tables.push_back(answerTable(pipeline.models(), study->answer));
        return result;
    };
    return {std::move(entry), run};
}

}  // namespace

std::vector<study::ModelAnalysis> interventionAnalyses()
{
    return {interventions(), knockOut(), occlusion()};
}

}  // namespace armillary::intervention
