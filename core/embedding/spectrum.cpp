#include "embedding/spectrum.h"

#include "base/random_source.h"
#include "embedding/dense_tensor.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace armillary::embedding {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kRankTolerance = 1e-6;

// Each column of `vectors` in a random order of its own.
Matrix unrelatedColumns(const Matrix& vectors, RandomSource& random)
{
    Matrix out = vectors;
    for (std::int64_t column = 0; column < vectors.columns; ++column) {
        const std::vector<std::int64_t> order = random.permutation(vectors.rows);
        for (std::int64_t i = 0; i < vectors.rows; ++i)
            out.row(i)[column] = vectors.row(order[static_cast<std::size_t>(i)])[column];
    }
    return out;
}

}  // namespace

SpectrumMeasures spectrumMeasures(const std::vector<double>& singularValues)
{
    SpectrumMeasures out;
    double sum = 0, squares = 0, fourths = 0;
    for (const double value : singularValues) {
        sum += value;
        squares += value * value;
        fourths += value * value * value * value;
    }
    if (!(sum > 0)) {
        out.effectiveRank = out.participationRatio = kNan;
        return out;
    }
    double entropy = 0;
    double reached = 0;
    for (std::size_t i = 0; i < singularValues.size(); ++i) {
        const double share = singularValues[i] / sum;
        entropy -= share > 0 ? share * std::log(share) : 0;
        out.rank += singularValues[i] > kRankTolerance * singularValues.front() ? 1 : 0;
        reached += singularValues[i] * singularValues[i];
        for (auto& [wanted, place] : {std::pair<double, std::int64_t&>{0.90, out.componentsFor90},
                                      {0.95, out.componentsFor95},
                                      {0.99, out.componentsFor99}}) {
            // The tolerance is for sums that reach the share exactly, as nine equal ones of ten do.
            if (place == 0 && reached >= (wanted - 1e-12) * squares)
                place = static_cast<std::int64_t>(i) + 1;
        }
    }
    out.effectiveRank = std::exp(entropy);
    out.participationRatio = squares * squares / fourths;
    return out;
}

Result<Spectrum> spectrum(const Matrix& vectors, bool centre, std::int64_t draws, std::uint64_t seed,
                          const std::stop_token& stop)
{
    Spectrum out;
    out.effectiveRankNull = out.participationNull = nullBand(kNan, {}, Agreement::Lower);
    double size = 0;
    for (const double norm : rowNorms(vectors))
        size += norm * norm;
    const bool isFlat = vectors.rows < 2 || !((centre ? totalVariation(vectors) : size) > 1e-12 * size);
    if (isFlat) {
        out.measures = spectrumMeasures({});
        out.cautions.push_back(vectors.rows < 2 ? fmt::format("{} vectors have no spectrum", vectors.rows)
                                                : "all vectors are equal: there is no variance to count directions of");
        return out;
    }
    if (stop.stop_requested())
        return cancelled("the spectrum");
    const Matrix ready = centre ? centredColumns(vectors) : vectors;
    out.singularValues = singularValues(ready);
    out.measures = spectrumMeasures(out.singularValues);
    if (vectors.rows < vectors.columns)
        out.cautions.push_back(
            fmt::format("{} vectors of {} dimensions have at most {} directions: compare with the null, not with "
                        "the width",
                        vectors.rows, vectors.columns, vectors.rows - (centre ? 1 : 0)));
    RandomSource random(seed);
    std::vector<double> ranks, ratios;
    for (std::int64_t draw = 0; draw < draws; ++draw) {
        if (stop.stop_requested())
            return cancelled("the spectrum's null band");
        const SpectrumMeasures chance = spectrumMeasures(singularValues(unrelatedColumns(ready, random)));
        ranks.push_back(chance.effectiveRank);
        ratios.push_back(chance.participationRatio);
    }
    out.effectiveRankNull = nullBand(out.measures.effectiveRank, ranks, Agreement::Lower);
    out.participationNull = nullBand(out.measures.participationRatio, ratios, Agreement::Lower);
    return out;
}

}  // namespace armillary::embedding
