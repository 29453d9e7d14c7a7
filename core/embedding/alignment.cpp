#include "embedding/alignment.h"

#include "embedding/dense_tensor.h"
#include "embedding/neighbours.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>

namespace armillary::embedding {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
// Variance below this share of the raw size is rounding of equal vectors.
constexpr double kFlat = 1e-12;
constexpr std::int64_t kSumsOfAThread = 1'000'000;

using Order = std::vector<std::int64_t>;

bool isFlat(const Matrix& x)
{
    double size = 0;
    for (const double norm : rowNorms(x))
        size += norm * norm;
    return x.rows < 2 || x.columns < 1 || !(totalVariation(x) > kFlat * size);
}

// Gram matrix of the rows with rows and columns centred.
at::Tensor centredGram(const Matrix& x)
{
    return gramOfRows(centredColumns(x));
}

// U-centred: off the diagonal less row and column means over n - 2, the diagonal 0. Sums of products of two such matrices over
// n(n - 3) are the unbiased HSIC.
at::Tensor unbiasedGram(const Matrix& x)
{
    // The shift by the mean changes nothing but the rounding.
    at::Tensor gram = gramOfRows(centredColumns(x));
    const auto n = static_cast<double>(x.rows);
    gram.fill_diagonal_(0);
    const at::Tensor sums = gram.sum(1);
    const at::Tensor total = gram.sum();
    at::Tensor out = gram - (sums.unsqueeze(0) + sums.unsqueeze(1)) / (n - 2) + total / ((n - 1) * (n - 2));
    return out.fill_diagonal_(0);
}

// Sum over i, j of a(i, j) b(order[i], order[j]).
double pairedSum(const at::Tensor& a, const at::Tensor& b, const Order& order)
{
    const std::int64_t n = a.size(0);
    const double* left = a.const_data_ptr<double>();
    const double* right = b.const_data_ptr<double>();
    std::vector<double> rows(static_cast<std::size_t>(n));
    // Small sums are over before threads have met.
    at::parallel_for(0, n, std::max<std::int64_t>(1, kSumsOfAThread / std::max<std::int64_t>(n, 1)),
                     [&](std::int64_t begin, std::int64_t end) {
                         for (std::int64_t i = begin; i < end; ++i) {
                             const double* row = left + i * n;
                             const double* other = right + order[static_cast<std::size_t>(i)] * n;
                             double sum = 0;
                             for (std::int64_t j = 0; j < n; ++j)
                                 sum += row[j] * other[order[static_cast<std::size_t>(j)]];
                             rows[static_cast<std::size_t>(i)] = sum;
                         }
                     });
    double out = 0;
    for (const double row : rows)
        out += row;
    return out;
}

Order sameOrder(std::int64_t n)
{
    Order out(static_cast<std::size_t>(n));
    std::iota(out.begin(), out.end(), std::int64_t{0});
    return out;
}

// A measure of x with y as `order` pairs them; what does not depend on the order is computed once.
using Paired = std::function<double(const Order&)>;

Paired ckaOf(const at::Tensor& x, const at::Tensor& y)
{
    const Order same = sameOrder(x.size(0));
    const double scale = std::sqrt(pairedSum(x, x, same) * pairedSum(y, y, same));
    return [x, y, scale](const Order& order) { return scale > 0 ? pairedSum(x, y, order) / scale : kNan; };
}

Paired neighboursOf(const Matrix& x, const Matrix& y, std::int64_t k)
{
    const auto find = [k](const Matrix& side) {
        std::vector<std::int64_t> indices = nearestNeighbours(side, side, k, Metric::Cosine, true, {})->indices;
        for (std::size_t at = 0; at < indices.size(); at += static_cast<std::size_t>(k))
            std::sort(indices.begin() + static_cast<std::ptrdiff_t>(at),
                      indices.begin() + static_cast<std::ptrdiff_t>(at) + k);
        return indices;
    };
    return [nearX = find(x), nearY = find(y), k](const Order& order) {
        const auto n = static_cast<std::int64_t>(order.size());
        // place[j]: which thing of x is paired with j of y.
        Order place(order.size());
        for (std::int64_t i = 0; i < n; ++i)
            place[static_cast<std::size_t>(order[static_cast<std::size_t>(i)])] = i;
        std::int64_t shared = 0;
        for (std::int64_t i = 0; i < n; ++i) {
            const auto begin = nearX.begin() + i * k;
            const std::int64_t paired = order[static_cast<std::size_t>(i)];
            for (std::int64_t at = 0; at < k; ++at) {
                const std::int64_t other = nearY[static_cast<std::size_t>(paired * k + at)];
                shared += std::binary_search(begin, begin + k, place[static_cast<std::size_t>(other)]) ? 1 : 0;
            }
        }
        return static_cast<double>(shared) / static_cast<double>(n * k);
    };
}

// Left singular vectors [n, r] and singular values [r] of the centred rows, in float64.
struct RowSpace {
    at::Tensor vectors;
    at::Tensor values;
};

RowSpace rowSpace(const Matrix& x)
{
    const Matrix centred = centredColumns(x);
    const at::Tensor wide = viewOfMatrix(centred).to(at::kDouble);
    at::Tensor values, vectors;
    if (x.rows <= x.columns) {
        const auto [squares, found] = at::linalg_eigh(at::matmul(wide, wide.t()));
        values = squares.flip(0).clamp_min(0).sqrt();
        vectors = found.flip(1);
    } else {
        const auto [squares, found] = at::linalg_eigh(at::matmul(wide.t(), wide));
        values = squares.flip(0).clamp_min(0).sqrt();
        vectors = at::matmul(wide, found.flip(1)) / values.clamp_min(1e-300);
    }
    // Directions of rounding have no left vector worth the name.
    const std::int64_t rank =
        std::max<std::int64_t>(1, (values > values.select(0, 0) * 1e-7).sum().item<std::int64_t>());
    return {vectors.narrow(1, 0, rank).contiguous(), values.narrow(0, 0, rank).contiguous()};
}

at::Tensor orderTensor(const Order& order)
{
    return at::from_blob(const_cast<std::int64_t*>(order.data()), {static_cast<std::int64_t>(order.size())}, at::kLong);
}

Paired procrustesOf(const RowSpace& x, const RowSpace& y)
{
    // |X^T Y|_* = |Sx Ux^T Uy Sy|_*: rotations change no singular value.
    const at::Tensor left = (x.vectors * (x.values / x.values.norm())).t().contiguous();
    const at::Tensor right = y.vectors * (y.values / y.values.norm());
    return [left, right](const Order& order) {
        const at::Tensor product = at::matmul(left, right.index_select(0, orderTensor(order)));
        // Singular values as roots of eigenvalues take a quarter of the time; what is lost lies below 1e-8 of the largest.
        const bool isTall = product.size(0) > product.size(1);
        const at::Tensor gram = isTall ? at::matmul(product.t(), product) : at::matmul(product, product.t());
        return std::max(0.0, 2 - 2 * at::linalg_eigvalsh(gram).clamp_min(0).sqrt().sum().item<double>());
    };
}

std::int64_t keptDirections(const RowSpace& x, double share)
{
    const std::vector<double> squares = doublesFromTensor(x.values.square());
    double total = 0;
    for (const double square : squares)
        total += square;
    double sum = 0;
    for (std::size_t i = 0; i < squares.size(); ++i) {
        sum += squares[i];
        if (sum >= share * total)
            return static_cast<std::int64_t>(i) + 1;
    }
    return static_cast<std::int64_t>(squares.size());
}

// Random subspaces of a and b directions in n - 1 dimensions share a + b - (n - 1) of them whatever they are.
bool isSvccaEmpty(std::int64_t a, std::int64_t b, std::int64_t n)
{
    return a + b >= n - 1;
}

Paired svccaOf(const RowSpace& x, const RowSpace& y, std::int64_t keptX, std::int64_t keptY)
{
    const at::Tensor left = x.vectors.narrow(1, 0, keptX).t().contiguous();
    const at::Tensor right = y.vectors.narrow(1, 0, keptY).contiguous();
    return [left, right](const Order& order) {
        const at::Tensor product = at::matmul(left, right.index_select(0, orderTensor(order)));
        return at::linalg_svdvals(product).clamp(0, 1).mean().item<double>();
    };
}

struct Orders {
    std::vector<Order> permuted;
    std::vector<Order> shifted;
};

Result<AlignedMeasure> measured(const std::string& name, const Paired& paired, Agreement agreement,
                                const Orders& orders, std::int64_t draws, std::int64_t n, const std::stop_token& stop)
{
    AlignedMeasure out;
    out.name = name;
    out.value = paired(sameOrder(n));
    const auto over = [&](const std::vector<Order>& all) -> Result<NullBand> {
        std::vector<double> values;
        for (std::size_t draw = 0; draw < all.size() && static_cast<std::int64_t>(draw) < draws; ++draw) {
            if (stop.stop_requested())
                return cancelled("the null band");
            values.push_back(paired(all[draw]));
        }
        return nullBand(out.value, values, agreement);
    };
    const auto permuted = over(orders.permuted);
    if (!permuted)
        return tl::unexpected(permuted.error());
    out.permuted = *permuted;
    if (!orders.shifted.empty()) {
        const auto shifted = over(orders.shifted);
        if (!shifted)
            return tl::unexpected(shifted.error());
        out.shifted = *shifted;
    }
    return out;
}

AlignedMeasure missing(const std::string& name)
{
    return {name, kNan, nullBand(kNan, {}, Agreement::Higher), std::nullopt};
}

bool canPair(const Matrix& x, const Matrix& y, std::int64_t fewest)
{
    return x.rows == y.rows && x.rows >= fewest && !isFlat(x) && !isFlat(y);
}

}  // namespace

double linearCka(const Matrix& x, const Matrix& y)
{
    return canPair(x, y, 2) ? ckaOf(centredGram(x), centredGram(y))(sameOrder(x.rows)) : kNan;
}

double unbiasedCka(const Matrix& x, const Matrix& y)
{
    return canPair(x, y, 4) ? ckaOf(unbiasedGram(x), unbiasedGram(y))(sameOrder(x.rows)) : kNan;
}

double mutualNeighbours(const Matrix& x, const Matrix& y, std::int64_t k)
{
    return canPair(x, y, std::max<std::int64_t>(k, 1) + 1) && k > 0 ? neighboursOf(x, y, k)(sameOrder(x.rows)) : kNan;
}

double procrustesDistance(const Matrix& x, const Matrix& y)
{
    return canPair(x, y, 2) ? procrustesOf(rowSpace(x), rowSpace(y))(sameOrder(x.rows)) : kNan;
}

Svcca svcca(const Matrix& x, const Matrix& y, double keptVariance)
{
    if (!canPair(x, y, 2))
        return {kNan, 0, 0};
    const RowSpace left = rowSpace(x);
    const RowSpace right = rowSpace(y);
    Svcca out{kNan, keptDirections(left, keptVariance), keptDirections(right, keptVariance)};
    if (!isSvccaEmpty(out.directionsX, out.directionsY, x.rows))
        out.value = svccaOf(left, right, out.directionsX, out.directionsY)(sameOrder(x.rows));
    return out;
}

Result<Alignment> alignment(const Matrix& x, const Matrix& y, const AlignmentOptions& options,
                            const std::stop_token& stop)
{
    const std::int64_t n = x.rows;
    if (x.rows != y.rows)
        return fail(ErrorCode::InvalidInput, fmt::format("{} and {} vectors cannot be paired", x.rows, y.rows));
    const bool isGrid = options.gridRows > 0 && options.gridColumns > 0;
    if (isGrid && options.gridRows * options.gridColumns != n)
        return fail(ErrorCode::InvalidInput,
                    fmt::format("{} pairs are no grid of {} x {}", n, options.gridRows, options.gridColumns));
    Alignment out;
    out.pairs = n;
    const std::int64_t k = options.neighbours;
    out.chanceNeighbours = n > k && k > 0 ? static_cast<double>(k) / static_cast<double>(n - 1) : kNan;
    if (!canPair(x, y, 2)) {
        for (const char* name : {"linear CKA", "unbiased CKA", "mutual kNN", "Procrustes distance", "SVCCA"})
            out.measures.push_back(missing(name));
        out.cautions.push_back(n < 2 ? fmt::format("{} pairs are too few for any measure", n)
                                     : "one side has no variance: all of its vectors are equal");
        return out;
    }
    if (n < std::max(x.columns, y.columns))
        out.cautions.push_back(
            fmt::format("{} pairs in up to {} dimensions: linear CKA, SVCCA and Procrustes are inflated, read "
                        "unbiased CKA, mutual kNN and the null bands",
                        n, std::max(x.columns, y.columns)));
    Orders orders;
    orders.permuted = randomPairings(n, std::max(options.draws, options.svdDraws), options.seed);
    if (isGrid)
        orders.shifted = toroidalShifts(options.gridRows, options.gridColumns,
                                        std::max(options.draws, options.svdDraws), options.seed);

    // Made one after the other: each holds matrices of n x n.
    std::vector<std::function<Result<AlignedMeasure>()>> steps;
    steps.emplace_back([&] {
        return measured("linear CKA", ckaOf(centredGram(x), centredGram(y)), Agreement::Higher, orders, options.draws,
                        n, stop);
    });
    steps.emplace_back([&]() -> Result<AlignedMeasure> {
        if (n < 4)
            return missing("unbiased CKA");
        return measured("unbiased CKA", ckaOf(unbiasedGram(x), unbiasedGram(y)), Agreement::Higher, orders,
                        options.draws, n, stop);
    });
    steps.emplace_back([&]() -> Result<AlignedMeasure> {
        if (n <= k || k < 1)
            return missing("mutual kNN");
        return measured("mutual kNN", neighboursOf(x, y, k), Agreement::Higher, orders, options.draws, n, stop);
    });
    const RowSpace left = rowSpace(x);
    const RowSpace right = rowSpace(y);
    steps.emplace_back([&] {
        return measured("Procrustes distance", procrustesOf(left, right), Agreement::Lower, orders, options.svdDraws, n,
                        stop);
    });
    steps.emplace_back([&]() -> Result<AlignedMeasure> {
        out.directionsX = keptDirections(left, 0.99);
        out.directionsY = keptDirections(right, 0.99);
        if (isSvccaEmpty(out.directionsX, out.directionsY, n)) {
            out.cautions.push_back(fmt::format(
                "SVCCA keeps {} + {} directions of {} pairs, so it would agree by counting alone: none given",
                out.directionsX, out.directionsY, n));
            return missing("SVCCA");
        }
        return measured("SVCCA", svccaOf(left, right, out.directionsX, out.directionsY), Agreement::Higher, orders,
                        options.svdDraws, n, stop);
    });
    for (const auto& step : steps) {
        if (stop.stop_requested())
            return cancelled("alignment");
        auto done = step();
        if (!done)
            return tl::unexpected(done.error());
        if (!std::isfinite(done->value) && done->name != "SVCCA")
            out.cautions.push_back(fmt::format("{} pairs are too few for {}", n, done->name));
        out.measures.push_back(std::move(*done));
    }
    return out;
}

TurnedPair turnedOnto(const Matrix& x, const Matrix& y, std::int64_t components)
{
    if (!canPair(x, y, 2))
        return {{x.rows, 0, {}}, {y.rows, 0, {}}};
    const RowSpace left = rowSpace(x);
    const RowSpace right = rowSpace(y);
    const at::Tensor placesX = left.vectors * (left.values / left.values.norm());     // [n, rx]
    const at::Tensor placesY = right.vectors * (right.values / right.values.norm());  // [n, ry]
    const auto [u, s, vh] = at::linalg_svd(at::matmul(placesY.t(), placesX), /*full_matrices=*/false);
    const at::Tensor turned = at::matmul(at::matmul(placesY, u), vh);  // [n, rx]
    const std::int64_t kept = std::min(components, placesX.size(1));
    return {matrixFromTensor(placesX.narrow(1, 0, kept)), matrixFromTensor(turned.narrow(1, 0, kept))};
}

}  // namespace armillary::embedding
