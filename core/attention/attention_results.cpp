#include "attention/attention_results.h"

#include "attention/segments.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>
#include <numeric>
#include <utility>

namespace armillary::attention {
namespace {

// Of tables that people read; arrays hold everything.
constexpr std::size_t kTableRows = 20;
constexpr std::size_t kSinkRows = 500;

template <class T>
AnalysisArray arrayFrom(ElementType type, std::vector<std::string> axes, std::vector<std::int64_t> shape,
                        std::span<const T> values)
{
    auto bytes = std::make_shared<std::vector<std::uint8_t>>(values.size_bytes());
    if (!values.empty())
        std::memcpy(bytes->data(), values.data(), values.size_bytes());
    return {std::move(axes), {type, std::move(shape), std::move(bytes)}};
}

std::optional<std::int64_t> wholeNumber(const std::string& text)
{
    std::int64_t value = 0;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
    return problem == std::errc() && end == text.data() + text.size() ? std::optional(value) : std::nullopt;
}

}  // namespace

AnalysisArray arrayOf(std::vector<std::string> axes, std::vector<std::int64_t> shape, std::span<const float> values)
{
    return arrayFrom(ElementType::Float32, std::move(axes), std::move(shape), values);
}

AnalysisArray arrayOf(std::vector<std::string> axes, std::vector<std::int64_t> shape, std::span<const double> values)
{
    const std::vector<float> narrow(values.begin(), values.end());
    return arrayFrom<float>(ElementType::Float32, std::move(axes), std::move(shape), narrow);
}

AnalysisArray arrayOf(std::vector<std::string> axes, std::vector<std::int64_t> shape,
                      std::span<const std::int64_t> values)
{
    return arrayFrom(ElementType::Int64, std::move(axes), std::move(shape), values);
}

AnalysisArray arrayOf(std::vector<std::string> axes, std::vector<std::int64_t> shape, std::span<const CellState> values)
{
    return arrayFrom(ElementType::UInt8, std::move(axes), std::move(shape), values);
}

Result<std::vector<std::int64_t>> layersFromText(const RecordAttention& attention, const std::string& text)
{
    if (text == "all")
        return std::vector<std::int64_t>();
    const auto layer = wholeNumber(text);
    if (!layer || *layer < 0 || *layer >= attention.layers())
        return fail(ErrorCode::InvalidInput, fmt::format("layer is '{}', it must be all or a number from 0 to {}", text,
                                                         attention.layers() - 1));
    return std::vector<std::int64_t>{*layer};
}

Result<std::optional<std::int64_t>> headFromText(const RecordAttention& attention, const std::string& text)
{
    if (text == "all" || text == "mean")
        return std::optional<std::int64_t>();
    const auto head = wholeNumber(text);
    if (!head || *head < 0 || *head >= attention.heads())
        return fail(ErrorCode::InvalidInput, fmt::format("head is '{}', it must be all, mean or a number from 0 to {}",
                                                         text, attention.heads() - 1));
    return head;
}

std::vector<AnalysisArgument> viewArguments()
{
    return {{"view", "raw",
             "raw | corrected (minus the mean of the baseline's queries) | sinks-removed (sinks 0, the rest scaled to "
             "sum 1)"},
            {"baseline", "available", "queries of those means: available, all, answer, a kind, or a range 10:20"},
            {"sink-threshold", "0.3", "mean weight from later queries above which a key is a sink"},
            {"least-queries", "8", "keys with fewer later queries are no sinks"}};
}

Result<ViewOptions> viewFromArguments(const RecordAttention& attention, const inspect::AnalysisArguments& arguments)
{
    const auto view = arguments.choice("view", {"raw", "corrected", "sinks-removed"});
    const auto threshold = arguments.real("sink-threshold", 0, 1);
    const auto least = arguments.integer("least-queries", 1, 1 << 30);
    if (!view)
        return tl::unexpected(view.error());
    if (!threshold)
        return tl::unexpected(threshold.error());
    if (!least)
        return tl::unexpected(least.error());
    ViewOptions out;
    out.view = static_cast<WeightView>(*view);
    out.sinkThreshold = *threshold;
    out.leastQueries = *least;
    if (out.view == WeightView::Raw)
        return out;
    auto baseline = positionsFromText(attention, arguments.text("baseline"));
    if (!baseline)
        return tl::unexpected(baseline.error());
    out.baseline = std::move(*baseline);
    return out;
}

Result<WeightsWanted> weightsFromArguments(const RecordAttention& attention,
                                           const inspect::AnalysisArguments& arguments)
{
    const auto head = headFromText(attention, arguments.text("head"));
    if (!head)
        return tl::unexpected(head.error());
    auto view = viewFromArguments(attention, arguments);
    if (!view)
        return tl::unexpected(view.error());
    const auto nearZero = arguments.real("near-zero", 0, 1);
    if (!nearZero)
        return tl::unexpected(nearZero.error());
    return WeightsWanted{*head, std::move(*view), *nearZero};
}

Result<void> addSource(AnalysisResult& result, const RecordAttention& attention, std::span<const std::int64_t> layers,
                       std::int64_t rowsLeftOut, const std::stop_token& stop)
{
    const auto error = attention.recomputationError(layers, stop);
    if (!error)
        return tl::unexpected(error.error());
    const auto none = std::nan("");
    result.numbers.push_back({"recomputation error", *error ? (*error)->largestError : none, ""});
    result.numbers.push_back({"largest kernel output", *error ? (*error)->largestOutput : none, ""});
    if (!*error)
        result.cautions.emplace_back(
            "the record holds no output of the attention kernel, so the error of these weights is not known");
    if (!attention.hasAllRows())
        result.cautions.emplace_back(
            "weights are those that the run kept of its answer's rows; other rows need capture qkv");
    if (rowsLeftOut > 0) {
        result.numbers.push_back({"rows left out", static_cast<double>(rowsLeftOut), "rows of a layer and head"});
        result.cautions.push_back(
            fmt::format("{} rows hold values that are no numbers and were left out", rowsLeftOut));
    }
    return {};
}

AnalysisTable strongestTable(const RecordAttention& attention, std::span<const float> values,
                             const std::string& valueName)
{
    std::vector<std::int64_t> order(values.size());
    std::iota(order.begin(), order.end(), std::int64_t{0});
    std::erase_if(order, [&](std::int64_t position) { return std::isnan(values[static_cast<std::size_t>(position)]); });
    const std::size_t shown = std::min(order.size(), kTableRows);
    std::partial_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(shown), order.end(),
                      [&](std::int64_t a, std::int64_t b) {
                          const float left = values[static_cast<std::size_t>(a)],
                                      right = values[static_cast<std::size_t>(b)];
                          return left != right ? left > right : a < b;
                      });
    AnalysisTable out{"strongest", {"position", "kind", "token", valueName}, {}};
    for (std::size_t i = 0; i < shown; ++i) {
        const auto at = static_cast<std::size_t>(order[i]);
        out.rows.push_back({static_cast<double>(order[i]), std::string(tokenKindName(attention.kinds()[at])),
                            attention.piece(order[i]), static_cast<double>(values[at])});
    }
    return out;
}

void addGrids(AnalysisResult& result, const RecordAttention& attention, std::span<const float> values)
{
    for (const RowGrid& grid : gridsFromRow(*attention.record().layout, values)) {
        const std::string name = grid.grid.kind == TokenKind::World
                                     ? fmt::format("world.{}.{}", grid.grid.media, grid.latentFrame)
                                     : fmt::format("image.{}.{}", grid.grid.media, grid.grid.crop);
        result.arrays[name] =
            arrayOf({"row", "column"}, {grid.grid.rows, grid.grid.columns}, std::span<const float>(grid.values));
    }
}

AnalysisTable sinkTable(const RecordAttention& attention, const std::vector<AttentionSink>& sinks)
{
    AnalysisTable out{"sinks", {"layer", "head", "position", "kind", "token", "mean weight", "later queries"}, {}};
    for (std::size_t i = 0; i < std::min(sinks.size(), kSinkRows); ++i) {
        const AttentionSink& sink = sinks[i];
        out.rows.push_back({static_cast<double>(sink.layer), static_cast<double>(sink.head),
                            static_cast<double>(sink.position),
                            std::string(tokenKindName(attention.kinds()[static_cast<std::size_t>(sink.position)])),
                            attention.piece(sink.position), sink.mean, static_cast<double>(sink.queries)});
    }
    return out;
}

}  // namespace armillary::attention
