#include "records/weight_health.h"

#include <fmt/format.h>

#include <algorithm>

namespace armillary {
namespace {

// Where a share or a distance is worth a word; none of the published Gemma 3 or SigLIP tensors needs one for its zeros.
constexpr double kManyZeros = 0.1;
constexpr double kManySubnormals = 0.01;
constexpr double kManyOutliers = 1e-3;
constexpr double kFarSigmas = 50;

std::string percent(double share)
{
    return fmt::format("{:.2g} %", 100 * share);
}

}  // namespace

std::vector<WeightFinding> findingsOf(const WeightHealth& health, bool isVector)
{
    std::vector<WeightFinding> out;
    if (health.nans > 0)
        out.push_back({true, fmt::format("{} NaN", health.nans)});
    if (health.infinities > 0)
        out.push_back({true, fmt::format("{} infinite", health.infinities)});
    const auto finite = static_cast<double>(health.finite());
    if (finite <= 0)
        return out;
    if (health.zeros == health.finite())
        out.push_back({!isVector, "all zeros"});
    else if (health.min == health.max && finite > 1)
        out.push_back({!isVector, fmt::format("all equal to {:.4g}", health.min)});
    else if (static_cast<double>(health.zeros) > kManyZeros * finite)
        out.push_back({false, percent(static_cast<double>(health.zeros) / finite) + " zeros"});
    if (static_cast<double>(health.subnormals) > kManySubnormals * finite)
        out.push_back({false, percent(static_cast<double>(health.subnormals) / finite) + " subnormal"});
    if (static_cast<double>(health.outliers) > kManyOutliers * finite)
        out.push_back({false, fmt::format("{} beyond {:g} deviations",
                                          percent(static_cast<double>(health.outliers) / finite), kOutlierSigmas)});
    if (const double far = std::max(health.max - health.mean, health.mean - health.min);
        health.deviation > 0 && far > kFarSigmas * health.deviation)
        out.push_back({false, fmt::format("one lies {:.0f} deviations off", far / health.deviation)});
    return out;
}

}  // namespace armillary
