#include "embedding/token_norms.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace armillary::embedding {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

std::vector<double> finiteNorms(const TokenNorms& all, const TokenGroup& group)
{
    std::vector<double> out;
    for (const std::int64_t row : group.rows) {
        const double norm = all.norms[static_cast<std::size_t>(row)];
        if (std::isfinite(norm))
            out.push_back(norm);
    }
    return out;
}

}  // namespace

TokenNorms tokenNorms(const Matrix& vectors, const std::vector<TokenGroup>& groups, double threshold, std::int64_t bins)
{
    TokenNorms out;
    out.norms = rowNorms(vectors);
    for (double& norm : out.norms)
        norm = std::isfinite(norm) ? norm : kNan;
    out.scores.assign(out.norms.size(), kNan);
    out.lowest = std::numeric_limits<double>::infinity();
    out.highest = -out.lowest;
    for (const TokenGroup& group : groups) {
        for (const double norm : finiteNorms(out, group)) {
            out.lowest = std::min(out.lowest, norm);
            out.highest = std::max(out.highest, norm);
        }
    }
    if (out.lowest > out.highest)
        out.lowest = out.highest = kNan;
    for (const TokenGroup& group : groups) {
        const std::vector<double> norms = finiteNorms(out, group);
        NormSummary summary;
        summary.group = group.name;
        summary.count = static_cast<std::int64_t>(norms.size());
        summary.nonFinite = static_cast<std::int64_t>(group.rows.size()) - summary.count;
        summary.mean = mean(norms);
        summary.median = quantile(norms, 0.5);
        summary.lowest = quantile(norms, 0);
        summary.lowQuarter = quantile(norms, 0.25);
        summary.highQuarter = quantile(norms, 0.75);
        summary.highest = quantile(norms, 1);
        std::vector<double> distances = norms;
        for (double& distance : distances)
            distance = std::abs(distance - summary.median);
        summary.mad = quantile(distances, 0.5);
        for (const std::int64_t row : group.rows) {
            const auto at = static_cast<std::size_t>(row);
            if (summary.mad > 0 && std::isfinite(out.norms[at]))
                out.scores[at] = (out.norms[at] - summary.median) / summary.mad;
            summary.outliers += out.scores[at] > threshold ? 1 : 0;
        }
        summary.histogram = histogram(norms, out.lowest, out.highest, bins);
        out.groups.push_back(std::move(summary));
    }
    return out;
}

}  // namespace armillary::embedding
