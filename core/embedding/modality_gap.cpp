#include "embedding/modality_gap.h"

#include "base/random_source.h"
#include "embedding/dense_tensor.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace armillary::embedding {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

// Signs of n vectors, the first `positives` of them +1, then as many orders of them: [n, 1 + draws].
at::Tensor labelColumns(std::int64_t n, std::int64_t positives, std::int64_t draws, std::uint64_t seed)
{
    at::Tensor out = at::full({1 + draws, n}, -1.0, at::kDouble);
    out.narrow(1, 0, positives).fill_(1.0);
    double* data = out.data_ptr<double>();
    RandomSource random(seed);
    for (std::int64_t draw = 1; draw <= draws; ++draw) {
        const std::vector<std::int64_t> order = random.permutation(n);
        for (std::int64_t i = 0; i < n; ++i)
            data[draw * n + i] = data[order[static_cast<std::size_t>(i)]];
    }
    return out.t();
}

// |mean of + rows less mean of - rows| for every column of labels.
std::vector<double> gaps(const Matrix& units, const at::Tensor& labels, std::int64_t positives)
{
    const auto n = static_cast<double>(units.rows);
    const auto plus = static_cast<double>(positives);
    const at::Tensor isPlus = (labels + 1) / 2;
    const at::Tensor weights = isPlus / plus - (1 - isPlus) / (n - plus);
    const at::Tensor differences = at::matmul(weights.t().to(at::kFloat), viewOfMatrix(units));
    return doublesFromTensor(differences.to(at::kDouble).square().sum(1).sqrt());
}

// The fold of each vector: both sides are dealt out in turn after a shuffle, so that every fold has some of each.
std::vector<std::int64_t> foldsOf(std::int64_t positives, std::int64_t n, std::int64_t folds, std::uint64_t seed)
{
    RandomSource random(seed);
    std::vector<std::int64_t> out(static_cast<std::size_t>(n));
    for (const auto& [first, count] : {std::pair{std::int64_t{0}, positives}, {positives, n - positives}}) {
        const std::vector<std::int64_t> order = random.permutation(count);
        for (std::int64_t i = 0; i < count; ++i)
            out[static_cast<std::size_t>(first + order[static_cast<std::size_t>(i)])] = i % folds;
    }
    return out;
}

at::Tensor indexTensor(const std::vector<std::int64_t>& indices)
{
    return at::tensor(indices, at::kLong);
}

// Out-of-fold scores of ridge regression in its dual form for every column of labels at once: [n, columns].
Result<at::Tensor> probeScores(const Matrix& units, const at::Tensor& labels, const std::vector<std::int64_t>& folds,
                               const ModalityGapOptions& options, const std::stop_token& stop)
{
    const at::Tensor gram = gramOfRows(units) + 1;  // the added 1 is the intercept
    at::Tensor out = at::empty_like(labels, at::MemoryFormat::Contiguous);
    for (std::int64_t fold = 0; fold < options.folds; ++fold) {
        if (stop.stop_requested())
            return cancelled("the linear probe");
        std::vector<std::int64_t> inside, outside;
        for (std::size_t i = 0; i < folds.size(); ++i)
            (folds[i] == fold ? outside : inside).push_back(static_cast<std::int64_t>(i));
        const at::Tensor train = indexTensor(inside);
        const at::Tensor test = indexTensor(outside);
        const at::Tensor rows = gram.index_select(0, train);
        at::Tensor system = rows.index_select(1, train);
        // Weights that make the two classes count the same, whatever their sizes, are left to the AUC: it needs no threshold.
        system = system +
                 at::eye(system.size(0), system.options()) * (options.ridge * system.diagonal().mean().item<double>());
        const at::Tensor solved = at::linalg_solve(system, labels.index_select(0, train), true);
        out.index_copy_(0, test, at::matmul(gram.index_select(0, test).index_select(1, train), solved));
    }
    return out;
}

double aucOfColumn(const at::Tensor& scores, const at::Tensor& labels, std::int64_t column)
{
    const std::vector<double> values = doublesFromTensor(scores.select(1, column));
    const std::vector<double> signs = doublesFromTensor(labels.select(1, column));
    std::vector<double> plus, minus;
    for (std::size_t i = 0; i < values.size(); ++i)
        (signs[i] > 0 ? plus : minus).push_back(values[i]);
    return areaUnderCurve(plus, minus);
}

double meanInside(const std::vector<double>& sum, const Matrix& units)
{
    const auto n = static_cast<double>(units.rows);
    double selves = 0;
    for (const double norm : rowNorms(units))
        selves += norm * norm;
    return n > 1 ? (std::inner_product(sum.begin(), sum.end(), sum.begin(), 0.0) - selves) / (n * (n - 1)) : kNan;
}

std::vector<double> sumOf(const Matrix& units)
{
    std::vector<double> out = columnMeans(units);
    for (double& value : out)
        value *= static_cast<double>(units.rows);
    return out;
}

}  // namespace

double areaUnderCurve(const std::vector<double>& positives, const std::vector<double>& negatives)
{
    if (positives.empty() || negatives.empty())
        return kNan;
    std::vector<double> sorted = negatives;
    std::sort(sorted.begin(), sorted.end());
    double wins = 0;
    for (const double score : positives) {
        const auto [low, high] = std::equal_range(sorted.begin(), sorted.end(), score);
        wins += static_cast<double>(low - sorted.begin()) + 0.5 * static_cast<double>(high - low);
    }
    return wins / (static_cast<double>(positives.size()) * static_cast<double>(negatives.size()));
}

Result<ModalityGap> modalityGap(const Matrix& x, const Matrix& y, const ModalityGapOptions& options,
                                const std::stop_token& stop)
{
    if (x.columns != y.columns)
        return fail(ErrorCode::InvalidInput,
                    fmt::format("vectors of {} and of {} dimensions have no common space to lie apart in", x.columns,
                                y.columns));
    ModalityGap out{kNan, nullBand(kNan, {}, Agreement::Higher),
                    kNan, nullBand(kNan, {}, Agreement::Higher),
                    kNan, kNan,
                    kNan, {}};
    if (x.rows < 1 || y.rows < 1) {
        out.cautions.emplace_back("one side has no vectors");
        return out;
    }
    const Matrix left = unitRows(x);
    const Matrix right = unitRows(y);
    const std::vector<double> sumX = sumOf(left);
    const std::vector<double> sumY = sumOf(right);
    out.insideX = meanInside(sumX, left);
    out.insideY = meanInside(sumY, right);
    out.across = std::inner_product(sumX.begin(), sumX.end(), sumY.begin(), 0.0) /
                 (static_cast<double>(x.rows) * static_cast<double>(y.rows));
    if (stop.stop_requested())
        return cancelled("the modality gap");
    {
        const Matrix both = stacked(left, right);
        const std::vector<double> all =
            gaps(both, labelColumns(both.rows, left.rows, options.draws, options.seed), left.rows);
        out.gap = all.front();
        out.gapNull = nullBand(out.gap, {all.begin() + 1, all.end()}, Agreement::Higher);
    }
    if (x.rows < 2 || y.rows < 2)
        out.cautions.emplace_back("one side has a single vector: it has no inside");

    const Matrix probeX = chosenRows(left, evenlyChosen(left.rows, options.probeMost));
    const Matrix probeY = chosenRows(right, evenlyChosen(right.rows, options.probeMost));
    if (std::min(probeX.rows, probeY.rows) < 2 * options.folds) {
        out.cautions.push_back(fmt::format("a probe in {} folds needs {} vectors a side, there are {} and {}",
                                           options.folds, 2 * options.folds, probeX.rows, probeY.rows));
        return out;
    }
    if (probeX.rows < left.rows || probeY.rows < right.rows)
        out.cautions.push_back(fmt::format("the probe saw {} of {} and {} of {} vectors, spread evenly", probeX.rows,
                                           left.rows, probeY.rows, right.rows));
    const Matrix both = stacked(probeX, probeY);
    const at::Tensor labels = labelColumns(both.rows, probeX.rows, options.draws, options.seed);
    const auto scores =
        probeScores(both, labels, foldsOf(probeX.rows, both.rows, options.folds, options.seed), options, stop);
    if (!scores)
        return tl::unexpected(scores.error());
    out.probeAuc = aucOfColumn(*scores, labels, 0);
    std::vector<double> chance;
    for (std::int64_t draw = 1; draw <= options.draws; ++draw)
        chance.push_back(aucOfColumn(*scores, labels, draw));
    out.probeNull = nullBand(out.probeAuc, chance, Agreement::Higher);
    return out;
}

}  // namespace armillary::embedding
