#include "inspect/latent_stats.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace armillary::inspect {
namespace {

// Axis positions of [C,T,h,w].
constexpr std::size_t kChannels = 0;
constexpr std::size_t kFrames = 1;
constexpr double kUnusualSigmas = 2;

Result<void> checkLatents(const TensorSnapshot& latents)
{
    if (latents.shape.size() != 4 || !latents.bytes || latents.elementCount() < 1)
        return fail(ErrorCode::InvalidInput,
                    "latents must have the shape [channels, latent frames, height, width] and not be empty");
    const std::int64_t held = static_cast<std::int64_t>(latents.bytes->size()) / elementBytes(latents.type);
    if (held < latents.elementCount())
        return fail(ErrorCode::InvalidInput,
                    fmt::format("latents hold {} numbers and their shape wants {}; record them again", held,
                                latents.elementCount()));
    return {};
}

Result<void> checkFrame(const TensorSnapshot& latents, std::int64_t latentFrame)
{
    if (latentFrame < 0 || latentFrame >= latents.shape[kFrames])
        return fail(ErrorCode::InvalidInput, fmt::format("there is no latent frame {}; the latents have {}",
                                                         latentFrame, latents.shape[kFrames]));
    return {};
}

std::int64_t placesOf(const TensorSnapshot& latents)
{
    return latents.shape[2] * latents.shape[3];
}

void setRange(ValueMap& map)
{
    bool any = false;
    for (const float value : map.values) {
        if (!std::isfinite(value))
            continue;
        map.lowest = any ? std::min(map.lowest, value) : value;
        map.highest = any ? std::max(map.highest, value) : value;
        any = true;
    }
}

ChannelStats statsOf(const TensorSnapshot& latents, std::int64_t first, std::int64_t count, bool areNormalised,
                     double referenceMean, double referenceDeviation)
{
    ChannelStats out;
    out.referenceMean = referenceMean;
    out.referenceDeviation = referenceDeviation;
    double sum = 0;
    double squares = 0;
    std::int64_t finite = 0;
    std::int64_t far = 0;
    for (std::int64_t i = first; i < first + count; ++i) {
        const double stored = latents.floatAt(i);
        if (!std::isfinite(stored)) {
            ++out.nonFinite;
            continue;
        }
        const double sigmas = areNormalised ? stored : (stored - referenceMean) / referenceDeviation;
        sum += sigmas;
        squares += sigmas * sigmas;
        far += std::abs(sigmas) > kUnusualSigmas ? 1 : 0;
        ++finite;
    }
    if (finite == 0)
        return out;
    const auto n = static_cast<double>(finite);
    out.meanSigmas = sum / n;
    out.mean = referenceMean + out.meanSigmas * referenceDeviation;
    out.deviation = referenceDeviation * std::sqrt(std::max(0.0, squares / n - out.meanSigmas * out.meanSigmas));
    out.beyondTwoSigma = static_cast<double>(far) / n;
    out.isUnusual = std::abs(out.meanSigmas) > kUnusualSigmas;
    return out;
}

}  // namespace

Result<LatentReference> latentReference(const TensorSnapshot& means, const TensorSnapshot& deviations)
{
    if (means.shape.size() != 1 || means.shape != deviations.shape || !means.bytes || !deviations.bytes)
        return fail(ErrorCode::InvalidInput,
                    "the autoencoder's latent means and deviations must be two vectors of equal length");
    LatentReference out;
    for (std::int64_t channel = 0; channel < means.shape[0]; ++channel) {
        out.means.push_back(means.floatAt(channel));
        out.deviations.push_back(deviations.floatAt(channel));
        if (!(out.deviations.back() > 0))
            return fail(
                ErrorCode::InvalidInput,
                fmt::format("the autoencoder's latent deviation of channel {} must be above 0; check its config.json",
                            channel));
    }
    return out;
}

Result<std::vector<ChannelStats>> channelStats(const TensorSnapshot& latents, bool areNormalised,
                                               const LatentReference& reference,
                                               std::optional<std::int64_t> latentFrame)
{
    if (auto checked = checkLatents(latents); !checked)
        return tl::unexpected(checked.error());
    const std::int64_t channels = latents.shape[kChannels];
    const std::int64_t frames = latents.shape[kFrames];
    if (static_cast<std::int64_t>(reference.means.size()) != channels ||
        static_cast<std::int64_t>(reference.deviations.size()) != channels)
        return fail(ErrorCode::InvalidInput,
                    fmt::format("the latents have {} channels and the autoencoder's statistics {}", channels,
                                reference.means.size()));
    if (latentFrame) {
        if (auto checked = checkFrame(latents, *latentFrame); !checked)
            return tl::unexpected(checked.error());
    }
    const std::int64_t places = placesOf(latents);
    std::vector<ChannelStats> out;
    for (std::int64_t channel = 0; channel < channels; ++channel) {
        const std::int64_t first = (channel * frames + latentFrame.value_or(0)) * places;
        const std::int64_t count = latentFrame ? places : frames * places;
        const auto at = static_cast<std::size_t>(channel);
        out.push_back(statsOf(latents, first, count, areNormalised, reference.means[at], reference.deviations[at]));
    }
    return out;
}

Result<ValueMap> latentMap(const TensorSnapshot& latents, std::int64_t channel, std::int64_t latentFrame)
{
    if (auto checked = checkLatents(latents); !checked)
        return tl::unexpected(checked.error());
    if (auto checked = checkFrame(latents, latentFrame); !checked)
        return tl::unexpected(checked.error());
    if (channel < 0 || channel >= latents.shape[kChannels])
        return fail(ErrorCode::InvalidInput,
                    fmt::format("there is no channel {}; the latents have {}", channel, latents.shape[kChannels]));
    const std::int64_t places = placesOf(latents);
    const std::int64_t first = (channel * latents.shape[kFrames] + latentFrame) * places;
    ValueMap out{latents.shape[2], latents.shape[3], {}, 0, 0};
    out.values.reserve(static_cast<std::size_t>(places));
    for (std::int64_t i = first; i < first + places; ++i)
        out.values.push_back(latents.floatAt(i));
    setRange(out);
    return out;
}

Result<ValueMap> varianceMap(const std::vector<const TensorSnapshot*>& latents, std::int64_t latentFrame)
{
    if (latents.size() < 2)
        return fail(ErrorCode::InvalidInput, "a variance needs at least two rollouts; add a seed");
    for (const TensorSnapshot* one : latents) {
        if (auto checked = checkLatents(*one); !checked)
            return tl::unexpected(checked.error());
        if (one->shape != latents.front()->shape)
            return fail(ErrorCode::InvalidInput, "rollouts to compare must have latents of the same shape");
    }
    const TensorSnapshot& like = *latents.front();
    if (auto checked = checkFrame(like, latentFrame); !checked)
        return tl::unexpected(checked.error());
    const std::int64_t channels = like.shape[kChannels];
    const std::int64_t places = placesOf(like);
    const auto n = static_cast<double>(latents.size());
    std::vector<double> sums(static_cast<std::size_t>(places), 0.0);
    for (std::int64_t channel = 0; channel < channels; ++channel) {
        const std::int64_t first = (channel * like.shape[kFrames] + latentFrame) * places;
        for (std::int64_t place = 0; place < places; ++place) {
            double mean = 0;
            for (const TensorSnapshot* one : latents)
                mean += one->floatAt(first + place) / n;
            double squares = 0;
            for (const TensorSnapshot* one : latents) {
                const double difference = one->floatAt(first + place) - mean;
                squares += difference * difference;
            }
            sums[static_cast<std::size_t>(place)] += squares / (n - 1);
        }
    }
    ValueMap out{like.shape[2], like.shape[3], {}, 0, 0};
    for (const double sum : sums)
        out.values.push_back(static_cast<float>(sum / static_cast<double>(channels)));
    setRange(out);
    return out;
}

}  // namespace armillary::inspect
