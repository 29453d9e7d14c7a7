#include "widgets/embedding/embedding_cloud.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstring>
#include <limits>
#include <map>
#include <tuple>

namespace armillary::widgets {
namespace {

// Positions do not fit a float's 24 bits for certain.
std::vector<std::int64_t> integersOf(const AnalysisResult& result, const std::string& name)
{
    const auto found = result.arrays.find(name);
    if (found == result.arrays.end())
        return {};
    const TensorSnapshot& values = found->second.values;
    std::vector<std::int64_t> out(static_cast<std::size_t>(values.elementCount()));
    if (values.type == ElementType::Int64 && values.bytes->size() == out.size() * sizeof(std::int64_t)) {
        if (!out.empty())
            std::memcpy(out.data(), values.bytes->data(), values.bytes->size());
        return out;
    }
    const std::vector<float> floats = values.floats();
    std::transform(floats.begin(), floats.end(), out.begin(),
                   [](float each) { return static_cast<std::int64_t>(std::llround(each)); });
    return out;
}

// Patches of the vision encoder are no positions; several of them become one image token.
void placePatches(std::vector<ResultToken>& tokens, const TokenLayout& layout)
{
    std::map<std::pair<int, int>, int> sides;  // patch rows by media and crop
    for (const ResultToken& each : tokens) {
        if (each.position < 0 && each.origin.row >= 0) {
            int& side = sides[{each.origin.media, each.origin.crop}];
            side = std::max(side, each.origin.row + 1);
        }
    }
    if (sides.empty())
        return;
    std::map<std::tuple<int, int, int, int>, std::int64_t> places;
    for (std::int64_t i = 0; i < layout.size(); ++i) {
        const TokenOrigin& origin = layout.origins[static_cast<std::size_t>(i)];
        if (layout.kinds[static_cast<std::size_t>(i)] == TokenKind::Image)
            places[{origin.media, origin.crop, origin.row, origin.column}] = i;
    }
    for (ResultToken& each : tokens) {
        if (each.position >= 0 || each.origin.row < 0 || each.kind != TokenKind::Image)
            continue;
        const auto grid = std::find_if(layout.grids.begin(), layout.grids.end(), [&each](const TokenGrid& known) {
            return known.kind == TokenKind::Image && known.media == each.origin.media && known.crop == each.origin.crop;
        });
        if (grid == layout.grids.end())
            continue;
        const int side = sides[{each.origin.media, each.origin.crop}];
        const auto found = places.find({each.origin.media, each.origin.crop, each.origin.row * grid->rows / side,
                                        each.origin.column * grid->columns / side});
        if (found != places.end())
            each.position = found->second;
    }
}

void addTrails(PointCloud& cloud)
{
    using Step = std::tuple<int, int, int, int, int>;  // media, row, column, latent frame, index
    std::vector<Step> steps;
    for (std::size_t i = 0; i < cloud.points.size(); ++i) {
        const TokenOrigin& origin = cloud.points[i].origin;
        if (cloud.points[i].kind == TokenKind::World && origin.latentFrame >= 0)
            steps.emplace_back(origin.media, origin.row, origin.column, origin.latentFrame, static_cast<int>(i));
    }
    std::sort(steps.begin(), steps.end());
    for (std::size_t i = 1; i < steps.size(); ++i) {
        const auto& [media, row, column, frame, index] = steps[i];
        const auto& [otherMedia, otherRow, otherColumn, otherFrame, otherIndex] = steps[i - 1];
        if (media == otherMedia && row == otherRow && column == otherColumn)
            cloud.trails.emplace_back(otherIndex, index);
    }
}

}  // namespace

std::vector<float> floatsOf(const AnalysisResult& result, const std::string& array)
{
    const auto found = result.arrays.find(array);
    return found == result.arrays.end() ? std::vector<float>() : found->second.values.floats();
}

std::vector<ResultToken> tokensOfResult(const AnalysisResult& result, const TokenLayout* layout)
{
    const std::vector<std::int64_t> positions = integersOf(result, "position");
    const std::vector<std::int64_t> kinds = integersOf(result, "kind");
    const std::vector<std::int64_t> origins = integersOf(result, "origin");
    std::vector<ResultToken> out(positions.size());
    if (kinds.size() != out.size() || origins.size() != 5 * out.size())
        return {};
    const auto part = [&origins](std::size_t at) { return static_cast<std::int32_t>(origins[at]); };
    for (std::size_t i = 0; i < out.size(); ++i)
        out[i] = {positions[i],
                  static_cast<TokenKind>(std::clamp<std::int64_t>(kinds[i], 0, 5)),
                  {part(5 * i), part(5 * i + 1), part(5 * i + 2), part(5 * i + 3), part(5 * i + 4)}};
    if (layout != nullptr)
        placePatches(out, *layout);
    return out;
}

PointCloud cloudFromResult(const AnalysisResult& result, const TokenLayout* layout, int dimensions)
{
    PointCloud cloud;
    cloud.dimensions = dimensions;
    const std::string name = result.arrays.contains("points") ? "points" : "scores";
    const std::vector<float> values = floatsOf(result, name);
    const std::vector<ResultToken> tokens = tokensOfResult(result, layout);
    if (values.empty() || tokens.empty() || values.size() % tokens.size() != 0)
        return cloud;
    const std::size_t columns = values.size() / tokens.size();
    const std::size_t used = std::min(columns, static_cast<std::size_t>(dimensions));
    std::array<float, 3> low, high;
    low.fill(std::numeric_limits<float>::max());
    high.fill(std::numeric_limits<float>::lowest());
    for (std::size_t i = 0; i < tokens.size(); ++i) {
        CloudPoint point{{}, tokens[i].position, tokens[i].kind, tokens[i].origin};
        std::copy_n(values.begin() + static_cast<std::ptrdiff_t>(i * columns), used, point.at.begin());
        if (!std::all_of(point.at.begin(), point.at.end(), [](float each) { return std::isfinite(each); })) {
            ++cloud.leftOut;
            continue;
        }
        for (std::size_t axis = 0; axis < 3; ++axis) {
            low[axis] = std::min(low[axis], point.at[axis]);
            high[axis] = std::max(high[axis], point.at[axis]);
        }
        cloud.points.push_back(point);
    }
    float half = 0;
    for (std::size_t axis = 0; axis < 3 && !cloud.points.empty(); ++axis)
        half = std::max(half, (high[axis] - low[axis]) / 2);
    for (std::size_t axis = 0; axis < 3 && half > 0; ++axis)
        cloud.extent[axis] = (high[axis] - low[axis]) / 2 / half;
    for (CloudPoint& point : cloud.points) {
        for (std::size_t axis = 0; axis < 3; ++axis)
            point.at[axis] = half > 0 ? (point.at[axis] - (low[axis] + high[axis]) / 2) / half : 0;
    }
    addTrails(cloud);
    return cloud;
}

}  // namespace armillary::widgets
