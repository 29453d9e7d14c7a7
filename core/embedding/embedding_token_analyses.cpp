// Norms, cosines and neighbours of a record's tokens by name.
#include "embedding/embedding_results.h"
#include "embedding/neighbours.h"
#include "embedding/token_norms.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace armillary::embedding {
namespace {

constexpr std::size_t kOutlierRows = 200;
constexpr std::int64_t kManyVectors = 1'000'000;

// --- embedding-norms ---

AnalysisEntry normsEntry()
{
    return {
        "embedding-norms",
        "Norms of token vectors",
        "Euclidean norm of every token; per segment and layer mean, median, MAD, quantiles and histogram; outliers are "
        "(norm - median) / MAD > threshold inside their own segment (registers, arXiv 2309.16588)",
        {{"tensor", "auto", tensorArgument().meaning + "; hidden.*: every captured layer"},
         segmentsArgument("all"),
         byArgument("kind"),
         {"threshold", "6", "MADs above the median from which a token is an outlier"},
         {"bins", "40", "of the histograms, 1 ... 1000"}},
        "vectors of tokens"};
}

struct Layers {
    AnalysisTable segments{"segments",
                           {"tensor", "segment", "tokens", "not finite", "mean", "median", "MAD", "lowest", "25 %",
                            "75 %", "highest", "outliers"},
                           {}};
    AnalysisTable outliers{"outliers", {"tensor", "position", "token", "segment", "norm", "z"}, {}};
    std::vector<double> norms, scores;     // [layer, token]
    std::vector<std::int64_t> histograms;  // [layer, segment, bin]
    std::vector<double> ranges;            // [layer, 2]
    std::int64_t outlierCount = 0, nonFinite = 0, groups = 0;
};

void addLayer(Layers& out, const TokenVectors& tokens, const std::vector<TokenGroup>& groups, double threshold,
              std::int64_t bins)
{
    const TokenNorms norms = tokenNorms(tokens.vectors, groups, threshold, bins);
    out.norms.insert(out.norms.end(), norms.norms.begin(), norms.norms.end());
    out.scores.insert(out.scores.end(), norms.scores.begin(), norms.scores.end());
    out.ranges.insert(out.ranges.end(), {norms.lowest, norms.highest});
    out.groups = static_cast<std::int64_t>(groups.size());
    std::vector<std::pair<double, std::vector<AnalysisCell>>> far;
    for (std::size_t at = 0; at < groups.size(); ++at) {
        const NormSummary& each = norms.groups[at];
        out.segments.rows.push_back({tokens.tensor, each.group, cell(each.count), cell(each.nonFinite), each.mean,
                                     each.median, each.mad, each.lowest, each.lowQuarter, each.highQuarter,
                                     each.highest, cell(each.outliers)});
        out.histograms.insert(out.histograms.end(), each.histogram.begin(), each.histogram.end());
        out.outlierCount += each.outliers;
        out.nonFinite += each.nonFinite;
        for (const std::int64_t row : groups[at].rows) {
            const auto i = static_cast<std::size_t>(row);
            if (norms.scores[i] > threshold)
                far.push_back({norms.scores[i],
                               {tokens.tensor, cell(tokens.positions[i]), tokenLabel(tokens, row), each.group,
                                norms.norms[i], norms.scores[i]}});
        }
    }
    std::stable_sort(far.begin(), far.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
    for (std::size_t at = 0; at < std::min(far.size(), kOutlierRows); ++at)
        out.outliers.rows.push_back(std::move(far[at].second));
}

Result<AnalysisResult> runNorms(const RunRecord& record, const inspect::AnalysisArguments& arguments,
                                const std::stop_token& stop)
{
    ArgumentReader read(arguments);
    const GroupBy by = read.groupBy();
    const double threshold = read.real("threshold", 0, 1e6);
    const std::int64_t bins = read.integer("bins", 1, 1000);
    if (read.problem())
        return tl::unexpected(*read.problem());
    std::vector<std::string> names = {read.text("tensor")};
    if (names.front() == "hidden.*")
        names = hiddenTensors(record);
    if (names.empty())
        return fail(ErrorCode::InvalidInput, "the record has no hidden states; ask again with capture hidden");
    AnalysisResult result;
    Layers layers;
    std::vector<TokenGroup> groups;
    std::int64_t tokenCount = 0;
    for (const std::string& name : names) {
        if (stop.stop_requested())
            return fail(ErrorCode::Cancelled, "the norms were stopped");
        const auto tokens = tokenVectors(record, name);
        if (!tokens)
            return tl::unexpected(tokens.error());
        auto found = tokenGroups(*tokens, read.text("segments"), by);
        if (!found)
            return tl::unexpected(found.error());
        if (!groups.empty() && (found->size() != groups.size() || tokens->size() != tokenCount))
            return fail(ErrorCode::InvalidInput,
                        fmt::format("{} has other tokens than {}; choose one of them", name, names.front()));
        groups = std::move(*found);
        tokenCount = tokens->size();
        addLayer(layers, *tokens, groups, threshold, bins);
        if (result.arrays.empty())
            addTokenArrays(result, *tokens);
    }
    const auto layerCount = static_cast<std::int64_t>(names.size());
    const auto groupCount = static_cast<std::int64_t>(groups.size());
    for (const auto& row : layers.segments.rows) {
        if (std::get<double>(row[6]) == 0)
            result.cautions.push_back(
                fmt::format("{} of {}: half of the norms are equal (MAD 0), so there is no outlier score",
                            std::get<std::string>(row[1]), std::get<std::string>(row[0])));
    }
    if (layers.nonFinite > 0)
        result.cautions.push_back(fmt::format("{} vectors hold NaN or infinite values", layers.nonFinite));
    result.numbers = {{"outliers", static_cast<double>(layers.outlierCount), "tokens"},
                      {"not finite", static_cast<double>(layers.nonFinite), "tokens"}};
    result.tables = {std::move(layers.segments), std::move(layers.outliers)};
    result.arrays["norms"] = arrayOf({"layer", "token"}, {layerCount, tokenCount}, layers.norms);
    result.arrays["scores"] = arrayOf({"layer", "token"}, {layerCount, tokenCount}, layers.scores);
    result.arrays["histograms"] =
        arrayOf({"layer", "segment", "bin"}, {layerCount, groupCount, bins}, layers.histograms);
    result.arrays["histogram range"] = arrayOf({"layer", "end"}, {layerCount, 2}, layers.ranges);
    return result;
}

// --- embedding-cosine ---

AnalysisEntry cosineEntry()
{
    return {"embedding-cosine",
            "Cosines inside and between segments",
            "x.y / (|x| |y|) of all pairs inside a segment (each once) and across two: exact means, quantiles and "
            "histograms of evenly "
            "spread samples, and the cosine matrix of a thinner sample",
            {tensorArgument(),
             segmentsArgument("all"),
             byArgument("kind"),
             {"most", "500", "tokens a segment in quantiles and histograms, 2 ... 4000"},
             {"matrix", "300", "tokens in the cosine matrix, spread evenly, 1 ... 5000"},
             {"bins", "40", "of the histograms from -1 to 1, 1 ... 1000"}},
            "vectors of tokens"};
}

Result<AnalysisResult> runCosine(const RunRecord& record, const inspect::AnalysisArguments& arguments,
                                 const std::stop_token& stop)
{
    ArgumentReader read(arguments);
    const GroupBy by = read.groupBy();
    const std::int64_t most = read.integer("most", 2, 4000);
    const std::int64_t matrix = read.integer("matrix", 1, 5000);
    const std::int64_t bins = read.integer("bins", 1, 1000);
    if (read.problem())
        return tl::unexpected(*read.problem());
    AnalysisResult result;
    const auto tokens = pickedTokens(record, read.text("tensor"), read.text("segments"), kManyVectors, result.cautions);
    if (!tokens)
        return tl::unexpected(tokens.error());
    const auto groups = tokenGroups(*tokens, "all", by);
    if (!groups)
        return tl::unexpected(groups.error());
    const auto summaries = cosineSummaries(tokens->vectors, *groups, most, bins, stop);
    if (!summaries)
        return tl::unexpected(summaries.error());
    AnalysisTable table{"cosines", {"left", "right", "mean", "5 %", "median", "95 %", "pairs sampled"}, {}};
    std::vector<std::int64_t> histograms;
    const std::size_t count = groups->size();
    std::vector<double> means(count * count);
    std::size_t at = 0;
    for (std::size_t i = 0; i < count; ++i) {
        for (std::size_t j = i; j < count; ++j, ++at) {
            const CosineSummary& each = (*summaries)[at];
            means[i * count + j] = means[j * count + i] = each.mean;
            table.rows.push_back(
                {each.left, each.right, each.mean, each.low, each.median, each.high, cell(each.pairs)});
            histograms.insert(histograms.end(), each.histogram.begin(), each.histogram.end());
        }
    }
    for (const TokenGroup& group : *groups) {
        if (static_cast<std::int64_t>(group.rows.size()) > most)
            result.cautions.push_back(
                fmt::format("quantiles and histograms of {} use {} of {} tokens", group.name, most, group.rows.size()));
        if (group.rows.size() < 2)
            result.cautions.push_back(group.name + " has one token, so nothing inside it to compare");
    }
    const auto segments = static_cast<std::int64_t>(count);
    result.tables.push_back(std::move(table));
    result.arrays["means"] = arrayOf({"segment", "segment"}, {segments, segments}, means);
    result.arrays["histograms"] =
        arrayOf({"pair", "bin"}, {static_cast<std::int64_t>(summaries->size()), bins}, histograms);
    std::vector<std::string> silent;
    const TokenVectors sample = thinnedTokens(*tokens, matrix, silent);
    const Matrix all = cosines(sample.vectors, sample.vectors);
    result.arrays["cosines"] = arrayOf({"token", "token"}, {all.rows, all.columns}, all.values);
    addTokenArrays(result, sample);
    return result;
}

// --- embedding-neighbours ---

AnalysisEntry neighboursEntry()
{
    return {"embedding-neighbours",
            "Nearest tokens in the full space",
            "the tokens nearest to one token by cosine or by Euclidean distance, in all dimensions",
            {{"position", "0",
              "the token: its position in the fused sequence; of patches and latents the row of the tensor"},
             tensorArgument(),
             {"segments", "all", "where to look: " + segmentsArgument("all").meaning},
             {"count", "10", "neighbours, 1 ... 100000"},
             {"metric", "cosine", "cosine or euclid"}},
            "vectors of tokens"};
}

Result<AnalysisResult> runNeighbours(const RunRecord& record, const inspect::AnalysisArguments& arguments,
                                     const std::stop_token& stop)
{
    ArgumentReader read(arguments);
    const std::int64_t position = read.integer("position", 0, std::int64_t{1} << 40);
    const std::int64_t count = read.integer("count", 1, 100000);
    const auto metric = static_cast<Metric>(read.choice("metric", {"cosine", "euclid"}));
    if (read.problem())
        return tl::unexpected(*read.problem());
    const auto all = tokenVectors(record, read.text("tensor"));
    if (!all)
        return tl::unexpected(all.error());
    const bool havePositions =
        std::any_of(all->positions.begin(), all->positions.end(), [](std::int64_t each) { return each >= 0; });
    const auto found = std::find(all->positions.begin(), all->positions.end(), position);
    const std::int64_t row = havePositions ? found - all->positions.begin() : position;
    if (row >= all->size())
        return fail(ErrorCode::InvalidInput, fmt::format("{} has no vector of position {}; it has {} vectors",
                                                         all->tensor, position, all->size()));
    const Matrix query = chosenRows(all->vectors, {row});
    if (finiteRows(query).empty())
        return fail(ErrorCode::InvalidInput,
                    fmt::format("the vector of position {} holds NaN or infinite values", position));
    AnalysisResult result;
    // The token itself is taken out before the search, so that equal vectors elsewhere are still found.
    std::vector<std::int64_t> others;
    for (std::int64_t i = 0; i < all->size(); ++i) {
        if (i != row)
            others.push_back(i);
    }
    const auto picked = tokensOfSegments(chosenTokens(*all, others), read.text("segments"));
    if (!picked)
        return tl::unexpected(picked.error());
    const TokenVectors among = finiteTokens(*picked, result.cautions);
    const auto near = nearestNeighbours(query, among.vectors, count, metric, false, stop);
    if (!near)
        return tl::unexpected(near.error());
    const Matrix nearest = chosenRows(among.vectors, near->indices);
    const Matrix angles = cosines(query, nearest);
    AnalysisTable table{"neighbours", {"rank", "position", "token", "segment", "cosine", "distance", "norm"}, {}};
    const std::vector<double> norms = rowNorms(nearest);
    for (std::int64_t at = 0; at < near->count; ++at) {
        const std::int64_t other = near->indices[static_cast<std::size_t>(at)];
        double squares = 0;
        for (std::int64_t column = 0; column < query.columns; ++column)
            squares +=
                std::pow(static_cast<double>(query.values[static_cast<std::size_t>(column)]) - nearest.row(at)[column],
                         2);
        table.rows.push_back(
            {cell(at + 1), cell(among.positions[static_cast<std::size_t>(other)]), tokenLabel(among, other),
             std::string(tokenKindName(among.kinds[static_cast<std::size_t>(other)])),
             static_cast<double>(angles.row(0)[at]), std::sqrt(squares), norms[static_cast<std::size_t>(at)]});
    }
    if (near->count < count)
        result.cautions.push_back(fmt::format("there are only {} other vectors", near->count));
    result.numbers.push_back({"norm", rowNorms(query).front(), ""});
    result.tables.push_back(std::move(table));
    addTokenArrays(result, chosenTokens(among, near->indices));
    return result;
}

}  // namespace

std::vector<inspect::RecordAnalysis> tokenAnalyses()
{
    return {{normsEntry(), runNorms}, {cosineEntry(), runCosine}, {neighboursEntry(), runNeighbours}};
}

}  // namespace armillary::embedding
