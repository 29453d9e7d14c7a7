#include "attention/attention_analyses.h"

#include "attention/answer_attention.h"
#include "attention/attention_results.h"
#include "attention/attention_runs.h"

#include <string>
#include <utility>
#include <vector>

namespace armillary::attention {
namespace {

using inspect::RecordAnalysis;

constexpr const char* kRowsNeed =
    "attention rows of the answer (kept by every run), or capture qkv for other positions";

AnalysisArgument positionsArgument(const std::string& standard)
{
    return {"positions", standard,
            "queries: answer (rows that answer tokens were chosen from), last, all, available, a kind (text, control, "
            "image, world, bracket, generated), a number, or a range 10:20 without its end"};
}

const AnalysisArgument
    kPosition{"position", "last",
              "the query: last (the prompt's last row, the first token was chosen from it), answer:K (the "
              "row that generated token K was chosen from), or a number from 0"};
const AnalysisArgument kLayer{"layer", "all", "all, or a number from 0"};
const AnalysisArgument kHead{"head", "all", "all, or a number from 0"};
const AnalysisArgument kEvery{"every", "1", "take every so many of the positions, to save time"};
const AnalysisArgument kNearZero{"near-zero", "0.00001", "visible weights below it count as near zero"};

std::vector<AnalysisArgument> withView(std::vector<AnalysisArgument> arguments)
{
    for (AnalysisArgument& argument : viewArguments())
        arguments.push_back(std::move(argument));
    return arguments;
}

}  // namespace

std::vector<RecordAnalysis> attentionAnalyses()
{
    const std::vector<AnalysisArgument> answerRows{positionsArgument("answer"), kEvery, kLayer};
    const std::vector<AnalysisArgument> manyRows{positionsArgument("available"), kEvery, kLayer};
    std::vector<AnalysisArgument> matrix{{"measure", "mass",
                                          "mass | lift (of `segment`) | entropy (of log2 of visible keys) | "
                                          "entropy-bits | distance (positions) | maximum"},
                                         {"segment", "world",
                                          "for mass and lift: text, control, image, world, bracket, generated"}};
    matrix.insert(matrix.end(), answerRows.begin(), answerRows.end());
    std::vector<AnalysisArgument> sinks = manyRows;
    sinks.push_back({"threshold", "0.3", "mean weight from later queries above which a key is a sink"});
    sinks.push_back({"least-queries", "8", "keys with fewer later queries are no sinks"});
    return {
        {{"attention-row", "Attention of one position",
          "A_lh[i] = softmax(q_i K^T s + M): where position i looks in every layer and head",
          withView({kPosition, kLayer, kHead, kNearZero}), kRowsNeed},
         runRow},
        {{"answer-attention", "Attention of the whole answer",
          "mean over layers and heads of A_lh[i] for every i that an answer token was chosen from",
          withView({kLayer, kHead, kNearZero, {"most", "512", "at most so many rows, spread evenly, 1 to 4096"}}),
          "attention rows of the answer (kept by every run), or capture qkv"},
         runAnswer},
        {{"attention-map", "Attention map of a head",
          "A_lh = softmax(Q K^T s + M) in bins of queries and keys: mean and maximum of each bin",
          withView({{"layer", "0", "a number from 0"},
                    {"head", "mean", "mean over heads, or a number from 0"},
                    {"bins", "512", "at most so many rows and columns, 1 to 4096"},
                    kNearZero}),
          "capture qkv (without it: the answer's rows)"},
         runMap},
        {{"attention-matrix", "Layers by heads", "one measure of each layer and head, mean over the chosen queries",
          matrix, kRowsNeed},
         runMatrix},
        {{"segment-mass", "Attention to each segment",
          "mass M = sum of A_ij over the keys j of a segment; lift = (M / visible keys of the segment) * visible keys",
          answerRows, kRowsNeed},
         runMass},
        {{"attention-entropy", "Head entropy", "-sum_j A_ij log2 A_ij over log2(visible keys): 0 one key, 1 even",
          answerRows, kRowsNeed},
         runEntropy},
        {{"attention-sinks", "Attention sinks",
          "keys whose mean weight from later queries lies above a threshold (arXiv 2410.10781)", sinks,
          "capture qkv (without it: sinks of the answer's rows)"},
         runSinks},
        {{"activation-sinks",
          "Activation sinks",
          "positions where max |h_d| / rms(h) over sink dimensions d, those massive at position 0, lies above a "
          "threshold (arXiv 2503.03321)",
          {{"threshold", "20", "of a position"}, {"dimension-threshold", "20", "of a dimension at position 0"}},
          "capture hidden"},
         runActivationSinks},
        {{"attention-rollout",
          "Attention rollout",
          "r <- residual r + (1 - residual) r . mean_h A_l from the last layer to the first, r = e_i (arXiv "
          "2005.00928)",
          {kPosition, {"residual", "0.5", "share of the residual stream, 0 to 1"}},
          "capture qkv"},
         runRollout},
        {{"cross-modal-flow", "Flow between text, image, world and answer",
          "F_l[s to t] = mean over queries i of t and heads of the mass on s", manyRows,
          "capture qkv (without it: flow to the answer)"},
         runFlow},
        {{"attention-check",
          "Error of recomputed attention",
          "max |P V - the kernel's output| over sampled rows, by layer",
          {},
          "capture qkv, or the answer's rows"},
         runCheck},
    };
}

}  // namespace armillary::attention
