#include "widgets/canvas/attention_map_picture.h"

#include "widgets/kind_colors.h"
#include "widgets/token_description.h"

#include <QCoreApplication>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

namespace armillary::widgets {
namespace {

struct Words {
    Q_DECLARE_TR_FUNCTIONS(AttentionMap)
};

// Below it weights count as zero, as in the analyses; the logarithmic scale begins here.
constexpr float kNearZero = 1e-5F;

template <class T>
std::span<const T> elements(const AnalysisResult& result, const std::string& name, ElementType type)
{
    const auto found = result.arrays.find(name);
    if (found == result.arrays.end() || found->second.values.type != type || !found->second.values.bytes)
        return {};
    const auto& bytes = *found->second.values.bytes;
    return {reinterpret_cast<const T*>(bytes.data()), bytes.size() / sizeof(T)};
}

TokenKind kindAt(const RunRecord& record, std::int64_t position)
{
    return position < record.layout->size() ? record.layout->kinds[static_cast<std::size_t>(position)]
                                            : TokenKind::Generated;
}

// Runs of one kind among positions [0, count), `positionAt` each.
template <class PositionAt>
std::vector<TokenSpan> spansOf(const RunRecord& record, std::int64_t count, PositionAt positionAt)
{
    std::vector<TokenSpan> out;
    for (std::int64_t i = 0; i < count; ++i) {
        const TokenKind kind = kindAt(record, positionAt(i));
        if (out.empty() || out.back().kind != kind)
            out.push_back({kind, i, i});
        out.back().end = i + 1;
    }
    return out;
}

bool isMasked(std::uint8_t state)
{
    return state == static_cast<std::uint8_t>(CellMark::Future) ||
           state == static_cast<std::uint8_t>(CellMark::OutsideWindow);
}

// Equal rows below each other become one rectangle.
std::vector<MarkedCells> maskedCells(const AttentionMapPicture& map)
{
    std::vector<MarkedCells> out;
    std::vector<std::size_t> above;  // indices of rectangles that end at the row before
    for (int row = 0; row < map.rows; ++row) {
        const std::uint8_t* states = map.states.data() + static_cast<std::ptrdiff_t>(row) * map.columns;
        std::vector<std::size_t> now;
        for (int column = 0; column < map.columns;) {
            int end = column + 1;
            while (end < map.columns && states[end] == states[column])
                ++end;
            if (isMasked(states[column])) {
                const auto mark = static_cast<CellMark>(states[column]);
                const auto same = std::find_if(above.begin(), above.end(), [&](std::size_t i) {
                    return out[i].mark == mark && out[i].left == column && out[i].right == end;
                });
                if (same != above.end()) {
                    out[*same].bottom = row + 1;
                    now.push_back(*same);
                } else {
                    now.push_back(out.size());
                    out.push_back({mark, row, column, row + 1, end});
                }
            }
            column = end;
        }
        above = std::move(now);
    }
    return out;
}

void makeImage(AttentionMapPicture& map)
{
    const std::span<const float> values = map.value == BinValue::Mean ? map.mean : map.maximum;
    float most = 0;
    for (std::size_t i = 0; i < values.size(); ++i) {
        if (!isMasked(map.states[i]) && std::isfinite(values[i]))
            most = std::max(most, std::abs(values[i]));
    }
    map.highest = most > 0 ? most : 1;
    const bool isLog = map.scale == ValueScale::Logarithmic && !map.isDifference && map.highest > kNearZero;
    map.lowest = map.isDifference ? -map.highest : isLog ? kNearZero : 0;
    constexpr int kLevels = 512;
    std::array<QRgb, kLevels> table{};
    for (int level = 0; level < kLevels; ++level)
        table[static_cast<std::size_t>(level)] =
            scaleColor(map.isDifference ? ColorScale::Signed : ColorScale::Magnitude,
                       static_cast<double>(level) / (kLevels - 1));
    const float range = isLog ? std::log(map.highest / map.lowest) : map.highest - map.lowest;
    map.image = QImage(map.columns, map.rows, QImage::Format_ARGB32);
    std::size_t at = 0;
    for (int row = 0; row < map.rows; ++row) {
        auto* line = reinterpret_cast<QRgb*>(map.image.scanLine(row));
        for (int column = 0; column < map.columns; ++column, ++at) {
            if (isMasked(map.states[at]) || !std::isfinite(values[at])) {
                line[column] = qRgba(0, 0, 0, 0);
                continue;
            }
            const float above = isLog ? std::log(std::max(values[at], kNearZero) / kNearZero) : values[at] - map.lowest;
            const auto level = static_cast<int>(above / range * (kLevels - 1) + 0.5F);
            line[column] = table[static_cast<std::size_t>(std::clamp(level, 0, kLevels - 1))];
        }
    }
    map.shrunk = map.image.copy();
}

int binOf(std::span<const std::int64_t> edges, std::int64_t thing)
{
    const auto next = std::upper_bound(edges.begin(), edges.end(), thing);
    return std::clamp(static_cast<int>(next - edges.begin()) - 1, 0, std::max(0, static_cast<int>(edges.size()) - 2));
}

}  // namespace

int AttentionMapPicture::rowOf(std::int64_t queryIndex) const
{
    return binOf(rowEdges, queryIndex);
}

int AttentionMapPicture::columnOf(std::int64_t key) const
{
    return binOf(columnEdges, key);
}

CellMark AttentionMapPicture::markAt(int row, int column) const
{
    return static_cast<CellMark>(
        states[static_cast<std::size_t>(row) * static_cast<std::size_t>(columns) + static_cast<std::size_t>(column)]);
}

float AttentionMapPicture::valueAt(int row, int column) const
{
    return (value == BinValue::Mean ? mean
                                    : maximum)[static_cast<std::size_t>(row) * static_cast<std::size_t>(columns) +
                                               static_cast<std::size_t>(column)];
}

QString AttentionMapPicture::wordsOf(std::int64_t position) const
{
    const TokenKind kind = kindAt(*record, position);
    const QString name = QStringLiteral("%1 · %2").arg(position).arg(kindName(kind));
    const std::int64_t prefill = record->layout->size();
    if (position >= prefill) {
        const auto at = static_cast<std::size_t>(position - prefill);
        return at < record->generated.size()
                   ? QStringLiteral("%1 “%2”").arg(name, readablePiece(record->generated[at].piece))
                   : name;
    }
    const auto at = static_cast<std::size_t>(position);
    const TokenOrigin& origin = record->layout->origins[at];
    if (origin.row < 0)
        return QStringLiteral("%1 “%2”").arg(name, readablePiece(record->layout->pieces[at]));
    const QString place = Words::tr("%1, row %2, column %3").arg(name).arg(origin.row).arg(origin.column);
    return origin.latentFrame < 0 ? place : Words::tr("%1, latent frame %2").arg(place).arg(origin.latentFrame);
}

AttentionMapPicture attentionMapPicture(std::shared_ptr<const AnalysisResult> result,
                                        std::shared_ptr<const RunRecord> record, bool isDifference, BinValue value,
                                        ValueScale scale)
{
    AttentionMapPicture map;
    if (!result || !record || !record->layout)
        return map;
    map.queries = elements<std::int64_t>(*result, "queries", ElementType::Int64);
    map.rowEdges = elements<std::int64_t>(*result, "row edges", ElementType::Int64);
    map.columnEdges = elements<std::int64_t>(*result, "column edges", ElementType::Int64);
    map.mean = elements<float>(*result, "mean", ElementType::Float32);
    map.maximum = elements<float>(*result, "maximum", ElementType::Float32);
    map.states = elements<std::uint8_t>(*result, "states", ElementType::UInt8);
    const std::size_t rows = map.rowEdges.size() - std::min<std::size_t>(1, map.rowEdges.size());
    const std::size_t columns = map.columnEdges.size() - std::min<std::size_t>(1, map.columnEdges.size());
    const std::size_t cells = rows * columns;
    if (cells == 0 || map.mean.size() != cells || map.maximum.size() != cells || map.states.size() != cells)
        return {};
    map.rows = static_cast<int>(rows);
    map.columns = static_cast<int>(columns);
    map.keys = map.columnEdges.back();
    map.value = value;
    map.scale = scale;
    map.isDifference = isDifference;
    map.blocks = record->bidirectionalBlocks;
    if (const auto layer = result->request.arguments.find("layer"); layer != result->request.arguments.end())
        map.window = record->model.window(QString::fromStdString(layer->second).toLongLong());
    map.keySpans = spansOf(*record, map.keys, [](std::int64_t key) { return key; });
    map.querySpans = spansOf(*record, static_cast<std::int64_t>(map.queries.size()),
                             [&map](std::int64_t i) { return map.queries[static_cast<std::size_t>(i)]; });
    map.result = std::move(result);
    map.record = std::move(record);
    makeImage(map);
    map.masked = maskedCells(map);
    return map;
}

}  // namespace armillary::widgets
