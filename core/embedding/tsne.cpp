#include "embedding/tsne.h"

#include "base/random_source.h"
#include "embedding/dense_tensor.h"
#include "embedding/quad_tree.h"

#include <ATen/Parallel.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace armillary::embedding {
namespace {

constexpr double kStartDeviation = 1e-4;
constexpr double kEarlyMomentum = 0.5;
constexpr double kLateMomentum = 0.8;
constexpr std::int64_t kTraceSteps = 50;
// Points a thread takes at least: a step of fewer is over before threads have met, and on a busy machine they wait for each other.
constexpr std::int64_t kGrain = 4800;

// Symmetric affinities p_ij of n points, rows one after the other; they sum to 1.
struct Affinities {
    std::vector<std::int64_t> begins;  // [n + 1]
    std::vector<std::int64_t> others;
    std::vector<double> values;
};

// The p_{j|i} of one point from its squared distances: the width is found by halving until the entropy is log(perplexity).
void conditional(const std::vector<double>& squared, double perplexity, double* out)
{
    const double wanted = std::log(perplexity);
    const double nearest = *std::min_element(squared.begin(), squared.end());
    double precision = 1, low = 0, high = std::numeric_limits<double>::infinity();
    // A scale to begin with, so that long and short vectors take the same number of rounds.
    double spread = 0;
    for (const double value : squared)
        spread += value - nearest;
    if (spread > 0)
        precision = static_cast<double>(squared.size()) / spread;
    for (int round = 0; round < 100; ++round) {
        double sum = 0, weighted = 0;
        for (std::size_t j = 0; j < squared.size(); ++j) {
            const double shifted = squared[j] - nearest;
            out[j] = std::exp(-shifted * precision);
            sum += out[j];
            weighted += shifted * out[j];
        }
        for (std::size_t j = 0; j < squared.size(); ++j)
            out[j] /= sum;
        const double entropy = std::log(sum) + precision * weighted / sum;
        if (std::abs(entropy - wanted) < 1e-5)
            return;
        if (entropy > wanted)
            low = precision;
        else
            high = precision;
        precision = std::isinf(high) ? precision * 2 : (low + high) / 2;
    }
}

Affinities affinities(const Neighbours& near, std::int64_t n, double perplexity)
{
    const std::int64_t k = near.count;
    std::vector<double> rows(static_cast<std::size_t>(n * k));
    std::vector<std::vector<std::pair<std::int64_t, double>>> both(static_cast<std::size_t>(n));
    std::vector<double> squared(static_cast<std::size_t>(k));
    for (std::int64_t i = 0; i < n; ++i) {
        for (std::int64_t at = 0; at < k; ++at)
            squared[static_cast<std::size_t>(at)] =
                std::pow(static_cast<double>(near.distances[static_cast<std::size_t>(i * k + at)]), 2);
        double* row = rows.data() + i * k;
        conditional(squared, perplexity, row);
        for (std::int64_t at = 0; at < k; ++at) {
            const std::int64_t j = near.indices[static_cast<std::size_t>(i * k + at)];
            const double half = row[at] / (2 * static_cast<double>(n));
            both[static_cast<std::size_t>(i)].emplace_back(j, half);
            both[static_cast<std::size_t>(j)].emplace_back(i, half);
        }
    }
    Affinities out;
    out.begins.push_back(0);
    for (auto& row : both) {
        std::sort(row.begin(), row.end());
        for (const auto& [other, value] : row) {
            const bool isSame =
                static_cast<std::int64_t>(out.others.size()) > out.begins.back() && out.others.back() == other;
            if (isSame) {
                out.values.back() += value;
            } else {
                out.others.push_back(other);
                out.values.push_back(value);
            }
        }
        out.begins.push_back(static_cast<std::int64_t>(out.others.size()));
    }
    return out;
}

double divergence(const Affinities& p, const std::vector<double>& y, double z)
{
    double sum = 0;
    for (std::size_t i = 0; i + 1 < p.begins.size(); ++i) {
        for (auto at = static_cast<std::size_t>(p.begins[i]); at < static_cast<std::size_t>(p.begins[i + 1]); ++at) {
            const auto j = static_cast<std::size_t>(p.others[at]);
            const double dx = y[2 * i] - y[2 * j];
            const double dy = y[2 * i + 1] - y[2 * j + 1];
            if (p.values[at] > 0)
                sum += p.values[at] * std::log(p.values[at] * (1 + dx * dx + dy * dy) * z);
        }
    }
    return sum;
}

// Where the points are and how they move.
struct Descent {
    std::vector<double> points, speeds, gains;

    void step(const std::vector<double>& gradient, double rate, double momentum)
    {
        double middleX = 0, middleY = 0;
        for (std::size_t i = 0; i < points.size(); ++i) {
            const bool turned = (gradient[i] > 0) != (speeds[i] > 0);
            gains[i] = std::max(turned ? gains[i] + 0.2 : gains[i] * 0.8, 0.01);
            speeds[i] = momentum * speeds[i] - rate * gains[i] * gradient[i];
            points[i] += speeds[i];
            (i % 2 == 0 ? middleX : middleY) += points[i];
        }
        const double half = static_cast<double>(points.size()) / 2;
        for (std::size_t i = 0; i < points.size(); ++i)
            points[i] -= (i % 2 == 0 ? middleX : middleY) / half;
    }
};

Result<Descent> start(const Matrix& ready, std::uint64_t seed, const std::stop_token& stop)
{
    const auto plane = planeOfComponents(ready, seed, stop);
    if (!plane)
        return tl::unexpected(plane.error());
    Descent out;
    out.points.assign(plane->values.begin(), plane->values.end());
    double squares = 0;
    for (std::size_t i = 0; i < out.points.size(); i += 2)
        squares += out.points[i] * out.points[i];
    const double deviation = std::sqrt(squares / static_cast<double>(plane->rows));
    RandomSource random(seed);
    // The trace of noise parts vectors that are equal, which would stay one point for ever.
    for (double& value : out.points)
        value = (deviation > 0 ? value / deviation * kStartDeviation : 0) + random.normal() * kStartDeviation * 1e-2;
    out.speeds.assign(out.points.size(), 0);
    out.gains.assign(out.points.size(), 1);
    return out;
}

}  // namespace

TsneOptions tsneDefaultsFor(std::int64_t points, TsneOptions options)
{
    options.perplexity = std::max(1.0, std::min(options.perplexity, static_cast<double>(points - 1) / 3));
    if (!(options.learningRate > 0))
        options.learningRate = std::max(200.0, static_cast<double>(points) / 12);
    return options;
}

TsneRepulsion tsneRepulsion(const std::vector<double>& points, double theta)
{
    const auto n = static_cast<std::int64_t>(points.size() / 2);
    const QuadTree tree(points);
    TsneRepulsion out;
    out.forces.resize(points.size());
    std::vector<double> weights(static_cast<std::size_t>(n));
    at::parallel_for(0, n, kGrain, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t i = begin; i < end; ++i) {
            const QuadTree::Sums sums = tree.repulsion(i, theta);
            const auto at = static_cast<std::size_t>(i);
            weights[at] = sums.weight;
            out.forces[2 * at] = sums.forceX;
            out.forces[2 * at + 1] = sums.forceY;
        }
    });
    // Summed in order, so that the number of threads changes nothing here.
    for (const double weight : weights)
        out.z += weight;
    return out;
}

Result<PointMap> tsne(const Matrix& vectors, const TsneOptions& wanted, const std::stop_token& stop,
                      const MapProgress& progress)
{
    const std::int64_t n = vectors.rows;
    if (auto nothing = mapOfTooLittle(vectors, wanted.normalise, "t-SNE"))
        return std::move(*nothing);
    PointMap out;
    const TsneOptions options = tsneDefaultsFor(n, wanted);
    const auto ready = mapInput(vectors, options.normalise, options.components, options.seed, stop);
    if (!ready)
        return tl::unexpected(ready.error());
    const auto near = nearestNeighbours(*ready, *ready, static_cast<std::int64_t>(3 * options.perplexity + 1),
                                        Metric::Euclid, true, stop);
    if (!near)
        return tl::unexpected(near.error());
    const Affinities p = affinities(*near, n, options.perplexity);
    auto descent = start(*ready, options.seed, stop);
    if (!descent)
        return tl::unexpected(descent.error());
    std::vector<double> gradient(descent->points.size());
    for (std::int64_t step = 0; step < options.steps; ++step) {
        if (stop.stop_requested())
            return cancelled("t-SNE");
        const bool isEarly = step < options.exaggeratedSteps;
        const double factor = isEarly ? options.exaggeration : 1;
        const TsneRepulsion repulsion = tsneRepulsion(descent->points, options.theta);
        const std::vector<double>& y = descent->points;
        at::parallel_for(0, n, kGrain, [&](std::int64_t begin, std::int64_t end) {
            for (std::int64_t each = begin; each < end; ++each) {
                const auto i = static_cast<std::size_t>(each);
                double x = 0, down = 0;
                for (auto at = static_cast<std::size_t>(p.begins[i]); at < static_cast<std::size_t>(p.begins[i + 1]);
                     ++at) {
                    const auto j = static_cast<std::size_t>(p.others[at]);
                    const double dx = y[2 * i] - y[2 * j];
                    const double dy = y[2 * i + 1] - y[2 * j + 1];
                    const double pull = p.values[at] / (1 + dx * dx + dy * dy);
                    x += pull * dx;
                    down += pull * dy;
                }
                gradient[2 * i] = factor * x - repulsion.forces[2 * i] / repulsion.z;
                gradient[2 * i + 1] = factor * down - repulsion.forces[2 * i + 1] / repulsion.z;
            }
        });
        if (step % kTraceSteps == 0) {
            out.trace.push_back(divergence(p, y, repulsion.z));
            if (progress)
                progress(static_cast<double>(step) / static_cast<double>(options.steps));
        }
        descent->step(gradient, options.learningRate, isEarly ? kEarlyMomentum : kLateMomentum);
    }
    out.trace.push_back(divergence(p, descent->points, tsneRepulsion(descent->points, options.theta).z));
    out.points = {n, 2, std::vector<float>(descent->points.begin(), descent->points.end())};
    const auto trust = mapTrust(vectors, options.normalise, out.points, stop);
    if (!trust)
        return tl::unexpected(trust.error());
    out.trustworthiness = *trust;
    if (progress)
        progress(1);
    return out;
}

}  // namespace armillary::embedding
