#include "embedding/principal_components.h"

#include "base/random_source.h"
#include "embedding/dense_tensor.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace armillary::embedding {
namespace {

constexpr std::int64_t kExactUpTo = 1024;
// Directions whose singular value is below this share of the largest are rounding, not data.
constexpr double kRankTolerance = 1e-6;
constexpr double kLowClip = 0.01;
constexpr double kHighClip = 0.99;

// Leading right singular vectors [k, D] and singular values [k] of centred vectors.
struct Directions {
    at::Tensor axes;
    at::Tensor values;
};

Directions exactDirections(const at::Tensor& centred)
{
    const at::Tensor wide = centred.to(at::kDouble);
    const bool isWide = wide.size(0) <= wide.size(1);
    const auto [eigenvalues, vectors] =
        at::linalg_eigh(isWide ? at::matmul(wide, wide.t()) : at::matmul(wide.t(), wide));
    const at::Tensor values = eigenvalues.flip(0).clamp_min(0).sqrt();
    const at::Tensor ordered = vectors.flip(1);
    // Of the rows' Gram matrix the eigenvectors are the left ones: u^T X / sigma are the right.
    const at::Tensor axes =
        isWide ? at::matmul(ordered.t(), wide) / values.clamp_min(1e-300).unsqueeze(1) : ordered.t();
    return {axes, values};
}

Result<Directions> randomisedDirections(const at::Tensor& centred, const PcaOptions& options,
                                        const std::stop_token& stop)
{
    const std::int64_t width =
        std::min({options.components + options.extraDirections, centred.size(0), centred.size(1)});
    RandomSource random(options.seed);
    Matrix start{centred.size(1), width, std::vector<float>(static_cast<std::size_t>(centred.size(1) * width))};
    std::generate(start.values.begin(), start.values.end(), [&] { return static_cast<float>(random.normal()); });
    at::Tensor basis = std::get<0>(at::linalg_qr(at::matmul(centred, viewOfMatrix(start))));  // [n, width]
    for (std::int64_t round = 0; round < options.powerIterations; ++round) {
        if (stop.stop_requested())
            return cancelled("principal components");
        const at::Tensor back = std::get<0>(at::linalg_qr(at::matmul(centred.t(), basis)));
        basis = std::get<0>(at::linalg_qr(at::matmul(centred, back)));
    }
    const at::Tensor small = at::matmul(basis.t(), centred).to(at::kDouble);  // [width, D]
    return exactDirections(small);
}

}  // namespace

Matrix scoresOn(const PrincipalComponents& basis, const Matrix& vectors)
{
    if (basis.axes.rows == 0 || vectors.rows == 0)
        return {vectors.rows, 0, {}};
    Matrix centred = vectors;
    for (std::int64_t i = 0; i < centred.rows; ++i) {
        for (std::size_t column = 0; column < basis.means.size(); ++column)
            centred.row(i)[column] = static_cast<float>(centred.row(i)[column] - basis.means[column]);
    }
    return matrixFromTensor(at::matmul(viewOfMatrix(centred), viewOfMatrix(basis.axes).t()));
}

Result<PrincipalComponents> principalComponents(const Matrix& vectors, const PcaOptions& options,
                                                const std::stop_token& stop)
{
    PrincipalComponents out;
    out.means = columnMeans(vectors);
    out.axes = {0, vectors.columns, {}};
    out.scores = {vectors.rows, 0, {}};
    if (vectors.rows < 2 || vectors.columns < 1) {
        out.cautions.emplace_back("components need two vectors or more");
        return out;
    }
    if (stop.stop_requested())
        return cancelled("principal components");
    const Matrix centred = centredColumns(vectors);
    const at::Tensor view = viewOfMatrix(centred);
    const auto freedom = static_cast<double>(vectors.rows - 1);
    out.totalVariance = view.square().sum(at::kDouble).item<double>() / freedom;
    out.isRandomised = options.method == PcaMethod::Randomised ||
                       (options.method == PcaMethod::Automatic && std::min(vectors.rows, vectors.columns) > kExactUpTo);
    // Rounding of the means alone leaves this much of equal vectors.
    const double shift = view.abs().max().item<double>();
    double size = 0;
    for (const double value : out.means)
        size = std::max(size, std::abs(value));
    if (!(out.totalVariance > 0) || shift <= 1e-6 * size) {
        out.cautions.emplace_back("all vectors are equal: there are no components");
        out.totalVariance = 0;
        return out;
    }
    const auto found =
        out.isRandomised ? randomisedDirections(view, options, stop) : Result<Directions>(exactDirections(view));
    if (!found)
        return tl::unexpected(found.error());
    const std::vector<double> values = doublesFromTensor(found->values);
    const std::int64_t most =
        std::min({options.components, static_cast<std::int64_t>(values.size()), vectors.rows - 1});
    std::int64_t kept = 0;
    while (kept < most && values[static_cast<std::size_t>(kept)] > kRankTolerance * values.front())
        ++kept;
    if (kept < options.components)
        out.cautions.push_back(
            fmt::format("the vectors have {} directions, {} were asked for", kept, options.components));
    out.axes = matrixFromTensor(found->axes.narrow(0, 0, kept));
    out.scores = matrixFromTensor(at::matmul(view, viewOfMatrix(out.axes).t()));
    for (std::int64_t component = 0; component < kept; ++component) {
        double cubes = 0;
        for (std::int64_t i = 0; i < out.scores.rows; ++i)
            cubes += std::pow(static_cast<double>(out.scores.row(i)[component]), 3);
        if (cubes < 0) {
            std::for_each(out.axes.row(component), out.axes.row(component) + out.axes.columns,
                          [](float& value) { value = -value; });
            for (std::int64_t i = 0; i < out.scores.rows; ++i)
                out.scores.row(i)[component] = -out.scores.row(i)[component];
        }
        const double variance = std::pow(values[static_cast<std::size_t>(component)], 2) / freedom;
        out.variances.push_back(variance);
        out.shares.push_back(variance / out.totalVariance);
    }
    return out;
}

Matrix coloursFromScores(const Matrix& scores)
{
    Matrix out{scores.rows, 3, std::vector<float>(static_cast<std::size_t>(scores.rows) * 3, 0.5F)};
    for (std::int64_t component = 0; component < std::min<std::int64_t>(3, scores.columns); ++component) {
        std::vector<double> values;
        for (std::int64_t i = 0; i < scores.rows; ++i)
            values.push_back(scores.row(i)[component]);
        const double low = quantile(values, kLowClip);
        const double high = quantile(values, kHighClip);
        if (!(high > low))
            continue;
        for (std::int64_t i = 0; i < scores.rows; ++i)
            out.row(i)[component] =
                static_cast<float>(std::clamp((values[static_cast<std::size_t>(i)] - low) / (high - low), 0.0, 1.0));
    }
    return out;
}

}  // namespace armillary::embedding
