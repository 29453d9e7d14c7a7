#include "intervention/comparison_analyses.h"

#include "intervention/comparison.h"
#include "intervention/training_loss.h"
#include "tensors/weights.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <limits>
#include <set>
#include <utility>

namespace armillary::intervention {
namespace {

using inspect::AnalysisArguments;

double flag(bool value)
{
    return value ? 1.0 : 0.0;
}

AnalysisTable rowsTable(const Comparison& comparison)
{
    AnalysisTable table{"rows",
                        {"variant",
                         "option",
                         "title",
                         "positions",
                         "prefill_ms",
                         "tokens_per_second",
                         "peak_memory_bytes",
                         "input_difference_text",
                         "input_difference_image",
                         "input_difference_world",
                         "tokens_only_here",
                         "tokens_only_in_reference",
                         "top1_agreement",
                         "same_next_token",
                         "next_token_kl_bits",
                         "mean_surprisal_change_bits",
                         "max_abs_logit",
                         "world_mass",
                         "world_lift",
                         "image_mass",
                         "image_lift",
                         "knock_out_effect",
                         "answer",
                         "answer_differs",
                         "reason"},
                        {}};
    for (const ComparisonRow& row : comparison.rows) {
        if (!row.reason.empty()) {
            std::vector<AnalysisCell> cells(table.columns.size(), kNoNumber);
            cells[0] = row.variant;
            cells[1] = row.option;
            cells[2] = row.title;
            cells[22] = std::string();
            cells.back() = row.reason;
            table.rows.push_back(std::move(cells));
            continue;
        }
        const AnswerEffect& effect = row.effect;
        table.rows.push_back({row.variant,
                              row.option,
                              row.title,
                              static_cast<double>(row.positions),
                              row.prefillMilliseconds,
                              row.tokensPerSecond,
                              static_cast<double>(row.peakMemoryBytes),
                              row.input.text,
                              row.input.image,
                              row.input.world,
                              static_cast<double>(row.input.onlyHere.size()),
                              static_cast<double>(row.input.onlyThere.size()),
                              effect.top1Agreement,
                              flag(effect.sameNextToken),
                              effect.nextTokenKlBits(),
                              effect.meanSurprisalChangeBits(),
                              effect.maxAbsLogit,
                              row.attention.worldMass,
                              row.attention.worldLift,
                              row.attention.imageMass,
                              row.attention.imageLift,
                              row.knockOutEffect,
                              row.answer,
                              flag(row.isAnswerDifferent),
                              std::string()});
    }
    return table;
}

AnalysisTable identitiesTable(const Comparison& comparison)
{
    AnalysisTable table{"identities", {"name", "holds", "difference", "verdict", "detail"}, {}};
    for (const Identity& identity : comparison.identities)
        table.rows.push_back({identity.name, identity.isChecked ? flag(identity.holds) : kNoNumber, identity.difference,
                              std::string(!identity.isChecked ? "skip"
                                          : identity.holds    ? "pass"
                                                              : "fail"),
                              identity.detail});
    return table;
}

study::ModelAnalysis compare()
{
    AnalysisEntry entry{"compare",
                        "Comparison of integration options",
                        "One run a variant on the reference's greedy answer: sizes and times, largest differences of "
                        "fused rows, KL(reference || "
                        "variant) and surprisal in bits, attention of the last row, knock-out of the world; then the "
                        "identities that must hold",
                        {{"rows", "all", "all, options, settings, or names of variants with commas"},
                         {"reference", "",
                          "the variant that the others are measured against; empty: 5 with a world, else 3"},
                         {"identities", "on", "on | off"},
                         {"answer_tokens", "32", "at most so many tokens of the reference's answer are forced"},
                         {"seed", "0", "of the random projection"}},
                        "its media",
                        true};
    const auto run = [](pipeline::QuestionPipeline& pipeline, const RunRecord& record,
                        const AnalysisArguments& arguments, RunObserver& observer,
                        const std::stop_token& stop) -> Result<AnalysisResult> {
        const auto identities = arguments.flag("identities");
        const auto most = arguments.integer("answer_tokens", 1, 4096);
        const auto seed = arguments.integer("seed", 0, std::numeric_limits<std::int64_t>::max());
        for (const auto* problem : {identities ? nullptr : &identities.error(), most ? nullptr : &most.error(),
                                    seed ? nullptr : &seed.error()}) {
            if (problem != nullptr)
                return tl::unexpected(*problem);
        }
        const auto comparison = compareOptions(pipeline, record.question,
                                               {arguments.text("rows"), arguments.text("reference"), *identities, *most,
                                                static_cast<std::uint64_t>(*seed)},
                                               observer, stop);
        if (!comparison)
            return tl::unexpected(comparison.error());
        AnalysisResult result;
        std::int64_t broken = 0, unchecked = 0;
        for (const Identity& identity : comparison->identities) {
            broken += identity.isChecked && !identity.holds ? 1 : 0;
            unchecked += identity.isChecked ? 0 : 1;
        }
        result.numbers = {{"identities_broken", static_cast<double>(broken), ""},
                          {"identities_unchecked", static_cast<double>(unchecked), ""},
                          {"answer_tokens_forced", static_cast<double>(comparison->answer.size()), ""}};
        result.tables = {rowsTable(*comparison), identitiesTable(*comparison)};
        result.cautions.push_back("measured against variant " + comparison->reference + "; answers are greedy");
        if (pipeline.models().device.is_cpu())
            result.cautions.emplace_back(
                "peak memory is the whole process's: weights and kept features count in every row");
        std::set<std::string> said;
        for (const ComparisonRow& row : comparison->rows) {
            for (const std::string& warning : row.warnings) {
                if (said.insert(warning).second)
                    result.cautions.push_back(row.variant + ": " + warning);
            }
        }
        return result;
    };
    return {std::move(entry), run};
}

study::ModelAnalysis loss()
{
    AnalysisEntry entry{
        "training-loss",
        "Loss of teacher forcing",
        "-log p of each labelled token given everything before it, in nats; label -100 is left out, the mean is over "
        "the rest",
        {{"labels", "text-only",
          "text-only | prompt-ids: text alone, or every vocabulary id of the sequence (TheWorld's published code)"},
         {"answer", "on", "on | off: the record's answer behind its prompt"}},
        "its media",
        true};
    const auto run = [](pipeline::QuestionPipeline& pipeline, const RunRecord& record,
                        const AnalysisArguments& arguments, RunObserver& observer,
                        const std::stop_token& stop) -> Result<AnalysisResult> {
        const auto rule = arguments.choice("labels", {"text-only", "prompt-ids"});
        const auto answer = arguments.flag("answer");
        for (const auto* problem : {rule ? nullptr : &rule.error(), answer ? nullptr : &answer.error()}) {
            if (problem != nullptr)
                return tl::unexpected(*problem);
        }
        const auto study =
            trainingLoss(pipeline, record,
                         {*rule == 0 ? fusion::LabelRule::TextOnly : fusion::LabelRule::PromptIds, *answer}, observer,
                         stop);
        if (!study)
            return tl::unexpected(study.error());
        AnalysisResult result;
        result.cautions = study->warnings;
        if (study->counted == 0)
            result.cautions.emplace_back("no label counts, so there is no mean");
        result.numbers = {{"loss", study->meanNats, "nats"},
                          {"labels_counted", static_cast<double>(study->counted), ""},
                          {"positions", static_cast<double>(study->labels.size()), ""}};
        AnalysisTable tokens{"tokens", {"position", "kind", "piece", "label", "loss_nats"}, {}};
        for (std::size_t i = 0; i < study->labels.size(); ++i)
            tokens.rows.push_back({static_cast<double>(i), std::string(tokenKindName(study->kinds[i])),
                                   study->pieces[i], static_cast<double>(study->labels[i]), study->nats[i]});
        result.tables.push_back(std::move(tokens));
        result.arrays["loss"] = {{"position"},
                                 tensors::snapshotFromTensor(at::tensor(study->nats, at::kDouble).to(at::kFloat))};
        return result;
    };
    return {std::move(entry), run};
}

}  // namespace

std::vector<study::ModelAnalysis> comparisonAnalyses()
{
    return {compare(), loss()};
}

}  // namespace armillary::intervention
