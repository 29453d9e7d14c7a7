#include "embedding/neighbours.h"

#include "embedding/dense_tensor.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace armillary::embedding {
namespace {

constexpr std::int64_t kBlock = 512;
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

// Both in the form in which distances are read off a product.
struct Prepared {
    Matrix left;
    Matrix right;
    at::Tensor rightSquares;  // [n], only for Euclid
    Metric metric;

    Prepared(const Matrix& queries, const Matrix& among, Metric how) : metric(how)
    {
        if (metric == Metric::Cosine) {
            left = unitRows(queries);
            right = unitRows(among);
            return;
        }
        // Distances do not change when all is shifted; without the common mean the differences of squares lose less.
        const std::vector<double> centre = columnMeans(among);
        left = queries;
        right = among;
        for (Matrix* each : {&left, &right}) {
            for (std::int64_t i = 0; i < each->rows; ++i) {
                for (std::size_t column = 0; column < centre.size(); ++column)
                    each->row(i)[column] = static_cast<float>(each->row(i)[column] - centre[column]);
            }
        }
        rightSquares = viewOfMatrix(right).square().sum(1);
    }

    // What orders the rows of `right` as seen from queries first ... first + count - 1: smaller is nearer. [count, n]
    [[nodiscard]] at::Tensor keys(std::int64_t first, std::int64_t count) const
    {
        const at::Tensor products = at::matmul(viewOfMatrix(left).narrow(0, first, count), viewOfMatrix(right).t());
        if (metric == Metric::Cosine)
            return 1 - products;
        return rightSquares.unsqueeze(0) - 2 * products;
    }

    // The distance itself, summed in double.
    [[nodiscard]] double distance(std::int64_t query, std::int64_t other) const
    {
        const float* a = left.row(query);
        const float* b = right.row(other);
        double sum = 0;
        for (std::int64_t column = 0; column < left.columns; ++column) {
            const double term = metric == Metric::Cosine ? static_cast<double>(a[column]) * b[column]
                                                         : std::pow(static_cast<double>(a[column]) - b[column], 2);
            sum += term;
        }
        return metric == Metric::Cosine ? 1 - sum : std::sqrt(sum);
    }
};

}  // namespace

Result<Neighbours> nearestNeighbours(const Matrix& queries, const Matrix& among, std::int64_t k, Metric metric,
                                     bool skipSame, const std::stop_token& stop)
{
    if (queries.columns != among.columns)
        return fail(ErrorCode::InvalidInput, fmt::format("vectors of {} and of {} dimensions cannot be neighbours",
                                                         queries.columns, among.columns));
    Neighbours out;
    out.count = std::clamp<std::int64_t>(k, 0, among.rows - (skipSame && among.rows > 0 ? 1 : 0));
    if (out.count == 0 || queries.rows == 0)
        return out;
    const Prepared prepared(queries, among, metric);
    // Some more than asked for, because float keys can swap near-equal ones; the true distances then decide.
    const std::int64_t candidates = std::min(among.rows, out.count + 1 + 8);
    out.indices.resize(static_cast<std::size_t>(queries.rows * out.count));
    out.distances.resize(out.indices.size());
    for (std::int64_t first = 0; first < queries.rows; first += kBlock) {
        if (stop.stop_requested())
            return cancelled("the search for neighbours");
        const std::int64_t count = std::min(kBlock, queries.rows - first);
        const at::Tensor found =
            std::get<1>(prepared.keys(first, count).topk(candidates, 1, /*largest=*/false)).contiguous();
        const std::int64_t* indices = found.const_data_ptr<std::int64_t>();
        at::parallel_for(0, count, 16, [&](std::int64_t begin, std::int64_t end) {
            std::vector<std::pair<double, std::int64_t>> best;
            for (std::int64_t i = begin; i < end; ++i) {
                best.clear();
                for (std::int64_t at = 0; at < candidates; ++at) {
                    const std::int64_t other = indices[i * candidates + at];
                    if (!skipSame || other != first + i)
                        best.emplace_back(prepared.distance(first + i, other), other);
                }
                std::sort(best.begin(), best.end());
                for (std::int64_t at = 0; at < out.count; ++at) {
                    const auto slot = static_cast<std::size_t>((first + i) * out.count + at);
                    out.indices[slot] = best[static_cast<std::size_t>(at)].second;
                    out.distances[slot] = static_cast<float>(best[static_cast<std::size_t>(at)].first);
                }
            }
        });
    }
    return out;
}

Matrix cosines(const Matrix& left, const Matrix& right)
{
    const Matrix a = unitRows(left);
    const Matrix b = unitRows(right);
    if (a.rows == 0 || b.rows == 0)
        return {a.rows, b.rows, {}};
    return matrixFromTensor(at::matmul(viewOfMatrix(a), viewOfMatrix(b).t()));
}

Result<std::vector<CosineSummary>> cosineSummaries(const Matrix& vectors, const std::vector<TokenGroup>& groups,
                                                   std::int64_t most, std::int64_t bins, const std::stop_token& stop)
{
    std::vector<Matrix> samples;
    std::vector<std::vector<double>> sums;  // of the unit vectors of each group
    std::vector<std::int64_t> unitCounts;   // vectors that are not zero
    for (const TokenGroup& group : groups) {
        const Matrix units = unitRows(chosenRows(vectors, group.rows));
        sums.push_back(columnMeans(units));
        for (double& value : sums.back())
            value *= static_cast<double>(units.rows);
        const std::vector<double> norms = rowNorms(units);
        unitCounts.push_back(std::count_if(norms.begin(), norms.end(), [](double norm) { return norm > 0; }));
        samples.push_back(chosenRows(units, evenlyChosen(units.rows, most)));
    }
    std::vector<CosineSummary> out;
    for (std::size_t i = 0; i < groups.size(); ++i) {
        for (std::size_t j = i; j < groups.size(); ++j) {
            if (stop.stop_requested())
                return cancelled("the cosine matrix");
            CosineSummary summary;
            summary.left = groups[i].name;
            summary.right = groups[j].name;
            const double dot = std::inner_product(sums[i].begin(), sums[i].end(), sums[j].begin(), 0.0);
            const auto left = static_cast<double>(groups[i].rows.size());
            const auto right = static_cast<double>(groups[j].rows.size());
            const double pairs = i == j ? left * (left - 1) : left * right;
            summary.mean = pairs > 0 ? (i == j ? dot - static_cast<double>(unitCounts[i]) : dot) / pairs : kNan;
            const Matrix all = cosines(samples[i], samples[j]);
            std::vector<double> values;
            for (std::int64_t row = 0; row < all.rows; ++row) {
                for (std::int64_t column = i == j ? row + 1 : 0; column < all.columns; ++column)
                    values.push_back(all.row(row)[column]);
            }
            summary.pairs = static_cast<std::int64_t>(values.size());
            summary.histogram = histogram(values, -1, 1, bins);
            std::sort(values.begin(), values.end());
            const auto at = [&](double q) {
                return values.empty()
                           ? kNan
                           : values[static_cast<std::size_t>(std::llround(q * static_cast<double>(values.size() - 1)))];
            };
            summary.low = at(0.05);
            summary.median = at(0.5);
            summary.high = at(0.95);
            out.push_back(std::move(summary));
        }
    }
    return out;
}

Result<double> trustworthiness(const Matrix& input, const Matrix& map, std::int64_t k, Metric inputMetric,
                               const std::stop_token& stop)
{
    const std::int64_t n = input.rows;
    if (k < 1 || 2 * k >= n)
        return kNan;
    const auto inMap = nearestNeighbours(map, map, k, Metric::Euclid, true, stop);
    if (!inMap)
        return tl::unexpected(inMap.error());
    const Prepared prepared(input, input, inputMetric);
    std::vector<double> penalties(static_cast<std::size_t>(n), 0.0);
    for (std::int64_t first = 0; first < n; first += kBlock) {
        if (stop.stop_requested())
            return cancelled("trustworthiness");
        const std::int64_t count = std::min(kBlock, n - first);
        const at::Tensor block = prepared.keys(first, count).contiguous();
        const float* keys = block.const_data_ptr<float>();
        at::parallel_for(0, count, 8, [&](std::int64_t begin, std::int64_t end) {
            for (std::int64_t i = begin; i < end; ++i) {
                const float* row = keys + i * n;
                for (std::int64_t at = 0; at < k; ++at) {
                    const std::int64_t other = inMap->indices[static_cast<std::size_t>((first + i) * k + at)];
                    // Ties count by index, so that ranks are 1 ... n - 1 without gaps.
                    std::int64_t rank = 1;
                    for (std::int64_t each = 0; each < n; ++each)
                        rank +=
                            each != first + i && (row[each] < row[other] || (row[each] == row[other] && each < other))
                                ? 1
                                : 0;
                    penalties[static_cast<std::size_t>(first + i)] +=
                        static_cast<double>(std::max<std::int64_t>(0, rank - k));
                }
            }
        });
    }
    const double total = std::accumulate(penalties.begin(), penalties.end(), 0.0);
    const auto count = static_cast<double>(n);
    const auto near = static_cast<double>(k);
    return 1 - 2 * total / (count * near * (2 * count - 3 * near - 1));
}

}  // namespace armillary::embedding
