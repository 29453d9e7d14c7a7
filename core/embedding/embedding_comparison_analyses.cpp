// Alignment, modality gap, effective rank and discriminability of a record's tokens by name.
#include "embedding/alignment.h"
#include "embedding/discriminability.h"
#include "embedding/embedding_results.h"
#include "embedding/grid_pairing.h"
#include "embedding/modality_gap.h"
#include "embedding/spectrum.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace armillary::embedding {
namespace {

constexpr std::int64_t kManyVectors = 1'000'000;

// --- alignment ---

AnalysisEntry alignmentEntry()
{
    return {
        "alignment",
        "Alignment of two sets of vectors",
        "linear CKA (1905.00414) as it is and unbiased, mutual nearest neighbours by cosine (2405.07987), Procrustes "
        "distance "
        "(2108.01661) and SVCCA (1706.05806) of pairs, each with the band that permuted pairs give and, on grids, "
        "random "
        "toroidal shifts; grids of different sizes are first pooled to the smaller number of rows and columns by "
        "shared area",
        {{"first", "auto", tensorArgument().meaning},
         {"first-segments", "world", segmentsArgument("").meaning},
         {"second", "auto", tensorArgument().meaning},
         {"second-segments", "image", segmentsArgument("").meaning},
         {"pair", "auto",
          "grid (cells of one picture), position (the same positions of the sequence), or auto: grid when each side "
          "is one kind of image or world tokens"},
         {"first-frame", "0", "latent frame of world tokens on the first side, when paired by grid"},
         {"second-frame", "0", "the same of the second side"},
         {"media", "-1", "picture whose grids are paired; -1: the first of each side"},
         {"neighbours", "10", "of mutual kNN, 1 ... 1000"},
         {"draws", "200", "of the null bands of CKA and mutual kNN, 0 ... 10000"},
         {"svd-draws", "-1",
          "of those of Procrustes and SVCCA, which cost a decomposition each; -1: 50, fewer (5 at least) above 800 "
          "pairs"},
         {"most", "1000", "pairs by position at most, spread evenly; grids are never thinned"},
         seedArgument()},
        "vectors of tokens"};
}

// The one kind of all tokens, if it has grids.
std::optional<TokenKind> gridKind(const TokenVectors& tokens)
{
    if (tokens.kinds.empty() || !std::all_of(tokens.kinds.begin(), tokens.kinds.end(),
                                             [&](TokenKind kind) { return kind == tokens.kinds.front(); }))
        return std::nullopt;
    const TokenKind kind = tokens.kinds.front();
    return kind == TokenKind::Image || kind == TokenKind::World ? std::optional(kind) : std::nullopt;
}

struct PairRequest {
    std::size_t how = 0;  // auto, grid, position
    std::int32_t media = -1;
    std::int32_t firstFrame = 0, secondFrame = 0;
    std::int64_t most = 0;
};

Result<PairedVectors> paired(const TokenVectors& first, const TokenVectors& second, const PairRequest& request)
{
    const auto firstKind = gridKind(first);
    const auto secondKind = gridKind(second);
    const bool byGrid = request.how == 1 || (request.how == 0 && firstKind && secondKind);
    if (!byGrid) {
        auto out = pairedPositions(first, second);
        if (!out || out->x.rows <= request.most)
            return out;
        const auto kept = evenlyChosen(out->x.rows, request.most);
        out->cautions.push_back(fmt::format("{} of {} pairs were used, spread evenly", kept.size(), out->x.rows));
        out->x = chosenRows(out->x, kept);
        out->y = chosenRows(out->y, kept);
        return out;
    }
    if (!firstKind || !secondKind)
        return fail(
            ErrorCode::InvalidInput,
            "pairs by grid need one kind on each side: image or world; name it in first-segments and second-segments");
    const auto firstGrid = gridTokens(first, *firstKind, request.media, request.firstFrame);
    if (!firstGrid)
        return tl::unexpected(firstGrid.error());
    const auto secondGrid = gridTokens(second, *secondKind, request.media, request.secondFrame);
    if (!secondGrid)
        return tl::unexpected(secondGrid.error());
    auto out = pairedGrids(first, *firstGrid, second, *secondGrid);
    for (const GridTokens* grid : {&*firstGrid, &*secondGrid}) {
        if (out && grid->grid.kind == TokenKind::World && grid->grid.latentFrames > 1)
            out->cautions.push_back(fmt::format("latent frame {} of {} stands for the world",
                                                grid == &*firstGrid ? request.firstFrame : request.secondFrame,
                                                grid->grid.latentFrames));
    }
    return out;
}

// A decomposition costs n^3: as many as 50 of 800 pairs take, some half a minute.
std::int64_t affordableDraws(std::int64_t pairs)
{
    const double share = 800.0 / static_cast<double>(std::max<std::int64_t>(pairs, 1));
    return std::clamp<std::int64_t>(static_cast<std::int64_t>(50 * share * share * share), 5, 50);
}

Result<AnalysisResult> runAlignment(const RunRecord& record, const inspect::AnalysisArguments& arguments,
                                    const std::stop_token& stop)
{
    ArgumentReader read(arguments);
    PairRequest request;
    request.how = read.choice("pair", {"auto", "grid", "position"});
    request.media = static_cast<std::int32_t>(read.integer("media", -1, 100000));
    request.firstFrame = static_cast<std::int32_t>(read.integer("first-frame", 0, 100000));
    request.secondFrame = static_cast<std::int32_t>(read.integer("second-frame", 0, 100000));
    request.most = read.integer("most", 2, 20000);
    AlignmentOptions options;
    options.neighbours = read.integer("neighbours", 1, 1000);
    options.draws = read.integer("draws", 0, 10000);
    options.svdDraws = read.integer("svd-draws", -1, 10000);
    options.seed = read.seed();
    if (read.problem())
        return tl::unexpected(*read.problem());
    AnalysisResult result;
    const auto first =
        pickedTokens(record, read.text("first"), read.text("first-segments"), kManyVectors, result.cautions);
    if (!first)
        return tl::unexpected(first.error());
    const auto second =
        pickedTokens(record, read.text("second"), read.text("second-segments"), kManyVectors, result.cautions);
    if (!second)
        return tl::unexpected(second.error());
    const auto pairs = paired(*first, *second, request);
    if (!pairs)
        return tl::unexpected(pairs.error());
    if (options.svdDraws < 0)
        options.svdDraws = affordableDraws(pairs->x.rows);
    options.gridRows = pairs->gridRows;
    options.gridColumns = pairs->gridColumns;
    const auto aligned = alignment(pairs->x, pairs->y, options, stop);
    if (!aligned)
        return tl::unexpected(aligned.error());
    AnalysisTable table{"measures", {"measure", "value"}, {}};
    addBandColumns(table.columns, "permuted");
    addBandColumns(table.columns, "shifted");
    for (const AlignedMeasure& each : aligned->measures) {
        std::vector<AnalysisCell> row = {each.name, each.value};
        addBandCells(row, each.permuted);
        addBandCells(row, each.shifted.value_or(nullBand(each.value, {}, Agreement::Higher)));
        table.rows.push_back(std::move(row));
        result.numbers.push_back({each.name, each.value, ""});
    }
    result.numbers.push_back({"pairs", static_cast<double>(aligned->pairs), ""});
    result.numbers.push_back({"mutual kNN by chance", aligned->chanceNeighbours, ""});
    result.numbers.push_back({"SVCCA directions of the first", static_cast<double>(aligned->directionsX), ""});
    result.numbers.push_back({"SVCCA directions of the second", static_cast<double>(aligned->directionsY), ""});
    result.tables.push_back(std::move(table));
    result.cautions.insert(result.cautions.end(), pairs->cautions.begin(), pairs->cautions.end());
    result.cautions.insert(result.cautions.end(), aligned->cautions.begin(), aligned->cautions.end());
    const TurnedPair plane = turnedOnto(pairs->x, pairs->y, 3);
    result.arrays["first on its components"] =
        arrayOf({"pair", "component"}, {plane.x.rows, plane.x.columns}, plane.x.values);
    result.arrays["second turned onto the first"] =
        arrayOf({"pair", "component"}, {plane.y.rows, plane.y.columns}, plane.y.values);
    result.arrays["grid"] = arrayOf({"side"}, {2}, std::vector<std::int64_t>{pairs->gridRows, pairs->gridColumns});
    return result;
}

// --- modality-gap ---

AnalysisEntry modalityGapEntry()
{
    return {"modality-gap",
            "Modality gap",
            "distance of the mean unit vectors of two segments (2203.02053), area under the curve of a ridge probe "
            "that tells them "
            "apart, out of fold, and mean cosines inside and across; null bands permute the labels. A gap is normal: a "
            "change of it is the signal",
            {tensorArgument(),
             {"first", "world", segmentsArgument("").meaning},
             {"second", "image", segmentsArgument("").meaning},
             {"folds", "5", "of the cross validation, 2 ... 20"},
             {"draws", "200", "of the null bands, 0 ... 10000"},
             {"probe-most", "500", "tokens a side in the probe, spread evenly, 4 ... 5000"},
             {"ridge", "0.01", "of the probe, in units of the mean squared norm"},
             seedArgument()},
            "vectors of tokens"};
}

Result<AnalysisResult> runModalityGap(const RunRecord& record, const inspect::AnalysisArguments& arguments,
                                      const std::stop_token& stop)
{
    ArgumentReader read(arguments);
    ModalityGapOptions options;
    options.folds = read.integer("folds", 2, 20);
    options.draws = read.integer("draws", 0, 10000);
    options.probeMost = read.integer("probe-most", 4, 5000);
    options.ridge = read.real("ridge", 1e-9, 1e6);
    options.seed = read.seed();
    if (read.problem())
        return tl::unexpected(*read.problem());
    AnalysisResult result;
    const auto first = pickedTokens(record, read.text("tensor"), read.text("first"), kManyVectors, result.cautions);
    if (!first)
        return tl::unexpected(first.error());
    const auto second = pickedTokens(record, read.text("tensor"), read.text("second"), kManyVectors, result.cautions);
    if (!second)
        return tl::unexpected(second.error());
    const auto found = modalityGap(first->vectors, second->vectors, options, stop);
    if (!found)
        return tl::unexpected(found.error());
    result.cautions.insert(result.cautions.end(), found->cautions.begin(), found->cautions.end());
    result.numbers = {{"gap", found->gap, ""},
                      {"probe AUC", found->probeAuc, ""},
                      {"cosine inside the first", found->insideX, ""},
                      {"cosine inside the second", found->insideY, ""},
                      {"cosine across", found->across, ""},
                      {"tokens of the first", static_cast<double>(first->size()), ""},
                      {"tokens of the second", static_cast<double>(second->size()), ""}};
    AnalysisTable table{"measures", {"measure", "value"}, {}};
    addBandColumns(table.columns, "permuted");
    for (const auto& [name, value, band] :
         {std::tuple{"gap", found->gap, found->gapNull}, {"probe AUC", found->probeAuc, found->probeNull}}) {
        std::vector<AnalysisCell> row = {std::string(name), value};
        addBandCells(row, band);
        table.rows.push_back(std::move(row));
    }
    result.tables.push_back(std::move(table));
    return result;
}

// --- effective-rank ---

AnalysisEntry effectiveRankEntry()
{
    return {"effective-rank",
            "Effective rank of segments",
            "exp of the entropy of the singular values' shares (Roy and Vetterli 2007), participation ratio, "
            "components for 90, 95 and "
            "99 % of the variance; the null band permutes every column by itself. A linear projector of 16 channels "
            "gives at most 16",
            {tensorArgument(),
             segmentsArgument("all"),
             byArgument("kind"),
             {"centre", "on", "on: columns less their means, directions of the variance; off: the vectors as they are"},
             {"draws", "20", "of the null band, 0 ... 1000; each takes a decomposition"},
             {"most", "1000", "tokens a segment, spread evenly, 2 ... 20000"},
             seedArgument()},
            "vectors of tokens"};
}

Result<AnalysisResult> runEffectiveRank(const RunRecord& record, const inspect::AnalysisArguments& arguments,
                                        const std::stop_token& stop)
{
    ArgumentReader read(arguments);
    const GroupBy by = read.groupBy();
    const bool centre = read.flag("centre");
    const std::int64_t draws = read.integer("draws", 0, 1000);
    const std::int64_t most = read.integer("most", 2, 20000);
    const std::uint64_t seed = read.seed();
    if (read.problem())
        return tl::unexpected(*read.problem());
    AnalysisResult result;
    const auto tokens = pickedTokens(record, read.text("tensor"), read.text("segments"), kManyVectors, result.cautions);
    if (!tokens)
        return tl::unexpected(tokens.error());
    const auto groups = tokenGroups(*tokens, "all", by);
    if (!groups)
        return tl::unexpected(groups.error());
    AnalysisTable table{"segments", {"segment", "tokens", "dimensions", "effective rank"}, {}};
    addBandColumns(table.columns, "effective rank null");
    table.columns.emplace_back("participation ratio");
    addBandColumns(table.columns, "participation null");
    for (const char* name : {"rank", "for 90 %", "for 95 %", "for 99 %"})
        table.columns.emplace_back(name);
    for (const TokenGroup& group : *groups) {
        std::vector<std::int64_t> rows;
        for (const std::int64_t at : evenlyChosen(static_cast<std::int64_t>(group.rows.size()), most))
            rows.push_back(group.rows[static_cast<std::size_t>(at)]);
        if (rows.size() < group.rows.size())
            result.cautions.push_back(fmt::format("{}: {} of {} tokens were used, spread evenly", group.name,
                                                  rows.size(), group.rows.size()));
        const auto found = spectrum(chosenRows(tokens->vectors, rows), centre, draws, seed, stop);
        if (!found)
            return tl::unexpected(found.error());
        for (const std::string& caution : found->cautions)
            result.cautions.push_back(group.name + ": " + caution);
        std::vector<AnalysisCell> row = {group.name, cell(static_cast<std::int64_t>(rows.size())),
                                         cell(tokens->vectors.columns), found->measures.effectiveRank};
        addBandCells(row, found->effectiveRankNull);
        row.emplace_back(found->measures.participationRatio);
        addBandCells(row, found->participationNull);
        for (const std::int64_t count : {found->measures.rank, found->measures.componentsFor90,
                                         found->measures.componentsFor95, found->measures.componentsFor99})
            row.push_back(cell(count));
        table.rows.push_back(std::move(row));
        result.numbers.push_back({"effective rank of " + group.name, found->measures.effectiveRank, ""});
        result.arrays["singular values of " + group.name] =
            arrayOf({"direction"}, {static_cast<std::int64_t>(found->singularValues.size())}, found->singularValues);
    }
    result.tables.push_back(std::move(table));
    return result;
}

// --- discriminability ---

AnalysisEntry discriminabilityEntry()
{
    return {"discriminability",
            "How well segments can be told apart",
            "leave-one-out k-NN accuracy, silhouette, F-ratio (between over within mean squares) and its share by "
            "dimension, with segments "
            "as labels; null bands permute the labels",
            {tensorArgument(),
             segmentsArgument("image,world"),
             byArgument("kind"),
             {"neighbours", "5", "of the k-NN accuracy, 1 ... 1000"},
             {"standardise", "off", "on: every dimension to deviation 1 first"},
             {"draws", "200", "of the null bands, 0 ... 10000"},
             mostArgument("1500"),
             seedArgument()},
            "vectors of tokens"};
}

Result<AnalysisResult> runDiscriminability(const RunRecord& record, const inspect::AnalysisArguments& arguments,
                                           const std::stop_token& stop)
{
    ArgumentReader read(arguments);
    const GroupBy by = read.groupBy();
    DiscriminabilityOptions options;
    options.neighbours = read.integer("neighbours", 1, 1000);
    options.standardise = read.flag("standardise");
    options.draws = read.integer("draws", 0, 10000);
    options.seed = read.seed();
    const std::int64_t most = read.integer("most", 3, 10000);
    if (read.problem())
        return tl::unexpected(*read.problem());
    AnalysisResult result;
    const auto tokens = pickedTokens(record, read.text("tensor"), read.text("segments"), most, result.cautions);
    if (!tokens)
        return tl::unexpected(tokens.error());
    const auto groups = tokenGroups(*tokens, "all", by);
    if (!groups)
        return tl::unexpected(groups.error());
    std::vector<std::int64_t> labels(static_cast<std::size_t>(tokens->size()), 0);
    AnalysisTable classes{"classes", {"label", "segment", "tokens"}, {}};
    for (std::size_t label = 0; label < groups->size(); ++label) {
        for (const std::int64_t row : (*groups)[label].rows)
            labels[static_cast<std::size_t>(row)] = static_cast<std::int64_t>(label);
        classes.rows.push_back({cell(static_cast<std::int64_t>(label)), (*groups)[label].name,
                                cell(static_cast<std::int64_t>((*groups)[label].rows.size()))});
    }
    const auto found = discriminability(tokens->vectors, labels, options, stop);
    if (!found)
        return tl::unexpected(found.error());
    result.cautions.insert(result.cautions.end(), found->cautions.begin(), found->cautions.end());
    AnalysisTable table{"measures", {"measure", "value"}, {}};
    addBandColumns(table.columns, "permuted");
    for (const auto& [name, value, band] : {std::tuple{"k-NN accuracy", found->accuracy, found->accuracyNull},
                                            {"silhouette", found->silhouette, found->silhouetteNull},
                                            {"F-ratio", found->fRatio, found->fRatioNull}}) {
        std::vector<AnalysisCell> row = {std::string(name), value};
        addBandCells(row, band);
        table.rows.push_back(std::move(row));
        result.numbers.push_back({name, value, ""});
    }
    result.numbers.push_back({"largest class", found->largestClass, ""});
    result.tables = {std::move(table), std::move(classes)};
    const std::int64_t dimensions = static_cast<std::int64_t>(found->channelFRatios.size());
    result.arrays["F-ratio by dimension"] = arrayOf({"dimension"}, {dimensions}, found->channelFRatios);
    result.arrays["importance by dimension"] = arrayOf({"dimension"}, {dimensions}, found->channelImportance);
    result.arrays["accuracy lost without dimension"] =
        arrayOf({"dimension"}, {static_cast<std::int64_t>(found->accuracyLoss.size())}, found->accuracyLoss);
    return result;
}

}  // namespace

std::vector<inspect::RecordAnalysis> comparisonAnalyses()
{
    return {{alignmentEntry(), runAlignment},
            {modalityGapEntry(), runModalityGap},
            {effectiveRankEntry(), runEffectiveRank},
            {discriminabilityEntry(), runDiscriminability}};
}

}  // namespace armillary::embedding
