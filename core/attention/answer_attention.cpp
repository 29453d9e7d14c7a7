#include "attention/answer_attention.h"

#include "attention/attention_results.h"
#include "attention/row_sums.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace armillary::attention {
namespace {

std::vector<std::int64_t> spread(const std::vector<std::int64_t>& all, std::int64_t most)
{
    const auto count = static_cast<std::int64_t>(all.size());
    if (count <= most)
        return all;
    if (most == 1)
        return {all.back()};
    std::vector<std::int64_t> out;
    for (std::int64_t i = 0; i < most; ++i)
        out.push_back(all[static_cast<std::size_t>(i * (count - 1) / (most - 1))]);
    return out;
}

// The keys that `query` sees in at least one of the layers. Ranges of one query share their end's neighbourhood, so that
// together they are one range.
PositionBlock seenAnywhere(const RecordAttention& attention, std::span<const std::int64_t> layers, std::int64_t query)
{
    PositionBlock out{query, query + 1};
    for (const std::int64_t layer : layers) {
        const PositionBlock keys = attention.visibleKeys(layer, query);
        out.begin = std::min(out.begin, keys.begin);
        out.end = std::max(out.end, keys.end);
    }
    return out;
}

bool isPlace(TokenKind kind)
{
    return kind == TokenKind::Image || kind == TokenKind::World;
}

}  // namespace

Result<AnswerAttention> answerAttention(const RecordAttention& attention, const AnswerAttentionRequest& request,
                                        const std::stop_token& stop)
{
    const std::vector<std::int64_t> rows = attention.answerRows();
    if (rows.empty())
        return fail(ErrorCode::InvalidInput, "the record holds no attention row of its answer: ask again with capture "
                                             "qkv, or with a capture budget that has room for the answer's rows");
    const auto view = RowView::prepare(attention, request.layers, request.view, stop);
    if (!view)
        return tl::unexpected(view.error());
    AnswerAttention out;
    out.answerRows = static_cast<std::int64_t>(rows.size());
    out.positions = spread(rows, std::max<std::int64_t>(1, request.mostRows));
    out.keys = attention.positions();
    std::vector<std::int64_t> layers = request.layers;
    if (layers.empty()) {
        layers.resize(static_cast<std::size_t>(attention.layers()));
        std::iota(layers.begin(), layers.end(), std::int64_t{0});
    }
    const auto keys = static_cast<std::size_t>(out.keys);
    std::vector<double> sums(out.positions.size() * keys, 0.0);
    std::vector<double> rawSums(request.view.view == WeightView::Raw ? 0 : sums.size(), 0.0);
    std::vector<std::int64_t> summed(out.positions.size(), 0);
    std::vector<float> row;
    const auto done = forEachTile(attention, {layers, out.positions, request.head}, stop, [&](const RowTile& tile) {
        for (std::int64_t head = 0; head < tile.heads; ++head) {
            for (std::size_t i = 0; i < tile.positions.size(); ++i) {
                const std::span<const float> raw = tile.row(head, static_cast<std::int64_t>(i));
                const PositionBlock visible = attention.visibleKeys(tile.layer, tile.positions[i]);
                if (!std::isfinite(sumOf(raw, visible))) {
                    ++out.rowsLeftOut;
                    continue;
                }
                const std::size_t index = static_cast<std::size_t>(tile.firstIndex) + i;
                ++summed[index];
                row.assign(raw.begin(), raw.end());
                view->apply(tile.layer, request.head.value_or(head), visible, row);
                const auto add = [](float weight, double sum) { return sum + weight; };
                const auto into = sums.begin() + static_cast<std::ptrdiff_t>(index * keys);
                std::transform(row.begin(), row.end(), into, into, add);
                if (!rawSums.empty()) {
                    const auto rawInto = rawSums.begin() + static_cast<std::ptrdiff_t>(index * keys);
                    std::transform(raw.begin(), raw.end(), rawInto, rawInto, add);
                }
            }
        }
    });
    if (!done)
        return tl::unexpected(done.error());
    const std::vector<double>& raw = rawSums.empty() ? sums : rawSums;
    out.weights.reserve(sums.size());
    out.states.reserve(sums.size());
    for (std::size_t i = 0; i < out.positions.size(); ++i) {
        const PositionBlock visible = seenAnywhere(attention, layers, out.positions[i]);
        const double count = summed[i] > 0 ? static_cast<double>(summed[i]) : std::numeric_limits<double>::quiet_NaN();
        for (std::size_t key = 0; key < keys; ++key) {
            const std::size_t at = i * keys + key;
            out.weights.push_back(static_cast<float>(sums[at] / count));
            const auto place = static_cast<std::int64_t>(key);
            out.states.push_back(place >= visible.end                 ? CellState::Future
                                 : place < visible.begin              ? CellState::OutsideWindow
                                 : raw[at] / count < request.nearZero ? CellState::NearZero
                                                                      : CellState::Visible);
        }
    }
    for (const AttentionSink& sink : view->sinks()) {
        if (!request.head || sink.head == *request.head)
            out.sinksRemoved.push_back(sink);
    }
    return out;
}

Result<AnalysisResult> runAnswer(const RunRecord& record, const inspect::AnalysisArguments& arguments,
                                 const std::stop_token& stop)
{
    const auto attention = RecordAttention::open(record);
    if (!attention)
        return tl::unexpected(attention.error());
    auto layers = layersFromText(*attention, arguments.text("layer"));
    auto wanted = weightsFromArguments(*attention, arguments);
    const auto most = arguments.integer("most", 1, 4096);
    if (!layers)
        return tl::unexpected(layers.error());
    if (!wanted)
        return tl::unexpected(wanted.error());
    if (!most)
        return tl::unexpected(most.error());
    const AnswerAttentionRequest request{std::move(*layers), wanted->head, std::move(wanted->view), wanted->nearZero,
                                         *most};
    const auto found = answerAttention(*attention, request, stop);
    if (!found)
        return tl::unexpected(found.error());

    AnalysisResult out;
    const auto rows = static_cast<std::int64_t>(found->positions.size());
    out.arrays["weights"] = arrayOf({"query", "key"}, {rows, found->keys}, std::span<const float>(found->weights));
    out.arrays["states"] = arrayOf({"query", "key"}, {rows, found->keys}, std::span<const CellState>(found->states));
    out.arrays["queries"] = arrayOf({"query"}, {rows}, std::span<const std::int64_t>(found->positions));
    float maximum = 0, maximumOfPlaces = 0;
    for (std::size_t i = 0; i < found->weights.size(); ++i) {
        // A NaN loses every comparison.
        maximum = found->weights[i] > maximum ? found->weights[i] : maximum;
        if (isPlace(attention->kinds()[i % static_cast<std::size_t>(found->keys)]))
            maximumOfPlaces = found->weights[i] > maximumOfPlaces ? found->weights[i] : maximumOfPlaces;
    }
    out.numbers = {{"maximum", maximum, ""},
                   {"maximum on image and world", maximumOfPlaces, ""},
                   {"rows", static_cast<double>(rows), ""},
                   {"rows of the answer", static_cast<double>(found->answerRows), ""}};
    if (request.view.view == WeightView::SinksRemoved)
        out.tables.push_back(sinkTable(*attention, found->sinksRemoved));
    if (rows < found->answerRows)
        out.cautions.push_back(
            fmt::format("{} of {} rows of the answer, spread evenly; `most` takes more", rows, found->answerRows));
    if (request.view.view == WeightView::Corrected)
        out.cautions.emplace_back("corrected weights may be negative and do not sum to 1; look at the raw ones beside "
                                  "them");
    if (auto added = addSource(out, *attention, request.layers, found->rowsLeftOut, stop); !added)
        return tl::unexpected(added.error());
    return out;
}

}  // namespace armillary::attention
