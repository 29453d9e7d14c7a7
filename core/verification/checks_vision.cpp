#include "verification/checks_vision.h"

#include "verification/checks_rows.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

namespace armillary::verification {

Judgement judgePixelsUsed(const at::Tensor& placed, const at::Tensor& placeholder,
                          const std::vector<std::int64_t>& positions, double threshold)
{
    const at::Tensor rows = hostRows(placed);
    if (rows.size(0) == 0)
        return skipped("there is no image token");
    const at::Tensor difference = (rows - hostRows(placeholder.unsqueeze(0))).abs().amax(1);  // [n]
    Judgement out;
    out.value = difference.max().item<double>();
    const std::int64_t kept = (difference <= threshold).sum().item<std::int64_t>();
    for (std::int64_t i = 0; i < rows.size(0); ++i) {
        if (!(difference[i].item<double>() > threshold))
            out.positions.push_back(positions[static_cast<std::size_t>(i)]);
    }
    if (!std::isfinite(out.value)) {
        out.verdict = Verdict::Fail;
        out.reason = "the embeddings at image positions hold numbers that are not finite";
    } else if (kept == rows.size(0)) {
        out.verdict = Verdict::Fail;
        out.reason =
            fmt::format("all {} image positions still hold the placeholder embedding: SigLIP's features never arrived",
                        kept);
    } else if (kept > 0) {
        out.verdict = Verdict::Warn;
        out.reason = fmt::format("{} of {} image positions still hold the placeholder embedding", kept, rows.size(0));
    } else {
        out.verdict = Verdict::Pass;
        out.reason =
            fmt::format("all {} image positions held one and the same placeholder and now hold features of the pixels",
                        rows.size(0));
        out.positions = positions;
    }
    return out;
}

Judgement judgeTokensVary(const at::Tensor& tokens, const std::vector<std::uint64_t>& patches,
                          const std::vector<std::int64_t>& positions, double threshold)
{
    const at::Tensor rows = hostRows(tokens);
    const std::int64_t n = rows.size(0);
    if (n < 2)
        return skipped("a picture of one token cannot vary inside");
    if (!at::isfinite(rows).all().item<bool>())
        return {std::nan(""), Verdict::Fail, "image tokens hold numbers that are not finite", positions};
    const auto pairsOf = [](std::int64_t count) { return count * (count - 1) / 2; };
    std::map<std::uint64_t, std::int64_t> ofPatch;
    for (const std::uint64_t patch : patches)
        ++ofPatch[patch];
    std::int64_t pairs = pairsOf(n), flatPairs = 0;
    for (const auto& [patch, count] : ofPatch)
        flatPairs += pairsOf(count);
    pairs -= flatPairs;
    if (pairs == 0)
        return skipped("every patch of the picture has the same pixels, so its tokens need not differ");

    std::int64_t equal = 0;
    std::vector<std::int64_t> worst;
    for (const std::vector<std::int64_t>& group : equalRows(rows)) {
        std::map<std::uint64_t, std::int64_t> inGroup;
        for (const std::int64_t row : group)
            ++inGroup[patches[static_cast<std::size_t>(row)]];
        std::int64_t here = pairsOf(static_cast<std::int64_t>(group.size()));
        for (const auto& [patch, count] : inGroup)
            here -= pairsOf(count);
        equal += here;
        if (here > 0 && group.size() > worst.size())
            worst = group;
    }
    Judgement out;
    out.value = static_cast<double>(equal) / static_cast<double>(pairs);
    for (const std::int64_t row : worst)
        out.positions.push_back(positions[static_cast<std::size_t>(row)]);
    const std::string flat =
        flatPairs > 0 ? fmt::format("; {} pairs of patches with the same pixels are left out", flatPairs) : "";
    out.verdict = out.value > threshold ? Verdict::Fail : Verdict::Pass;
    out.reason =
        out.verdict == Verdict::Fail
            ? fmt::format("{} of {} pairs of different patches have bit-equal tokens: the picture's content is lost{}",
                          equal, pairs, flat)
            : fmt::format("{} of {} pairs of different patches have bit-equal tokens, the median cosine between tokens "
                          "is {:.3f}{}",
                          equal, pairs, medianCosine(rows), flat);
    return out;
}

at::Tensor relativeDifference(const at::Tensor& a, const at::Tensor& b)
{
    const at::Tensor one = hostRows(a), other = hostRows(b);
    const at::Tensor difference = (one - other).norm(2, 1);
    return at::where(difference == 0, at::zeros_like(difference), difference / one.norm(2, 1));
}

Judgement judgePicturesDiffer(const at::Tensor& first, const at::Tensor& second,
                              const std::vector<std::int64_t>& positions, const std::string& other, double threshold)
{
    if (first.sizes() != second.sizes())
        return skipped(fmt::format("{} gives {} tokens, this picture {}: they cannot be paired", other, second.size(0),
                                   first.size(0)));
    const at::Tensor difference = relativeDifference(first, second);
    const std::int64_t equal = (difference == 0).sum().item<std::int64_t>();
    Judgement out;
    out.value = difference.mean().item<double>();
    out.positions = positionsByValue(difference, positions);
    out.verdict = out.value > threshold ? Verdict::Pass : Verdict::Fail;
    if (!std::isfinite(out.value))
        out.verdict = Verdict::Fail;
    out.reason =
        out.verdict == Verdict::Pass
            ? fmt::format("against {} a token changes by {:.1f} % of its length on average, {} of {} not at all", other,
                          100 * out.value, equal, difference.size(0))
            : fmt::format("{} changes a token by only {:.2g} % of its length on average ({} of {} bit-equal): the "
                          "tokens hardly depend "
                          "on the picture",
                          other, 100 * out.value, equal, difference.size(0));
    return out;
}

Judgement judgeNormBand(const at::Tensor& norms, const at::Tensor& reference, const std::string& what,
                        const std::string& against, const std::vector<std::int64_t>& positions, double threshold)
{
    if (norms.numel() == 0 || reference.numel() == 0)
        return skipped(fmt::format("there are no {} tokens to compare", norms.numel() == 0 ? what : against));
    const at::Tensor ours = norms.to(at::kCPU, at::kFloat), theirs = reference.to(at::kCPU, at::kFloat);
    Judgement out;
    const double mine = ours.median().item<double>(), other = theirs.median().item<double>();
    out.value = mine / other;
    const std::int64_t bad = (at::logical_not(at::isfinite(ours)) | (ours == 0)).sum().item<std::int64_t>();
    out.positions = positionsByValue(ours, positions);
    const std::string numbers =
        fmt::format("{} tokens have a median norm of {:.3g}, {} tokens {:.3g} (text embeddings scaled as the "
                    "first layer receives them)",
                    what, mine, against, other);
    if (bad > 0 || !std::isfinite(out.value) || out.value == 0) {
        out.verdict = Verdict::Fail;
        out.reason = fmt::format("{} of {} {} tokens are zero or not finite", bad, ours.numel(), what);
    } else if (out.value > threshold || out.value < 1 / threshold) {
        out.verdict = Verdict::Warn;
        out.reason = fmt::format("{}: more than a factor of {:g} apart", numbers, threshold);
    } else {
        out.verdict = Verdict::Pass;
        out.reason = numbers;
    }
    return out;
}

Judgement judgeImageCount(const std::vector<std::int64_t>& found, std::int64_t expectedPerCrop,
                          std::int64_t featureRows, double threshold)
{
    Judgement out;
    std::int64_t worst = 0, sum = 0;
    for (const std::int64_t count : found) {
        worst = std::max(worst, std::abs(count - expectedPerCrop));
        sum += count;
    }
    worst = std::max(worst, std::abs(sum - featureRows));
    out.value = static_cast<double>(worst);
    out.verdict = out.value > threshold ? Verdict::Fail : Verdict::Pass;
    out.reason = out.verdict == Verdict::Pass
                     ? fmt::format("{} image tokens for each of {}, and SigLIP gave {} features", expectedPerCrop,
                                   found.size() == 1 ? "1 picture" : fmt::format("{} pictures and crops", found.size()),
                                   featureRows)
                     : fmt::format("{} pictures and crops hold {} image positions together, {} each were expected and "
                                   "SigLIP gave {} features",
                                   found.size(), sum, expectedPerCrop, featureRows);
    return out;
}

std::int64_t SpotResponse::distance() const
{
    const auto outside = [](std::int64_t at, std::int64_t begin, std::int64_t end) {
        return at < begin ? begin - at : std::max<std::int64_t>(0, at - (end - 1));
    };
    return std::max(outside(peakRow, top, bottom), outside(peakColumn, left, right));
}

Judgement judgeRegistration(const std::vector<SpotResponse>& spots, double threshold)
{
    if (spots.empty())
        return skipped("no spot was tried");
    Judgement out;
    const SpotResponse* worst = &spots.front();
    std::size_t right = 0;
    for (const SpotResponse& spot : spots) {
        if (spot.distance() > worst->distance())
            worst = &spot;
        right += static_cast<double>(spot.distance()) <= threshold && spot.peak > 0 ? 1U : 0U;
        for (const std::int64_t position : {spot.expectedPosition, spot.peakPosition}) {
            if (position >= 0 && std::find(out.positions.begin(), out.positions.end(), position) == out.positions.end())
                out.positions.push_back(position);
        }
    }
    out.value = static_cast<double>(worst->distance());
    const bool isSilent =
        std::any_of(spots.begin(), spots.end(), [](const SpotResponse& spot) { return !(spot.peak > 0); });
    out.verdict = right == spots.size() ? Verdict::Pass : Verdict::Fail;
    if (isSilent)
        out.reason = "a white spot moved no token at all";
    else if (out.verdict == Verdict::Pass)
        out.reason = fmt::format(
            "{} of {} white spots move the token that stands for their pixels{} most ({:.1f} times the median token)",
            right, spots.size(), worst->distance() > 0 ? fmt::format(", or one {} beside it,", worst->distance()) : "",
            worst->peak / std::max(worst->typical, 1e-12));
    else
        out.reason = fmt::format(
            "a white spot on rows {}-{}, columns {}-{} of the token grid moves the token of row {}, column {} most: "
            "tokens and pixels do not line up",
            worst->top, worst->bottom - 1, worst->left, worst->right - 1, worst->peakRow, worst->peakColumn);
    return out;
}

}  // namespace armillary::verification
