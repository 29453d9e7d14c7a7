#include "widgets/overlay/attention_layer.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>
#include <string>

namespace armillary::widgets {
namespace {

constexpr float kNothing = std::numeric_limits<float>::quiet_NaN();

// The array's own numbers; empty when there is none of this name and type.
template <class T>
std::span<const T> elements(const AnalysisResult& result, const std::string& name, ElementType type)
{
    const auto found = result.arrays.find(name);
    if (found == result.arrays.end() || found->second.values.type != type || !found->second.values.bytes)
        return {};
    const auto& bytes = *found->second.values.bytes;
    return {reinterpret_cast<const T*>(bytes.data()), bytes.size() / sizeof(T)};
}

std::int64_t lastSize(const AnalysisResult& result, const std::string& name)
{
    const auto found = result.arrays.find(name);
    return found == result.arrays.end() || found->second.values.shape.empty() ? 0 : found->second.values.shape.back();
}

bool isPlace(const TokenLayout& layout, std::size_t position)
{
    return position < layout.kinds.size() &&
           (layout.kinds[position] == TokenKind::Image || layout.kinds[position] == TokenKind::World);
}

// Sinks in the text would leave every picture dark: the scale ends at the largest value of an image or world token, and
// what lies above it takes the last colour.
void setScale(OverlayLayer& layer, const TokenLayout& layout, bool difference)
{
    float ofPlaces = 0, ofAll = 0;
    for (std::size_t i = 0; i < layer.values.size(); ++i) {
        const float size = std::abs(layer.values[i]);
        if (std::isnan(size))
            continue;
        ofAll = std::max(ofAll, size);
        if (isPlace(layout, i))
            ofPlaces = std::max(ofPlaces, size);
    }
    layer.highest = ofPlaces > 0 ? ofPlaces : ofAll > 0 ? ofAll : 1;
    layer.lowest = difference ? -layer.highest : 0;
    layer.scale = difference ? ColorScale::Signed : ColorScale::Magnitude;
}

}  // namespace

std::optional<std::int64_t> answerRowIndex(const AnalysisResult& answer, std::int64_t row)
{
    const auto queries = elements<std::int64_t>(answer, "queries", ElementType::Int64);
    const auto found = std::lower_bound(queries.begin(), queries.end(), row);
    if (found == queries.end() || *found != row)
        return std::nullopt;
    return found - queries.begin();
}

OverlayLayer layerFromAnswerRow(const AnalysisResult& answer, std::int64_t index, const TokenLayout& layout,
                                bool difference)
{
    OverlayLayer out;
    const auto keys = static_cast<std::size_t>(lastSize(answer, "weights"));
    const auto weights = elements<float>(answer, "weights", ElementType::Float32);
    const std::size_t begin = static_cast<std::size_t>(index) * keys;
    if (keys == 0 || begin + keys > weights.size())
        return out;
    out.values.assign(weights.begin() + static_cast<std::ptrdiff_t>(begin),
                      weights.begin() + static_cast<std::ptrdiff_t>(begin + keys));
    const auto states = elements<std::uint8_t>(answer, "states", ElementType::UInt8);
    if (begin + keys <= states.size()) {
        out.marks.resize(keys);
        std::transform(states.begin() + static_cast<std::ptrdiff_t>(begin),
                       states.begin() + static_cast<std::ptrdiff_t>(begin + keys), out.marks.begin(),
                       [](std::uint8_t state) { return static_cast<CellMark>(state); });
    }
    setScale(out, layout, difference);
    return out;
}

OverlayLayer layerFromRow(const AnalysisResult& row, const TokenLayout& layout, bool difference)
{
    OverlayLayer out;
    const auto mean = elements<float>(row, "mean", ElementType::Float32);
    out.values.assign(mean.begin(), mean.end());
    const auto states = elements<std::uint8_t>(row, "states", ElementType::UInt8);
    const std::size_t keys = out.values.size();
    if (keys > 0 && states.size() % keys == 0 && !states.empty()) {
        const auto& shape = row.arrays.at("states").values.shape;
        const std::size_t heads = shape.size() == 3 ? static_cast<std::size_t>(shape[1]) : 1;
        // Masks are those of layers, so one head of each tells them; a cell is masked where every layer masks it.
        out.marks.assign(keys, CellMark::OutsideWindow);
        for (std::size_t slice = 0; slice * keys < states.size(); slice += heads) {
            for (std::size_t key = 0; key < keys; ++key)
                out.marks[key] = std::min(out.marks[key], static_cast<CellMark>(states[slice * keys + key]));
        }
    }
    setScale(out, layout, difference);
    return out;
}

OverlayLayer layerFromShares(const AnalysisResult& result, const std::string& array, std::int64_t query,
                             const TokenLayout& layout, bool difference)
{
    OverlayLayer out;
    const auto shares = elements<float>(result, array, ElementType::Float32);
    out.values.assign(shares.begin(), shares.end());
    out.marks.assign(shares.size(), CellMark::Visible);
    for (std::size_t i = 0; i < shares.size(); ++i) {
        if (static_cast<std::int64_t>(i) > query && (shares[i] == 0 || std::isnan(shares[i])))
            out.marks[i] = CellMark::Future;
    }
    setScale(out, layout, difference);
    return out;
}

OverlayLayer layerFromNorms(const AnalysisResult& result, std::int64_t query, const TokenLayout& layout,
                            bool difference)
{
    OverlayLayer out;
    const auto norms = elements<float>(result, "norms", ElementType::Float32);
    const auto keys = static_cast<std::size_t>(lastSize(result, "norms"));
    if (keys == 0)
        return out;
    std::vector<int> counts(keys, 0);
    out.values.assign(keys, 0);
    for (std::size_t i = 0; i < norms.size(); ++i) {
        if (std::isnan(norms[i]))
            continue;
        out.values[i % keys] += norms[i];
        ++counts[i % keys];
    }
    out.marks.assign(keys, CellMark::Visible);
    const std::size_t layers = norms.size() / keys;
    for (std::size_t key = 0; key < keys; ++key) {
        if (counts[key] > 0) {
            // A layer that does not see the key adds nothing to it.
            out.values[key] /= static_cast<float>(layers);
            continue;
        }
        out.values[key] = kNothing;
        out.marks[key] = static_cast<std::int64_t>(key) > query ? CellMark::Future : CellMark::OutsideWindow;
    }
    setScale(out, layout, difference);
    return out;
}

OverlayLayer layerFromReaders(const AnalysisResult& answer, const Positions& keys, const TokenLayout& layout,
                              bool difference)
{
    OverlayLayer out;
    const std::int64_t width = lastSize(answer, "weights");
    const auto weights = elements<float>(answer, "weights", ElementType::Float32);
    const auto queries = elements<std::int64_t>(answer, "queries", ElementType::Int64);
    if (width == 0 || queries.empty() || keys.empty() || keys.back() >= width ||
        weights.size() < queries.size() * static_cast<std::size_t>(width))
        return out;
    out.values.assign(static_cast<std::size_t>(queries.back() + 2), kNothing);
    float highest = 0;
    for (std::size_t i = 0; i < queries.size(); ++i) {
        float sum = 0;
        for (const std::int64_t key : keys)
            sum += weights[i * static_cast<std::size_t>(width) + static_cast<std::size_t>(key)];
        // The row before a generated token chose it.
        const std::int64_t word = std::max(queries[i] + 1, layout.size());
        out.values[static_cast<std::size_t>(word)] = sum;
        highest = std::isnan(sum) ? highest : std::max(highest, std::abs(sum));
    }
    out.highest = highest > 0 ? highest : 1;
    out.lowest = difference ? -out.highest : 0;
    out.scale = difference ? ColorScale::Signed : ColorScale::Magnitude;
    return out;
}

}  // namespace armillary::widgets
