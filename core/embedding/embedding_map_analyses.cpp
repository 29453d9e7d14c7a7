// Principal components, their colours, t-SNE and UMAP of a record's tokens by name.
#include "embedding/embedding_results.h"
#include "embedding/principal_components.h"
#include "embedding/tsne.h"
#include "embedding/umap.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <map>

namespace armillary::embedding {
namespace {

constexpr std::int64_t kManyVectors = 1'000'000;

AnalysisArgument methodArgument()
{
    return {"method", "automatic",
            "exact (eigenvectors), randomised (Halko et al. 2011, from the seed), or automatic: exact up to "
            "min(tokens, dimensions) = 1024"};
}

PcaMethod methodOf(ArgumentReader& read)
{
    return static_cast<PcaMethod>(read.choice("method", {"automatic", "exact", "randomised"}));
}

void addComponents(AnalysisResult& result, const PrincipalComponents& found)
{
    AnalysisTable table{"components", {"component", "variance", "share", "share up to here"}, {}};
    double sum = 0;
    for (std::size_t i = 0; i < found.variances.size(); ++i) {
        sum += found.shares[i];
        table.rows.push_back({cell(static_cast<std::int64_t>(i) + 1), found.variances[i], found.shares[i], sum});
    }
    result.numbers.push_back({"total variance", found.totalVariance, ""});
    result.numbers.push_back({"explained", sum, ""});
    result.numbers.push_back({"randomised", found.isRandomised ? 1.0 : 0.0, ""});
    result.tables.push_back(std::move(table));
    result.cautions.insert(result.cautions.end(), found.cautions.begin(), found.cautions.end());
}

// --- pca ---

AnalysisEntry pcaEntry()
{
    return {"pca",
            "Principal components",
            "leading eigenvectors of the covariance of the chosen tokens, explained variance, and each token's scores; "
            "signs follow a "
            "positive skew",
            {tensorArgument(),
             segmentsArgument("all"),
             {"normalise", "off", "on: vectors divided by their norms first"},
             {"components", "10", "1 ... 512"},
             methodArgument(),
             mostArgument("100000"),
             seedArgument()},
            "vectors of tokens"};
}

Result<AnalysisResult> runPca(const RunRecord& record, const inspect::AnalysisArguments& arguments,
                              const std::stop_token& stop)
{
    ArgumentReader read(arguments);
    const bool normalise = read.flag("normalise");
    PcaOptions options;
    options.components = read.integer("components", 1, 512);
    options.method = methodOf(read);
    options.seed = read.seed();
    const std::int64_t most = read.integer("most", 2, kManyVectors);
    if (read.problem())
        return tl::unexpected(*read.problem());
    AnalysisResult result;
    const auto tokens = pickedTokens(record, read.text("tensor"), read.text("segments"), most, result.cautions);
    if (!tokens)
        return tl::unexpected(tokens.error());
    const auto found = principalComponents(normalise ? unitRows(tokens->vectors) : tokens->vectors, options, stop);
    if (!found)
        return tl::unexpected(found.error());
    addComponents(result, *found);
    if (tokens->size() < tokens->vectors.columns)
        result.cautions.push_back(fmt::format("{} tokens of {} dimensions: at most {} components hold everything",
                                              tokens->size(), tokens->vectors.columns,
                                              std::max<std::int64_t>(tokens->size() - 1, 0)));
    addTokenArrays(result, *tokens);
    result.arrays["scores"] =
        arrayOf({"token", "component"}, {found->scores.rows, found->scores.columns}, found->scores.values);
    result.arrays["axes"] =
        arrayOf({"component", "dimension"}, {found->axes.rows, found->axes.columns}, found->axes.values);
    return result;
}

// --- pca-rgb ---

AnalysisEntry pcaRgbEntry()
{
    return {"pca-rgb",
            "Components as colours",
            "the first three components of all chosen tokens as red, green and blue, clipped at 1 and 99 %; one basis "
            "and one range for "
            "all pictures and times, so equal colours mean equal scores (DINOv2, arXiv 2304.07193)",
            {tensorArgument(),
             segmentsArgument("image,world"),
             {"normalise", "off",
              "on: vectors divided by their norms first, so that a few long tokens do not take the colours"},
             methodArgument(),
             seedArgument()},
            "vectors of image or world tokens"};
}

// Arrays [latent frame, row, column, colour], one a grid; NaN where a cell has no token.
void addColourGrids(AnalysisResult& result, const TokenVectors& tokens, const Matrix& colours)
{
    for (const TokenGrid& grid : tokens.grids) {
        const std::int64_t frames = grid.kind == TokenKind::World ? grid.latentFrames : 1;
        const std::vector<std::int64_t> shape = {frames, grid.rows, grid.columns, 3};
        std::vector<float> cells(static_cast<std::size_t>(frames * grid.rows * grid.columns * 3),
                                 std::numeric_limits<float>::quiet_NaN());
        bool any = false;
        for (std::int64_t i = 0; i < tokens.size(); ++i) {
            const TokenOrigin& origin = tokens.origins[static_cast<std::size_t>(i)];
            const bool isOfGrid = tokens.kinds[static_cast<std::size_t>(i)] == grid.kind &&
                                  origin.media == grid.media &&
                                  (grid.kind == TokenKind::World || origin.crop == grid.crop);
            const std::int64_t frame = grid.kind == TokenKind::World ? origin.latentFrame : 0;
            const bool hasPlace = frame >= 0 && frame < frames && origin.row >= 0 && origin.row < grid.rows &&
                                  origin.column >= 0 && origin.column < grid.columns;
            if (!isOfGrid || !hasPlace)
                continue;
            any = true;
            std::copy_n(colours.row(i), 3,
                        cells.begin() + ((frame * grid.rows + origin.row) * grid.columns + origin.column) * 3);
        }
        if (any)
            result.arrays[grid.kind == TokenKind::World ? fmt::format("world.{}", grid.media)
                                                        : fmt::format("image.{}.{}", grid.media, grid.crop)] =
                arrayOf({"latent frame", "row", "column", "colour"}, shape, cells);
    }
}

Result<AnalysisResult> runPcaRgb(const RunRecord& record, const inspect::AnalysisArguments& arguments,
                                 const std::stop_token& stop)
{
    ArgumentReader read(arguments);
    const bool normalise = read.flag("normalise");
    const PcaOptions options{.components = 3, .method = methodOf(read), .seed = read.seed()};
    if (read.problem())
        return tl::unexpected(*read.problem());
    AnalysisResult result;
    const auto tokens = pickedTokens(record, read.text("tensor"), read.text("segments"), kManyVectors, result.cautions);
    if (!tokens)
        return tl::unexpected(tokens.error());
    const auto found = principalComponents(normalise ? unitRows(tokens->vectors) : tokens->vectors, options, stop);
    if (!found)
        return tl::unexpected(found.error());
    addComponents(result, *found);
    const Matrix colours = coloursFromScores(found->scores);
    addColourGrids(result, *tokens, colours);
    addTokenArrays(result, *tokens);
    result.arrays["colours"] = arrayOf({"token", "colour"}, {colours.rows, colours.columns}, colours.values);
    return result;
}

// --- tsne and umap ---

const char* const kMapCare = "; distances between clusters and sizes of clusters mean nothing";

AnalysisArgument normaliseArgument()
{
    return {"normalise", "on",
            "vectors divided by their norms first; off lets a few long tokens decide the map (tensorboard issue 6271)"};
}

void addMap(AnalysisResult& result, const PointMap& map, const TokenVectors& tokens)
{
    result.numbers.push_back({"trustworthiness", map.trustworthiness, ""});
    result.numbers.push_back({"tokens", static_cast<double>(tokens.size()), ""});
    result.cautions.insert(result.cautions.end(), map.cautions.begin(), map.cautions.end());
    if (map.trustworthiness < 0.8)
        result.cautions.push_back(
            fmt::format("trustworthiness is {:.2f}: many neighbours in this map are none in the full space",
                        map.trustworthiness));
    addTokenArrays(result, tokens);
    result.arrays["points"] = arrayOf({"token", "axis"}, {map.points.rows, map.points.columns}, map.points.values);
}

AnalysisEntry tsneEntry()
{
    return {"tsne",
            "t-SNE map",
            std::string("points of a plane whose neighbourhoods are those of the full space (Kobak and Berens 2019: "
                        "PCA start, rate "
                        "n / 12, exaggeration 12); trustworthiness over 10 neighbours") +
                kMapCare,
            {tensorArgument(),
             segmentsArgument("all"),
             normaliseArgument(),
             {"components", "50", "principal components that the distances are taken in; 0: all dimensions"},
             {"perplexity", "30", "neighbours that count, cut to (tokens - 1) / 3"},
             {"steps", "1000", "10 ... 10000"},
             {"exaggerated-steps", "250", "of them with attraction multiplied"},
             {"exaggeration", "12", "by this, 1 ... 100"},
             {"learning-rate", "0", "0: max(200, tokens / 12)"},
             {"theta", "0.5", "of Barnes and Hut, 0 (exact) ... 0.7"},
             mostArgument("4200"),
             seedArgument()},
            "vectors of tokens"};
}

Result<AnalysisResult> runTsne(const RunRecord& record, const inspect::AnalysisArguments& arguments,
                               const std::stop_token& stop)
{
    ArgumentReader read(arguments);
    TsneOptions options;
    options.normalise = read.flag("normalise");
    options.components = read.integer("components", 0, 100000);
    options.perplexity = read.real("perplexity", 1, 10000);
    options.steps = read.integer("steps", 10, 10000);
    options.exaggeratedSteps = read.integer("exaggerated-steps", 0, 10000);
    options.exaggeration = read.real("exaggeration", 1, 100);
    options.learningRate = read.real("learning-rate", 0, 1e6);
    options.theta = read.real("theta", 0, 0.7);
    options.seed = read.seed();
    const std::int64_t most = read.integer("most", 4, 100000);
    if (read.problem())
        return tl::unexpected(*read.problem());
    AnalysisResult result;
    const auto tokens = pickedTokens(record, read.text("tensor"), read.text("segments"), most, result.cautions);
    if (!tokens)
        return tl::unexpected(tokens.error());
    const auto map = tsne(tokens->vectors, options, stop);
    if (!map)
        return tl::unexpected(map.error());
    addMap(result, *map, *tokens);
    const TsneOptions used = tsneDefaultsFor(tokens->size(), options);
    result.numbers.push_back({"perplexity", used.perplexity, ""});
    result.numbers.push_back({"learning rate", used.learningRate, ""});
    result.numbers.push_back(
        {"divergence", map->trace.empty() ? std::numeric_limits<double>::quiet_NaN() : map->trace.back(), "nats"});
    result.arrays["divergence"] = arrayOf({"fifty steps"}, {static_cast<std::int64_t>(map->trace.size())}, map->trace);
    return result;
}

AnalysisEntry umapEntry()
{
    return {"umap",
            "UMAP map",
            std::string("points of a plane that keep a weighted graph of nearest neighbours by cosine (arXiv "
                        "1802.03426), started from "
                        "principal components; trustworthiness over 10 neighbours") +
                kMapCare,
            {tensorArgument(),
             segmentsArgument("all"),
             {"normalise", "on", "on: cosine distances; off: Euclidean distances of the vectors as they are"},
             {"components", "0", "principal components that the distances are taken in; 0: all dimensions"},
             {"neighbours", "15", "of each token, itself the first, 2 ... 200"},
             {"min-dist", "0.1", "how near points may lie in the map, 0 ... 3"},
             {"epochs", "0", "0: 500, above 10,000 tokens 200"},
             mostArgument("4200"),
             seedArgument()},
            "vectors of tokens"};
}

Result<AnalysisResult> runUmap(const RunRecord& record, const inspect::AnalysisArguments& arguments,
                               const std::stop_token& stop)
{
    ArgumentReader read(arguments);
    UmapOptions options;
    options.normalise = read.flag("normalise");
    options.components = read.integer("components", 0, 100000);
    options.neighbours = read.integer("neighbours", 2, 200);
    options.minDistance = read.real("min-dist", 0, 3);
    options.epochs = read.integer("epochs", 0, 100000);
    options.seed = read.seed();
    const std::int64_t most = read.integer("most", 4, 100000);
    if (read.problem())
        return tl::unexpected(*read.problem());
    AnalysisResult result;
    const auto tokens = pickedTokens(record, read.text("tensor"), read.text("segments"), most, result.cautions);
    if (!tokens)
        return tl::unexpected(tokens.error());
    const auto map = umap(tokens->vectors, options, stop);
    if (!map)
        return tl::unexpected(map.error());
    addMap(result, *map, *tokens);
    return result;
}

}  // namespace

std::vector<inspect::RecordAnalysis> mapAnalyses()
{
    return {{pcaEntry(), runPca}, {pcaRgbEntry(), runPcaRgb}, {tsneEntry(), runTsne}, {umapEntry(), runUmap}};
}

}  // namespace armillary::embedding
