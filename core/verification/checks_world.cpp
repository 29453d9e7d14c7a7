#include "verification/checks_world.h"

#include "verification/checks_rows.h"
#include "verification/checks_vision.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace armillary::verification {
namespace {

// The lowest value of GELU, rounded away from zero.
constexpr double kGeluFloor = -0.17;

double relativeL2(const at::Tensor& a, const at::Tensor& b)
{
    const double difference = (a - b).norm().item<double>();
    return difference == 0 ? 0 : difference / a.norm().item<double>();
}

}  // namespace

Judgement judgeWorldSlots(const at::Tensor& slots, const at::Tensor& placeholder, const at::Tensor& features,
                          const std::vector<std::int64_t>& positions, double threshold)
{
    const at::Tensor rows = hostRows(slots);
    if (rows.size(0) == 0)
        return skipped("the sequence has no world position");
    const at::Tensor fromZero = rows.abs().amax(1);
    const at::Tensor fromPlaceholder = (rows - hostRows(placeholder.unsqueeze(0))).abs().amax(1);
    const at::Tensor nearest = at::minimum(fromZero, fromPlaceholder);  // [n]
    Judgement out;
    out.value = nearest.min().item<double>();
    std::int64_t silent = 0;
    for (std::int64_t i = 0; i < rows.size(0); ++i) {
        if (nearest[i].item<double>() > threshold)
            continue;
        ++silent;
        out.positions.push_back(positions[static_cast<std::size_t>(i)]);
    }
    const at::Tensor wanted = hostRows(features);
    const bool fits = wanted.sizes() == rows.sizes();
    const double misplaced = fits ? (rows - wanted).abs().max().item<double>() : std::nan("");
    const double scale = fits ? wanted.abs().max().item<double>() : 1;
    if (!at::isfinite(rows).all().item<bool>()) {
        out.verdict = Verdict::Fail;
        out.reason = "the world positions hold numbers that are not finite";
    } else if (silent > 0) {
        out.verdict = Verdict::Fail;
        out.reason = fmt::format("{} of {} world positions are silent: zero, or still what the embedding table gives",
                                 silent, rows.size(0));
    } else if (!fits || misplaced > 0.01 * scale) {
        out.verdict = Verdict::Fail;
        out.reason = fmt::format("the world positions do not hold the world tokens in their order: {}",
                                 fits ? fmt::format("they differ by up to {:.3g}", misplaced)
                                      : fmt::format("{} positions for {} tokens", rows.size(0), wanted.size(0)));
        out.positions = positions;
    } else {
        out.verdict = Verdict::Pass;
        out.reason = fmt::format("all {} world positions hold their projected latent, none is zero or a placeholder",
                                 rows.size(0));
        out.positions = positions;
    }
    return out;
}

Judgement judgeWorldVaries(const at::Tensor& tokens, const std::vector<std::uint64_t>& frameKeys, bool hasTimeVector,
                           const std::vector<std::int64_t>& positions, double threshold)
{
    const at::Tensor rows = hostRows(tokens);
    const std::int64_t n = rows.size(0), frames = static_cast<std::int64_t>(frameKeys.size());
    if (n < 2)
        return skipped("a single world token cannot vary");
    if (!at::isfinite(rows).all().item<bool>())
        return {std::nan(""), Verdict::Fail, "world tokens hold numbers that are not finite", positions};
    const std::int64_t cells = n / std::max<std::int64_t>(frames, 1);
    // Equal cells of equal frames must agree unless a time vector parts them; they say nothing about the world.
    const auto mayBeEqual = [&](std::int64_t a, std::int64_t b) {
        return !hasTimeVector && a % cells == b % cells &&
               frameKeys[static_cast<std::size_t>(a / cells)] == frameKeys[static_cast<std::size_t>(b / cells)];
    };
    Judgement out;
    std::int64_t equal = 0, excused = 0;
    std::vector<std::int64_t> worst;
    for (const std::vector<std::int64_t>& group : equalRows(rows)) {
        const auto size = static_cast<std::int64_t>(group.size());
        std::int64_t here = size * (size - 1) / 2;
        if (size <= 512) {
            for (std::size_t i = 0; i < group.size(); ++i) {
                for (std::size_t j = i + 1; j < group.size(); ++j) {
                    if (mayBeEqual(group[i], group[j])) {
                        --here;
                        ++excused;
                    }
                }
            }
        }
        equal += here;
        if (here > 0 && group.size() > worst.size())
            worst = group;
    }
    out.value = static_cast<double>(equal) /
                (static_cast<double>(n) * static_cast<double>(n - 1) / 2 - static_cast<double>(excused));
    for (const std::int64_t row : worst)
        out.positions.push_back(positions[static_cast<std::size_t>(row)]);
    std::string time = "; one latent frame, so nothing can vary in time";
    bool isFrozen = false;
    if (frames > 1) {
        const at::Tensor byFrame = rows.view({frames, cells, -1});
        double least = std::numeric_limits<double>::infinity();
        for (std::int64_t t = 1; t < frames; ++t) {
            const bool samePixels =
                frameKeys[static_cast<std::size_t>(t)] == frameKeys[static_cast<std::size_t>(t - 1)];
            const double change = relativeDifference(byFrame[t - 1], byFrame[t]).mean().item<double>();
            least = std::min(least, change);
            isFrozen = isFrozen || (change == 0 && (hasTimeVector || !samePixels));
        }
        time = fmt::format(
            "; from one latent frame to the next a token changes by at least {:.2g} % of its length on average",
            100 * least);
    }
    out.verdict = out.value > threshold || isFrozen ? Verdict::Fail : Verdict::Pass;
    if (isFrozen && out.value <= threshold)
        out.reason = "two latent frames of different pixels have the same tokens: nothing varies in time";
    else if (out.verdict == Verdict::Fail)
        out.reason =
            fmt::format("{:.1f} % of the pairs of world tokens are bit-equal: the world does not vary in space",
                        100 * out.value);
    else
        out.reason = fmt::format(
            "{:.2g} % of the pairs of world tokens are bit-equal, the median cosine between tokens is {:.3f}{}",
            100 * out.value, medianCosine(rows), time);
    return out;
}

Judgement judgeSeeds(const at::Tensor& first, const at::Tensor& second, std::int64_t conditionFrames, double threshold)
{
    const at::Tensor a = first.to(at::kCPU, at::kFloat), b = second.to(at::kCPU, at::kFloat);
    if (a.sizes() != b.sizes())
        return {std::nan(""), Verdict::Fail, "two seeds gave latents of different shapes", {}};
    const std::int64_t frames = a.size(1);
    Judgement out;
    out.value = relativeL2(a.slice(1, 0, conditionFrames), b.slice(1, 0, conditionFrames));
    // The pipeline clamps what the given frames say at every step; only the noise left by the last step may stay in them.
    constexpr double kClamped = 0.01;
    const double later =
        frames > conditionFrames ? relativeL2(a.slice(1, conditionFrames), b.slice(1, conditionFrames)) : std::nan("");
    if (!(out.value <= kClamped)) {
        out.verdict = Verdict::Fail;
        out.reason =
            fmt::format("another seed changes the given latent frames by {:.2g} %: the condition is not clamped",
                        100 * out.value);
    } else if (std::isnan(later)) {
        out.verdict = Verdict::Pass;
        out.reason = "another seed leaves the given latent frames as they are; no later frame was predicted";
    } else if (!(later > threshold)) {
        out.verdict = Verdict::Fail;
        out.reason =
            fmt::format("another seed changes the predicted latent frames by only {:.2g} %: the seed has no effect",
                        100 * later);
    } else {
        out.verdict = Verdict::Pass;
        out.reason = fmt::format(
            "another seed leaves the given latent frames (change {:.2g} %) and changes the predicted ones by {:.2g} %",
            100 * out.value, 100 * later);
    }
    return out;
}

double latentDeparture(const inspect::ChannelStats& channel)
{
    constexpr double kMostOctaves = 64;  // of a channel without any spread
    const double ratio = channel.deviation / channel.referenceDeviation;
    const double octaves = ratio > 0 ? std::min(std::abs(std::log2(ratio)), kMostOctaves) : kMostOctaves;
    return std::max(std::abs(channel.meanSigmas), octaves);
}

Judgement judgeLatentRange(const std::vector<inspect::ChannelStats>& channels, const std::string& pixelRange,
                           double threshold)
{
    if (channels.empty())
        return skipped("the latents have no channels");
    Judgement out;
    out.value = 0;
    std::size_t worst = 0, beyond = 0;
    std::int64_t nonFinite = 0;
    for (std::size_t i = 0; i < channels.size(); ++i) {
        const double departure = latentDeparture(channels[i]);
        nonFinite += channels[i].nonFinite;
        beyond += departure > threshold ? 1U : 0U;
        if (departure > out.value) {
            out.value = departure;
            worst = i;
        }
    }
    const std::string numbers = fmt::format("channel {}: mean {:.2f} sigma off, spread {:.2f} times the usual", worst,
                                            std::abs(channels[worst].meanSigmas),
                                            channels[worst].deviation / channels[worst].referenceDeviation);
    if (nonFinite > 0) {
        out.verdict = Verdict::Fail;
        out.reason = fmt::format("{} latents are not finite", nonFinite);
    } else if (beyond > 0) {
        out.verdict = Verdict::Warn;
        out.reason = fmt::format("with pixels in {} the latent statistics are out of the autoencoder's range in {} of "
                                 "{} channels (most in {}){}",
                                 pixelRange, beyond, channels.size(), numbers,
                                 pixelRange == "0..255" ? "; the autoencoder was trained on pixels in -1..1" : "");
    } else {
        out.verdict = Verdict::Pass;
        out.reason = fmt::format("with pixels in {} every channel has the autoencoder's own statistics (farthest {})",
                                 pixelRange, numbers);
    }
    return out;
}

Judgement judgeReconstruction(double psnrDecibels, const std::string& pixelRange, double threshold)
{
    Judgement out;
    out.value = psnrDecibels;
    if (std::isnan(psnrDecibels))
        return {psnrDecibels, Verdict::Fail, "the decoded picture holds numbers that are not finite", {}};
    out.verdict = psnrDecibels >= threshold ? Verdict::Pass : Verdict::Warn;
    out.reason =
        out.verdict == Verdict::Pass
            ? fmt::format("the decoder gives the picture back with {:.1f} dB", psnrDecibels)
            : fmt::format(
                  "the decoder gives the picture back with only {:.1f} dB: the latents do not hold it (pixels in {})",
                  psnrDecibels, pixelRange);
    return out;
}

Judgement judgeTimeVector(const at::Tensor& tokens, double threshold)
{
    const at::Tensor frames = tokens.to(at::kCPU, at::kFloat);  // [T,cells,D]
    if (frames.dim() != 3 || frames.size(0) < 2)
        return skipped("the temporal embedding knows a single frame, so there is nothing to compare");
    Judgement out;
    out.value = std::numeric_limits<double>::infinity();
    double uneven = 0;
    for (std::int64_t a = 0; a < frames.size(0); ++a) {
        for (std::int64_t b = a + 1; b < frames.size(0); ++b) {
            const at::Tensor step = frames[b] - frames[a];  // [cells,D]
            out.value = std::min(out.value, step.abs().max().item<double>());
            uneven = std::max(uneven, (step - step.mean(0, true)).abs().max().item<double>());
        }
    }
    out.verdict = out.value > threshold ? Verdict::Pass : Verdict::Fail;
    out.reason = out.verdict == Verdict::Pass
                     ? fmt::format("{} equal latent frames give tokens that differ by the time vector alone (by {:.3g} "
                                   "or more; the step is the "
                                   "same in every cell within {:.1g})",
                                   frames.size(0), out.value, uneven)
                     : "equal latent frames give equal tokens: the temporal embedding has no effect";
    return out;
}

Judgement judgeRepeats(const Repeats& repeats, double threshold)
{
    const at::Tensor a = repeats.first.to(at::kCPU, at::kFloat), b = repeats.second.to(at::kCPU, at::kFloat);
    if (a.sizes() != b.sizes())
        return {std::nan(""), Verdict::Fail, "the same input gave latents of another shape the second time", {}};
    Judgement out;
    out.value = (a - b).abs().max().item<double>();
    const std::string mode =
        std::isnan(repeats.sampleDistance)
            ? std::string()
            : fmt::format("; the run uses the {} of the posterior (a sample lies {:.2g} % from the mode)",
                          repeats.usesMode ? "mode" : "sample", 100 * repeats.sampleDistance);
    const double scale = a.abs().max().item<double>();
    if (!(out.value <= threshold)) {
        out.verdict = out.value <= 1e-3 * scale ? Verdict::Warn : Verdict::Fail;
        out.reason = fmt::format("{} differ by up to {:.3g}{}: {}", repeats.what, out.value, mode,
                                 out.verdict == Verdict::Warn ? "the kernels round differently from run to run"
                                                              : "the run cannot be repeated");
    } else {
        out.verdict = Verdict::Pass;
        out.reason = out.value == 0 ? fmt::format("{} are bit-equal{}", repeats.what, mode)
                                    : fmt::format("{} differ by at most {:.3g}{}", repeats.what, out.value, mode);
    }
    return out;
}

Judgement judgeSaturation(const at::Tensor& tokens, bool endsInGelu, std::int64_t rankBound,
                          const std::vector<std::int64_t>& positions, double threshold)
{
    const at::Tensor rows = hostRows(tokens);
    if (rows.size(0) == 0)
        return skipped("there are no world tokens");
    if (!at::isfinite(rows).all().item<bool>())
        return {std::nan(""), Verdict::Fail, "world tokens hold numbers that are not finite", positions};
    const at::Tensor flat = at::logical_and(rows >= kGeluFloor, rows <= 0).to(at::kFloat).mean(1);  // [n]
    Judgement out;
    out.value = flat.mean().item<double>();
    out.positions = positionsByValue(flat, positions);
    const std::int64_t step = (rows.size(0) + 1023) / 1024;
    const at::Tensor some = rows.slice(0, 0, rows.size(0), step);
    const at::Tensor values = at::linalg_svdvals(some - some.mean(0, true));
    const double largest = values[0].item<double>();
    // Singular values that rounding alone can make.
    const double smallest = tokens.scalar_type() == at::kFloat ? 1e-5 : 5e-3;
    const std::int64_t rank = largest > 0 ? (values > smallest * largest).sum().item<std::int64_t>() : 0;
    const std::string ranks =
        rankBound > 0
            ? fmt::format("the tokens span {} dimensions around their mean, at most {} are possible", rank, rankBound)
            : fmt::format("the tokens span {} dimensions around their mean", rank);
    const bool isSaturated = endsInGelu && out.value > threshold;
    const bool isCollapsed = rank < 2 && some.size(0) > 2;
    out.verdict = isSaturated || isCollapsed ? Verdict::Warn : Verdict::Pass;
    if (isSaturated)
        out.reason = fmt::format(
            "{:.1f} % of the coordinates lie in the flat foot of the last GELU: the projector is saturated; {}",
            100 * out.value, ranks);
    else if (isCollapsed)
        out.reason = fmt::format("the world tokens lie on a line: {}", ranks);
    else
        out.reason =
            fmt::format("{:.1f} % of the coordinates lie in [-0.17, 0]{}; {}", 100 * out.value,
                        endsInGelu ? "" : " (this projection does not end in a GELU, so that says little)", ranks);
    return out;
}

}  // namespace armillary::verification
