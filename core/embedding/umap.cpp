#include "embedding/umap.h"

#include "base/random_source.h"
#include "embedding/dense_tensor.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

namespace armillary::embedding {
namespace {

constexpr std::int64_t kManyPoints = 10000;
constexpr double kStartReach = 10;
constexpr double kStartNoise = 1e-4;
constexpr double kLongestStep = 4;

struct Edge {
    std::int64_t from = 0, to = 0;
    double weight = 0;
};

// Memberships of one point's neighbours: exp(-(d - nearest) / width) with the width found by halving.
std::vector<double> memberships(const float* distances, std::int64_t count, std::int64_t neighbours, double meanOfAll)
{
    double nearest = 0;
    double sum = 0;
    for (std::int64_t at = 0; at < count; ++at) {
        sum += distances[at];
        if (nearest == 0 && distances[at] > 0)
            nearest = distances[at];
    }
    const double wanted = std::log2(static_cast<double>(neighbours));
    double low = 0, high = std::numeric_limits<double>::infinity(), width = 1;
    for (int round = 0; round < 64; ++round) {
        double total = 0;
        for (std::int64_t at = 0; at < count; ++at) {
            const double beyond = distances[at] - nearest;
            total += beyond > 0 ? std::exp(-beyond / width) : 1;
        }
        if (std::abs(total - wanted) < 1e-5)
            break;
        if (total > wanted)
            high = width;
        else
            low = width;
        width = std::isinf(high) ? width * 2 : (low + high) / 2;
    }
    // Below a thousandth of the mean distance a width is rounding.
    width = std::max(width, 1e-3 * (nearest > 0 ? sum / static_cast<double>(count) : meanOfAll));
    std::vector<double> out;
    for (std::int64_t at = 0; at < count; ++at) {
        const double beyond = distances[at] - nearest;
        out.push_back(beyond <= 0 || width <= 0 ? 1 : std::exp(-beyond / width));
    }
    return out;
}

// The graph a + b - ab, each direction once, in order of rows.
std::vector<Edge> fuzzyGraph(const Neighbours& near, std::int64_t n, std::int64_t neighbours)
{
    double meanOfAll = 0;
    for (const float distance : near.distances)
        meanOfAll += distance;
    meanOfAll /= static_cast<double>(std::max<std::size_t>(near.distances.size(), 1));
    std::vector<std::map<std::int64_t, double>> rows(static_cast<std::size_t>(n));
    for (std::int64_t i = 0; i < n; ++i) {
        const auto weights = memberships(near.distances.data() + i * near.count, near.count, neighbours, meanOfAll);
        for (std::int64_t at = 0; at < near.count; ++at)
            rows[static_cast<std::size_t>(i)][near.indices[static_cast<std::size_t>(i * near.count + at)]] =
                weights[static_cast<std::size_t>(at)];
    }
    std::vector<std::map<std::int64_t, double>> both(static_cast<std::size_t>(n));
    for (std::int64_t i = 0; i < n; ++i) {
        for (const auto& [j, there] : rows[static_cast<std::size_t>(i)]) {
            const auto& back = rows[static_cast<std::size_t>(j)];
            const auto found = back.find(i);
            const double here = found == back.end() ? 0 : found->second;
            const double joined = there + here - there * here;
            both[static_cast<std::size_t>(i)][j] = joined;
            both[static_cast<std::size_t>(j)][i] = joined;
        }
    }
    std::vector<Edge> out;
    for (std::int64_t i = 0; i < n; ++i) {
        for (const auto& [j, weight] : both[static_cast<std::size_t>(i)])
            out.push_back({i, j, weight});
    }
    return out;
}

double clipped(double value)
{
    return std::clamp(value, -kLongestStep, kLongestStep);
}

Result<std::vector<double>> startPoints(const Matrix& ready, std::uint64_t seed, RandomSource& random,
                                        const std::stop_token& stop)
{
    const auto plane = planeOfComponents(ready, seed, stop);
    if (!plane)
        return tl::unexpected(plane.error());
    double reach = 0;
    for (const float value : plane->values)
        reach = std::max(reach, static_cast<double>(std::abs(value)));
    std::vector<double> out;
    for (const float value : plane->values)
        out.push_back((reach > 0 ? value / reach * kStartReach : 0) + random.normal() * kStartNoise);
    return out;
}

// One attraction along `edge` and its repulsions from random points.
void pull(std::vector<double>& y, const Edge& edge, const UmapCurve& curve, double rate, std::int64_t repulsions,
          RandomSource& random)
{
    const auto n = static_cast<std::int64_t>(y.size() / 2);
    double* const from = y.data() + 2 * edge.from;
    double* const to = y.data() + 2 * edge.to;
    const double squared = std::pow(from[0] - to[0], 2) + std::pow(from[1] - to[1], 2);
    if (squared > 0) {
        const double power = std::pow(squared, curve.b);
        const double slope = -2 * curve.a * curve.b * power / squared / (curve.a * power + 1);
        for (int axis = 0; axis < 2; ++axis) {
            const double move = rate * clipped(slope * (from[axis] - to[axis]));
            from[axis] += move;
            to[axis] -= move;
        }
    }
    for (std::int64_t each = 0; each < repulsions; ++each) {
        const std::int64_t other = random.below(n);
        if (other == edge.from)
            continue;
        const double* const away = y.data() + 2 * other;
        const double distance = std::pow(from[0] - away[0], 2) + std::pow(from[1] - away[1], 2);
        if (!(distance > 0))
            continue;
        const double slope = 2 * curve.b / ((0.001 + distance) * (curve.a * std::pow(distance, curve.b) + 1));
        for (int axis = 0; axis < 2; ++axis)
            from[axis] += rate * clipped(slope * (from[axis] - away[axis]));
    }
}

}  // namespace

UmapCurve umapCurve(double minDistance, double spread)
{
    // Levenberg and Marquardt over two unknowns.
    constexpr int kPlaces = 300;
    UmapCurve curve{1, 1};
    double damping = 1e-3;
    const auto wanted = [&](double x) { return x < minDistance ? 1 : std::exp(-(x - minDistance) / spread); };
    const auto error = [&](const UmapCurve& tried) {
        double sum = 0;
        for (int i = 0; i < kPlaces; ++i) {
            const double x = 3 * spread * i / (kPlaces - 1);
            sum += std::pow(1 / (1 + tried.a * std::pow(x, 2 * tried.b)) - wanted(x), 2);
        }
        return sum;
    };
    for (int round = 0; round < 200; ++round) {
        double aa = 0, ab = 0, bb = 0, ra = 0, rb = 0;
        for (int i = 1; i < kPlaces; ++i) {
            const double x = 3 * spread * i / (kPlaces - 1);
            const double power = std::pow(x, 2 * curve.b);
            const double value = 1 / (1 + curve.a * power);
            const double byA = -power * value * value;
            const double byB = -2 * curve.a * power * std::log(x) * value * value;
            const double residual = wanted(x) - value;
            aa += byA * byA;
            ab += byA * byB;
            bb += byB * byB;
            ra += byA * residual;
            rb += byB * residual;
        }
        const double left = aa * (1 + damping), right = bb * (1 + damping);
        const double determinant = left * right - ab * ab;
        const UmapCurve tried{curve.a + (right * ra - ab * rb) / determinant,
                              curve.b + (left * rb - ab * ra) / determinant};
        if (tried.a > 0 && tried.b > 0 && error(tried) < error(curve)) {
            curve = tried;
            damping /= 3;
        } else {
            damping *= 4;
        }
    }
    return curve;
}

Result<PointMap> umap(const Matrix& vectors, const UmapOptions& options, const std::stop_token& stop,
                      const MapProgress& progress)
{
    const std::int64_t n = vectors.rows;
    if (auto nothing = mapOfTooLittle(vectors, options.normalise, "UMAP"))
        return std::move(*nothing);
    PointMap out;
    const auto ready = mapInput(vectors, options.normalise, options.components, options.seed, stop);
    if (!ready)
        return tl::unexpected(ready.error());
    const std::int64_t neighbours = std::min(options.neighbours, n);
    if (neighbours < options.neighbours)
        out.cautions.push_back(fmt::format("{} neighbours were used, there are no more vectors", neighbours));
    // The vector itself is its own first neighbour by UMAP's way of counting.
    auto near = nearestNeighbours(*ready, *ready, std::max<std::int64_t>(neighbours - 1, 1),
                                  options.normalise ? Metric::Cosine : Metric::Euclid, true, stop);
    if (!near)
        return tl::unexpected(near.error());
    for (float& distance : near->distances)
        distance = distance < 1e-6F ? 0 : distance;
    std::vector<Edge> edges = fuzzyGraph(*near, n, neighbours);
    const std::int64_t epochs = options.epochs > 0 ? options.epochs : (n > kManyPoints ? 200 : 500);
    double heaviest = 0;
    for (const Edge& edge : edges)
        heaviest = std::max(heaviest, edge.weight);
    std::erase_if(edges, [&](const Edge& edge) { return edge.weight < heaviest / static_cast<double>(epochs); });
    RandomSource random(options.seed);
    auto points = startPoints(*ready, options.seed, random, stop);
    if (!points)
        return tl::unexpected(points.error());
    const UmapCurve curve = umapCurve(options.minDistance, options.spread);
    // An edge of weight w is due every heaviest / w epochs.
    std::vector<double> due;
    for (const Edge& edge : edges)
        due.push_back(heaviest / edge.weight);
    for (std::int64_t epoch = 0; epoch < epochs; ++epoch) {
        if (stop.stop_requested())
            return cancelled("UMAP");
        const double rate = 1 - static_cast<double>(epoch) / static_cast<double>(epochs);
        for (std::size_t each = 0; each < edges.size(); ++each) {
            if (due[each] > static_cast<double>(epoch))
                continue;
            pull(*points, edges[each], curve, rate, options.repulsions, random);
            due[each] += heaviest / edges[each].weight;
        }
        if (progress && epoch % 25 == 0)
            progress(static_cast<double>(epoch) / static_cast<double>(epochs));
    }
    out.points = {n, 2, std::vector<float>(points->begin(), points->end())};
    const auto trust = mapTrust(vectors, options.normalise, out.points, stop);
    if (!trust)
        return tl::unexpected(trust.error());
    out.trustworthiness = *trust;
    if (progress)
        progress(1);
    return out;
}

}  // namespace armillary::embedding
