#include "embedding/point_map.h"

#include "embedding/principal_components.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

namespace armillary::embedding {
namespace {

constexpr std::int64_t kTrustNeighbours = 10;
constexpr std::int64_t kFewestPoints = 4;

}  // namespace

std::optional<PointMap> mapOfTooLittle(const Matrix& vectors, bool normalise, const char* method)
{
    const std::int64_t n = vectors.rows;
    const bool isFew = n < kFewestPoints;
    const auto leastVariation = 1e-12 * static_cast<double>(n);
    if (!isFew && totalVariation(normalise ? unitRows(vectors) : vectors) > leastVariation)
        return std::nullopt;
    PointMap out;
    out.trustworthiness = std::numeric_limits<double>::quiet_NaN();
    out.points = {n, 2, std::vector<float>(static_cast<std::size_t>(n) * 2, std::numeric_limits<float>::quiet_NaN())};
    out.cautions.push_back(isFew ? fmt::format("{} needs {} vectors or more, there are {}", method, kFewestPoints, n)
                                 : "all vectors are equal: there is no map of them");
    return out;
}

Result<Matrix> mapInput(const Matrix& vectors, bool normalise, std::int64_t components, std::uint64_t seed,
                        const std::stop_token& stop)
{
    Matrix ready = normalise ? unitRows(vectors) : vectors;
    if (components <= 0 || components >= std::min(ready.rows, ready.columns))
        return ready;
    auto reduced = principalComponents(ready, {.components = components, .seed = seed}, stop);
    if (!reduced)
        return tl::unexpected(reduced.error());
    // Equal vectors have no components; one column of zeros still says so.
    if (reduced->scores.columns == 0)
        return Matrix{ready.rows, 1, std::vector<float>(static_cast<std::size_t>(ready.rows), 0.F)};
    return std::move(reduced->scores);
}

Result<Matrix> planeOfComponents(const Matrix& vectors, std::uint64_t seed, const std::stop_token& stop)
{
    const auto found = principalComponents(vectors, {.components = 2, .seed = seed}, stop);
    if (!found)
        return tl::unexpected(found.error());
    Matrix out{vectors.rows, 2, std::vector<float>(static_cast<std::size_t>(vectors.rows) * 2, 0.F)};
    for (std::int64_t i = 0; i < out.rows; ++i)
        std::copy_n(found->scores.row(i), found->scores.columns, out.row(i));
    return out;
}

Result<double> mapTrust(const Matrix& vectors, bool normalise, const Matrix& points, const std::stop_token& stop)
{
    const std::int64_t k = std::min(kTrustNeighbours, (vectors.rows - 1) / 2);
    return trustworthiness(vectors, points, k, normalise ? Metric::Cosine : Metric::Euclid, stop);
}

}  // namespace armillary::embedding
