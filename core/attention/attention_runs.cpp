#include "attention/attention_runs.h"

#include "attention/attention_map.h"
#include "attention/attention_results.h"
#include "attention/attention_rollout.h"
#include "attention/attention_row.h"
#include "attention/attention_sinks.h"
#include "attention/head_measures.h"
#include "attention/segment_mass.h"
#include "attention/segments.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>
#include <utility>

namespace armillary::attention {
namespace {

using inspect::AnalysisArguments;

constexpr const char* kNotAReason =
    "a weight says where a head looks, not what the answer rests on; knock-outs and ablations test that";

// What every analysis of rows starts with.
struct Rows {
    RecordAttention attention;
    std::vector<std::int64_t> layers;
    std::vector<std::int64_t> positions;
};

Result<Rows> rowsFromArguments(const RunRecord& record, const AnalysisArguments& arguments)
{
    auto opened = RecordAttention::open(record);
    if (!opened)
        return tl::unexpected(opened.error());
    const RecordAttention& attention = *opened;
    const auto every = arguments.integer("every", 1, 1 << 30);
    if (!every)
        return tl::unexpected(every.error());
    auto layers = layersFromText(attention, arguments.text("layer"));
    if (!layers)
        return tl::unexpected(layers.error());
    auto positions = positionsFromText(attention, arguments.text("positions"), *every);
    if (!positions)
        return tl::unexpected(positions.error());
    return Rows{std::move(*opened), std::move(*layers), std::move(*positions)};
}

std::int64_t sizeOf(const std::vector<std::int64_t>& values)
{
    return static_cast<std::int64_t>(values.size());
}

// The mean of the values that are numbers; NaN when none is.
double meanOfNumbers(std::span<const double> values)
{
    double sum = 0;
    std::int64_t count = 0;
    for (const double value : values) {
        if (std::isnan(value))
            continue;
        sum += value;
        ++count;
    }
    return count > 0 ? sum / static_cast<double>(count) : std::nan("");
}

// [layer, head] as a table, for the terminal.
AnalysisTable matrixTable(const std::vector<std::int64_t>& layers, std::int64_t heads, std::span<const double> values)
{
    AnalysisTable out{"matrix", {"layer"}, {}};
    for (std::int64_t head = 0; head < heads; ++head)
        out.columns.push_back(fmt::format("head {}", head));
    for (std::size_t i = 0; i < layers.size(); ++i) {
        std::vector<AnalysisCell> row{static_cast<double>(layers[i])};
        for (std::int64_t head = 0; head < heads; ++head)
            row.emplace_back(values[i * static_cast<std::size_t>(heads) + static_cast<std::size_t>(head)]);
        out.rows.push_back(std::move(row));
    }
    return out;
}

Outcome headResult(HeadMeasure measure, const std::string& unit, const Rows& rows, const std::stop_token& stop)
{
    const auto matrix = headMeasure(rows.attention, measure, rows.layers, rows.positions, stop);
    if (!matrix)
        return tl::unexpected(matrix.error());
    AnalysisResult out;
    const std::int64_t layers = sizeOf(matrix->layers);
    out.arrays["matrix"] = arrayOf({"layer", "head"}, {layers, matrix->heads}, std::span<const double>(matrix->mean));
    out.arrays["by row"] = arrayOf({"layer", "head", "query"}, {layers, matrix->heads, sizeOf(rows.positions)},
                                   std::span<const float>(matrix->byRow));
    out.arrays["queries"] = arrayOf({"query"}, {sizeOf(rows.positions)}, std::span<const std::int64_t>(rows.positions));
    out.tables.push_back(matrixTable(matrix->layers, matrix->heads, matrix->mean));
    out.numbers.push_back({"mean", meanOfNumbers(matrix->mean), unit});
    out.numbers.push_back({"queries", static_cast<double>(rows.positions.size()), ""});
    if (auto added = addSource(out, rows.attention, rows.layers, matrix->rowsLeftOut, stop); !added)
        return tl::unexpected(added.error());
    return out;
}

}  // namespace

Outcome runRow(const RunRecord& record, const AnalysisArguments& arguments, const std::stop_token& stop)
{
    const auto attention = RecordAttention::open(record);
    if (!attention)
        return tl::unexpected(attention.error());
    RowRequest request;
    const auto position = positionFromText(*attention, arguments.text("position"));
    auto layers = layersFromText(*attention, arguments.text("layer"));
    auto wanted = weightsFromArguments(*attention, arguments);
    if (!position)
        return tl::unexpected(position.error());
    if (!layers)
        return tl::unexpected(layers.error());
    if (!wanted)
        return tl::unexpected(wanted.error());
    request = {*position, std::move(*layers), wanted->head, std::move(wanted->view), wanted->nearZero};
    const auto row = attentionRow(*attention, request, stop);
    if (!row)
        return tl::unexpected(row.error());
    AnalysisResult out;
    const std::vector<std::int64_t> shape{sizeOf(row->layers), row->heads, row->keys};
    out.arrays["weights"] = arrayOf({"layer", "head", "key"}, shape, std::span<const float>(row->weights));
    out.arrays["states"] = arrayOf({"layer", "head", "key"}, shape, std::span<const CellState>(row->states));
    out.arrays["mean"] = arrayOf({"key"}, {row->keys}, std::span<const float>(row->mean));
    addGrids(out, *attention, row->mean);
    out.tables.push_back(strongestTable(*attention, row->mean, "mean weight"));
    if (request.view.view == WeightView::SinksRemoved)
        out.tables.push_back(sinkTable(*attention, row->sinksRemoved));
    out.numbers.push_back({"position", static_cast<double>(row->position), ""});
    out.cautions.emplace_back(kNotAReason);
    if (request.view.view == WeightView::Corrected)
        out.cautions.emplace_back(
            "corrected weights may be negative and do not sum to 1; look at the raw ones beside them");
    if (auto added = addSource(out, *attention, request.layers, row->rowsLeftOut, stop); !added)
        return tl::unexpected(added.error());
    return out;
}

Outcome runMap(const RunRecord& record, const AnalysisArguments& arguments, const std::stop_token& stop)
{
    const auto attention = RecordAttention::open(record);
    if (!attention)
        return tl::unexpected(attention.error());
    const auto layer = arguments.integer("layer", 0, attention->layers() - 1);
    const auto bins = arguments.integer("bins", 1, 4096);
    auto wanted = weightsFromArguments(*attention, arguments);
    if (!layer)
        return tl::unexpected(layer.error());
    if (!bins)
        return tl::unexpected(bins.error());
    if (!wanted)
        return tl::unexpected(wanted.error());
    const auto map =
        attentionMap(*attention, {*layer, wanted->head, *bins, std::move(wanted->view), wanted->nearZero}, stop);
    if (!map)
        return tl::unexpected(map.error());
    AnalysisResult out;
    const std::vector<std::int64_t> shape{map->rows(), map->columns()};
    out.arrays["mean"] = arrayOf({"query bin", "key bin"}, shape, std::span<const float>(map->mean));
    out.arrays["maximum"] = arrayOf({"query bin", "key bin"}, shape, std::span<const float>(map->maximum));
    out.arrays["states"] = arrayOf({"query bin", "key bin"}, shape, std::span<const CellState>(map->states));
    out.arrays["queries"] = arrayOf({"query"}, {sizeOf(map->queries)}, std::span<const std::int64_t>(map->queries));
    out.arrays["row edges"] = arrayOf({"edge"}, {sizeOf(map->rowEdges)}, std::span<const std::int64_t>(map->rowEdges));
    out.arrays["column edges"] =
        arrayOf({"edge"}, {sizeOf(map->columnEdges)}, std::span<const std::int64_t>(map->columnEdges));
    out.cautions.emplace_back(kNotAReason);
    if (map->columns() < map->keys)
        out.cautions.emplace_back("bins hold several keys: one strong key vanishes in the mean, the maximum shows it");
    const std::int64_t layers[] = {*layer};
    if (auto added = addSource(out, *attention, layers, map->rowsLeftOut, stop); !added)
        return tl::unexpected(added.error());
    return out;
}

Outcome runMatrix(const RunRecord& record, const AnalysisArguments& arguments, const std::stop_token& stop)
{
    const auto measure =
        arguments.choice("measure", {"mass", "lift", "entropy", "entropy-bits", "distance", "maximum"});
    if (!measure)
        return tl::unexpected(measure.error());
    const auto rows = rowsFromArguments(record, arguments);
    if (!rows)
        return tl::unexpected(rows.error());
    switch (*measure) {
    case 2: return headResult(HeadMeasure::Entropy, "", *rows, stop);
    case 3: return headResult(HeadMeasure::EntropyBits, "bits", *rows, stop);
    case 4: return headResult(HeadMeasure::Distance, "positions", *rows, stop);
    case 5: return headResult(HeadMeasure::Maximum, "", *rows, stop);
    default: break;
    }
    const Segmentation segments = segmentsByKind(rows->attention);
    const auto segment = segments.find(arguments.text("segment"));
    if (!segment)
        return fail(ErrorCode::InvalidInput,
                    fmt::format("segment is '{}', it must be a kind: text, control, image, world, bracket, generated",
                                arguments.text("segment")));
    const auto mass = segmentMass(rows->attention, segments, rows->layers, rows->positions, stop);
    if (!mass)
        return tl::unexpected(mass.error());
    std::vector<double> values;
    for (std::int64_t layer = 0; layer < sizeOf(mass->layers); ++layer) {
        for (std::int64_t head = 0; head < mass->heads; ++head)
            values.push_back((*measure == 0 ? mass->mass : mass->lift)[mass->index(layer, head, 0, *segment)]);
    }
    AnalysisResult out;
    out.arrays["matrix"] =
        arrayOf({"layer", "head"}, {sizeOf(mass->layers), mass->heads}, std::span<const double>(values));
    out.tables.push_back(matrixTable(mass->layers, mass->heads, values));
    out.numbers.push_back({"mean", meanOfNumbers(values), ""});
    out.numbers.push_back({"queries", static_cast<double>(rows->positions.size()), ""});
    if (std::isnan(out.numbers.front().value))
        out.cautions.push_back(
            fmt::format("no query sees a key of segment {}: order or the window hides it, or the sequence has none",
                        arguments.text("segment")));
    if (auto added = addSource(out, rows->attention, rows->layers, mass->rowsLeftOut, stop); !added)
        return tl::unexpected(added.error());
    return out;
}

Outcome runEntropy(const RunRecord& record, const AnalysisArguments& arguments, const std::stop_token& stop)
{
    const auto rows = rowsFromArguments(record, arguments);
    if (!rows)
        return tl::unexpected(rows.error());
    return headResult(HeadMeasure::Entropy, "", *rows, stop);
}

Outcome runMass(const RunRecord& record, const AnalysisArguments& arguments, const std::stop_token& stop)
{
    const auto rows = rowsFromArguments(record, arguments);
    if (!rows)
        return tl::unexpected(rows.error());
    const auto mass =
        segmentMass(rows->attention, segmentsByKind(rows->attention), rows->layers, rows->positions, stop);
    if (!mass)
        return tl::unexpected(mass.error());
    AnalysisResult out;
    const std::int64_t parts = mass->segments.count();
    const std::vector<std::int64_t> shape{sizeOf(mass->layers), mass->heads, parts};
    out.arrays["mass"] = arrayOf({"layer", "head", "segment"}, shape, std::span<const double>(mass->mass));
    out.arrays["lift"] = arrayOf({"layer", "head", "segment"}, shape, std::span<const double>(mass->lift));
    out.arrays["by query"] =
        arrayOf({"query", "segment"}, {sizeOf(rows->positions), parts}, std::span<const double>(mass->byQuery));
    out.arrays["queries"] =
        arrayOf({"query"}, {sizeOf(rows->positions)}, std::span<const std::int64_t>(rows->positions));
    AnalysisTable table{"segments", {"segment", "tokens", "mass", "lift"}, {}};
    const std::vector<std::int64_t> sizes = mass->segments.sizes();
    for (std::int64_t part = 0; part < parts; ++part) {
        std::vector<double> masses, lifts;
        for (std::size_t cell = static_cast<std::size_t>(part); cell < mass->mass.size();
             cell += static_cast<std::size_t>(parts)) {
            masses.push_back(mass->mass[cell]);
            lifts.push_back(mass->lift[cell]);
        }
        const std::string& name = mass->segments.names[static_cast<std::size_t>(part)];
        table.rows.push_back({name, static_cast<double>(sizes[static_cast<std::size_t>(part)]), meanOfNumbers(masses),
                              meanOfNumbers(lifts)});
        out.numbers.push_back({"mass " + name, meanOfNumbers(masses), ""});
        out.numbers.push_back({"lift " + name, meanOfNumbers(lifts), ""});
    }
    out.tables.push_back(std::move(table));
    out.numbers.push_back({"queries", static_cast<double>(rows->positions.size()), ""});
    out.cautions.emplace_back(
        "compare segments of different size by their lift: raw mass grows with the number of tokens");
    if (std::any_of(mass->lift.begin(), mass->lift.end(), [](double lift) { return std::isnan(lift); }))
        out.cautions.emplace_back(
            "no number: no query sees the segment (the sequence has none, or order or the window hides it)");
    if (auto added = addSource(out, rows->attention, rows->layers, mass->rowsLeftOut, stop); !added)
        return tl::unexpected(added.error());
    return out;
}

Outcome runSinks(const RunRecord& record, const AnalysisArguments& arguments, const std::stop_token& stop)
{
    const auto rows = rowsFromArguments(record, arguments);
    if (!rows)
        return tl::unexpected(rows.error());
    const auto threshold = arguments.real("threshold", 0, 1);
    const auto least = arguments.integer("least-queries", 1, 1 << 30);
    if (!threshold)
        return tl::unexpected(threshold.error());
    if (!least)
        return tl::unexpected(least.error());
    const auto means = columnMeans(rows->attention, rows->layers, rows->positions, Queries::Later, stop);
    if (!means)
        return tl::unexpected(means.error());
    const std::vector<AttentionSink> sinks = attentionSinks(*means, *threshold, *least);
    AnalysisResult out;
    const std::int64_t layers = sizeOf(means->layers);
    std::vector<std::int64_t> counts(static_cast<std::size_t>(layers * means->heads), 0);
    std::vector<double> mass(counts.size(), 0.0);
    std::set<std::int64_t> positions;
    for (const AttentionSink& sink : sinks) {
        const auto layer = std::find(means->layers.begin(), means->layers.end(), sink.layer) - means->layers.begin();
        const auto cell = static_cast<std::size_t>(layer * means->heads + sink.head);
        ++counts[cell];
        mass[cell] += sink.mean;
        positions.insert(sink.position);
    }
    const auto heads = static_cast<double>(counts.size());
    const auto with =
        static_cast<double>(std::count_if(counts.begin(), counts.end(), [](std::int64_t count) { return count > 0; }));
    out.arrays["means"] =
        arrayOf({"layer", "head", "key"}, {layers, means->heads, means->keys}, std::span<const float>(means->means));
    out.arrays["sinks"] = arrayOf({"layer", "head"}, {layers, means->heads}, std::span<const std::int64_t>(counts));
    out.arrays["sink mass"] = arrayOf({"layer", "head"}, {layers, means->heads}, std::span<const double>(mass));
    out.tables.push_back(sinkTable(rows->attention, sinks));
    out.numbers.push_back({"sinks", static_cast<double>(sinks.size()), "of a layer and head"});
    out.numbers.push_back({"sink positions", static_cast<double>(positions.size()), ""});
    out.numbers.push_back({"heads with a sink", heads > 0 ? with / heads : std::nan(""), "share"});
    out.numbers.push_back({"queries", static_cast<double>(rows->positions.size()), ""});
    out.cautions.emplace_back(
        "sinks are how softmax attends to nothing, no fault: dropping visual ones did not hurt (arXiv 2503.03321)");
    if (sizeOf(rows->positions) < *least)
        out.cautions.emplace_back("there are fewer queries than least-queries asks for, so no key can be a sink");
    if (auto added = addSource(out, rows->attention, rows->layers, means->rowsLeftOut, stop); !added)
        return tl::unexpected(added.error());
    return out;
}

Outcome runActivationSinks(const RunRecord& record, const AnalysisArguments& arguments, const std::stop_token& stop)
{
    const auto threshold = arguments.real("threshold", 0, 1e9);
    const auto dimensionThreshold = arguments.real("dimension-threshold", 0, 1e9);
    if (!threshold)
        return tl::unexpected(threshold.error());
    if (!dimensionThreshold)
        return tl::unexpected(dimensionThreshold.error());
    const auto sinks = activationSinks(record, *threshold, *dimensionThreshold, stop);
    if (!sinks)
        return tl::unexpected(sinks.error());
    AnalysisResult out;
    out.arrays["strength"] =
        arrayOf({"level", "position"}, {sinks->levels, sinks->positions}, std::span<const float>(sinks->strength));
    AnalysisTable dimensions{"sink dimensions", {"level", "dimension"}, {}};
    std::int64_t withDimensions = 0;
    for (std::size_t level = 0; level < sinks->sinkDimensions.size(); ++level) {
        withDimensions += sinks->sinkDimensions[level].empty() ? 0 : 1;
        for (const std::int64_t dimension : sinks->sinkDimensions[level])
            dimensions.rows.push_back({static_cast<double>(level), static_cast<double>(dimension)});
    }
    AnalysisTable table{"sinks", {"level", "position", "kind", "token", "strength"}, {}};
    std::set<std::int64_t> positions;
    const TokenLayout* layout = record.layout.get();
    for (const ActivationSinks::Sink& sink : sinks->sinks) {
        positions.insert(sink.position);
        const auto at = static_cast<std::size_t>(sink.position);
        const bool inLayout = layout != nullptr && at < layout->kinds.size() && at < layout->pieces.size();
        table.rows.push_back({static_cast<double>(sink.level), static_cast<double>(sink.position),
                              std::string(tokenKindName(inLayout ? layout->kinds[at] : TokenKind::Generated)),
                              inLayout ? layout->pieces[at] : std::string(), sink.strength});
    }
    out.tables.push_back(std::move(table));
    out.tables.push_back(std::move(dimensions));
    out.numbers.push_back({"sink positions", static_cast<double>(positions.size()), ""});
    out.numbers.push_back({"levels with sink dimensions", static_cast<double>(withDimensions), ""});
    if (withDimensions == 0)
        out.cautions.emplace_back("no dimension of position 0 stands out this far; the ratio cannot exceed the square "
                                  "root of the hidden size");
    if (layout != nullptr && !layout->kinds.empty() && layout->kinds.front() != TokenKind::Control)
        out.cautions.emplace_back(
            "position 0 is no control token, so sink dimensions were read where no begin-of-sequence token stands");
    return out;
}

Outcome runRollout(const RunRecord& record, const AnalysisArguments& arguments, const std::stop_token& stop)
{
    const auto attention = RecordAttention::open(record);
    if (!attention)
        return tl::unexpected(attention.error());
    const auto position = positionFromText(*attention, arguments.text("position"));
    const auto residual = arguments.real("residual", 0, 1);
    if (!position)
        return tl::unexpected(position.error());
    if (!residual)
        return tl::unexpected(residual.error());
    const auto rollout = attentionRollout(*attention, *position, *residual, stop);
    if (!rollout)
        return tl::unexpected(rollout.error());
    AnalysisResult out;
    const std::vector<float> share(rollout->share.begin(), rollout->share.end());
    out.arrays["share"] = arrayOf({"position"}, {rollout->keys}, std::span<const float>(share));
    out.arrays["by layer"] =
        arrayOf({"layer", "position"}, {attention->layers(), rollout->keys}, std::span<const double>(rollout->byLayer));
    addGrids(out, *attention, share);
    out.tables.push_back(strongestTable(*attention, share, "share"));
    const Segmentation segments = segmentsByKind(*attention);
    std::vector<double> sums(segments.names.size(), 0.0);
    for (std::size_t i = 0; i < rollout->share.size(); ++i)
        sums[static_cast<std::size_t>(segments.segmentOf[i])] += rollout->share[i];
    AnalysisTable table{"segments", {"segment", "share"}, {}};
    for (std::size_t part = 0; part < sums.size(); ++part)
        table.rows.push_back({segments.names[part], sums[part]});
    out.tables.push_back(std::move(table));
    out.numbers.push_back({"sum", std::accumulate(rollout->share.begin(), rollout->share.end(), 0.0), ""});
    out.cautions.emplace_back("rollout ignores values and MLPs; newlines and the begin-of-sequence token tend to win");
    if (auto added = addSource(out, *attention, {}, 0, stop); !added)
        return tl::unexpected(added.error());
    return out;
}

Outcome runFlow(const RunRecord& record, const AnalysisArguments& arguments, const std::stop_token& stop)
{
    const auto rows = rowsFromArguments(record, arguments);
    if (!rows)
        return tl::unexpected(rows.error());
    const auto flow = crossModalFlow(rows->attention, rows->layers, rows->positions, stop);
    if (!flow)
        return tl::unexpected(flow.error());
    AnalysisResult out;
    const std::int64_t parts = flow->segments.count();
    const std::vector<std::int64_t> shape{sizeOf(flow->layers), parts, parts};
    out.arrays["flow"] = arrayOf({"layer", "target", "source"}, shape, std::span<const double>(flow->flow));
    out.arrays["lift"] = arrayOf({"layer", "target", "source"}, shape, std::span<const double>(flow->lift));
    AnalysisTable table{"flow", {"source", "target", "mass", "lift"}, {}};
    for (std::int64_t target = 0; target < parts; ++target) {
        for (std::int64_t source = 0; source < parts; ++source) {
            std::vector<double> masses, lifts;
            for (std::size_t layer = 0; layer < flow->layers.size(); ++layer) {
                const auto cell = (layer * static_cast<std::size_t>(parts) + static_cast<std::size_t>(target)) *
                                      static_cast<std::size_t>(parts) +
                                  static_cast<std::size_t>(source);
                masses.push_back(flow->flow[cell]);
                lifts.push_back(flow->lift[cell]);
            }
            table.rows.push_back({flow->segments.names[static_cast<std::size_t>(source)],
                                  flow->segments.names[static_cast<std::size_t>(target)], meanOfNumbers(masses),
                                  meanOfNumbers(lifts)});
        }
    }
    out.tables.push_back(std::move(table));
    out.numbers.push_back({"queries", static_cast<double>(rows->positions.size()), ""});
    out.cautions.emplace_back("no number: no query of the target sees the source; a world before the picture sees "
                              "neither it nor the question");
    if (auto added = addSource(out, rows->attention, rows->layers, flow->rowsLeftOut, stop); !added)
        return tl::unexpected(added.error());
    return out;
}

Outcome runCheck(const RunRecord& record, const AnalysisArguments&, const std::stop_token& stop)
{
    const auto attention = RecordAttention::open(record);
    if (!attention)
        return tl::unexpected(attention.error());
    const auto error = attention->recomputationError({}, stop);
    if (!error)
        return tl::unexpected(error.error());
    AnalysisResult out;
    if (*error) {
        AnalysisTable table{"layers", {"layer", "error"}, {}};
        for (std::size_t layer = 0; layer < (*error)->errorByLayer.size(); ++layer)
            table.rows.push_back({static_cast<double>(layer), (*error)->errorByLayer[layer]});
        out.tables.push_back(std::move(table));
        out.arrays["error"] =
            arrayOf({"layer"}, {attention->layers()}, std::span<const double>((*error)->errorByLayer));
        out.numbers.push_back(
            {"relative error", (*error)->largestError / (*error)->largestOutput, "of the largest kernel output"});
    }
    if (auto added = addSource(out, *attention, {}, 0, stop); !added)
        return tl::unexpected(added.error());
    return out;
}

}  // namespace armillary::attention
