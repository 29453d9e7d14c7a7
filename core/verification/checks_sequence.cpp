#include "verification/checks_sequence.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace armillary::verification {
namespace {

constexpr double kRowSumTolerance = 1e-4;

bool isInside(const nn::PositionRange& range, std::int64_t position)
{
    return position >= range.begin && position < range.end;
}

// Line ends made visible: a reason is one line.
std::string escaped(const std::string& text)
{
    std::string out;
    for (const char letter : text)
        out += letter == '\n' ? std::string("\\n") : std::string(1, letter);
    return out;
}

double largestDifference(const at::Tensor& a, const at::Tensor& b)
{
    const std::int64_t columns = std::min(a.size(0), b.size(0));  // added tokens have no counterpart
    const at::Tensor one = a.slice(0, 0, columns).to(at::kCPU, at::kDouble),
                     other = b.slice(0, 0, columns).to(at::kCPU, at::kDouble);
    // Tokens past the end of the table are -infinity on both sides.
    return at::where(one == other, at::zeros_like(one), (one - other).abs()).max().item<double>();
}

}  // namespace

Judgement judgeWorldCount(const WorldCount& count, double threshold)
{
    const std::int64_t frames = (count.frames - 1) / count.framesPerLatent + 1;
    const std::int64_t rows = count.heightPixels / count.pixelsPerLatent,
                       columns = count.widthPixels / count.pixelsPerLatent;
    const std::int64_t lawful = count.byChannel ? frames * count.latents[0] : frames * rows * columns;
    const bool latentsFit = count.latents[1] == frames && count.latents[2] == rows && count.latents[3] == columns;
    Judgement out;
    out.value =
        static_cast<double>(std::max(std::abs(count.tokens - lawful), std::abs(count.slots - count.expectedSlots)));
    const std::string law = count.byChannel ? fmt::format("{} latent frames x {} channels", frames, count.latents[0])
                                            : fmt::format("({} - 1) / {} + 1 = {} latent frames x {} x {}",
                                                          count.frames, count.framesPerLatent, frames, rows, columns);
    out.verdict = out.value > threshold || !latentsFit ? Verdict::Fail : Verdict::Pass;
    if (out.verdict == Verdict::Pass)
        out.reason = fmt::format("{} of {}x{} pixels: {} = {} world tokens",
                                 count.frames == 1 ? "1 frame" : fmt::format("{} frames", count.frames),
                                 count.heightPixels, count.widthPixels, law, lawful);
    else if (!latentsFit)
        out.reason = fmt::format("the law says {} latents, the autoencoder gave {} x {} x {}", law, count.latents[1],
                                 count.latents[2], count.latents[3]);
    else
        out.reason = fmt::format("the law says {} = {} world tokens, there are {} tokens and {} positions for them",
                                 law, lawful, count.tokens, count.slots);
    return out;
}

std::int64_t lawfulLength(const FusedLength& length)
{
    switch (length.fusion) {
    case FusionOption::None: return length.prompt;
    case FusionOption::Prepend:
    case FusionOption::Scatter: return length.prompt + length.worldTokens;
    case FusionOption::Repeated:
    case FusionOption::Pooled:
    case FusionOption::Indexed: return length.prompt - length.placeholders + length.worldTokens;
    case FusionOption::Brackets: return (length.start + 1) + length.worldTokens + (length.prompt - length.end);
    }
    return 0;
}

Judgement judgeFusedLength(const FusedLength& length, double threshold)
{
    Judgement out;
    out.positions = length.bracketPositions;
    const bool hasBrackets = length.fusion == FusionOption::Brackets;
    if (hasBrackets && (length.start < 0 || length.end < length.start)) {
        out.verdict = Verdict::Fail;
        out.value = static_cast<double>(length.fused);
        out.reason = "the prompt has no pair of world brackets, so the world has no place";
        return out;
    }
    const std::int64_t lawful = lawfulLength(length);
    out.value = static_cast<double>(std::abs(length.fused - lawful));
    const std::string law = hasBrackets ? fmt::format("({} + 1) + {} + ({} - {}) = {}", length.start,
                                                      length.worldTokens, length.prompt, length.end, lawful)
                                        : fmt::format("{} tokens of the prompt with {} world tokens = {}",
                                                      length.prompt, length.worldTokens, lawful);
    const bool bracketsFit = !hasBrackets || length.bracketPositions.size() == 2;
    const std::string dropped = length.dropped.empty()
                                    ? std::string(hasBrackets ? ", no token stood between the brackets" : "")
                                    : fmt::format(", dropped between the brackets: '{}'",
                                                  escaped(fmt::format("{}", fmt::join(length.dropped, "', '"))));
    const bool dropsText = std::any_of(length.dropped.begin(), length.dropped.end(), [](const std::string& piece) {
        return piece.find_first_not_of(" \n\t") != std::string::npos &&
               piece != "\xE2\x96\x81";  // the tokenizer's sign for a space
    });
    if (!bracketsFit) {
        out.verdict = Verdict::Fail;
        out.reason = fmt::format("the sequence holds {} world brackets where a start and an end are expected",
                                 length.bracketPositions.size());
    } else if (out.value > threshold) {
        out.verdict = Verdict::Fail;
        out.reason = fmt::format("the law says {}, the sequence has {} positions{}", law, length.fused, dropped);
    } else {
        out.verdict = dropsText ? Verdict::Warn : Verdict::Pass;
        out.reason = fmt::format("{} positions as the law says: {}{}{}", length.fused, law,
                                 hasBrackets ? ", both brackets kept" : "", dropped);
    }
    return out;
}

bool MaskRules::sees(std::size_t layer, std::int64_t query, std::int64_t key) const
{
    if (!layerIsGlobal[layer] && key <= query - window)
        return false;
    if (key <= query)
        return true;
    return std::any_of(blocks.begin(), blocks.end(),
                       [&](const nn::PositionRange& block) { return isInside(block, query) && isInside(block, key); });
}

std::vector<std::vector<bool>> MaskRules::reach(std::int64_t position, std::size_t layers) const
{
    std::vector<bool> now(static_cast<std::size_t>(length), false);
    now[static_cast<std::size_t>(position)] = true;
    std::vector<std::vector<bool>> out;
    for (std::size_t layer = 0; layer < layers; ++layer) {
        std::vector<bool> next = now;
        for (std::int64_t query = 0; query < length; ++query) {
            if (next[static_cast<std::size_t>(query)])
                continue;
            for (std::int64_t key = 0; key < length; ++key) {
                if (now[static_cast<std::size_t>(key)] && sees(layer, query, key)) {
                    next[static_cast<std::size_t>(query)] = true;
                    break;
                }
            }
        }
        out.push_back(next);
        now = std::move(next);
    }
    return out;
}

Judgement judgeImageBlock(const Probe& probe, const nn::PositionRange& block, bool isBidirectional, double threshold)
{
    if (block.end - block.begin < 2 || probe.changed.empty())
        return skipped("a picture of one token has no block");
    const std::vector<bool>& changed = probe.changed.front();
    Judgement out;
    std::int64_t inside = 0, outside = 0;
    for (std::int64_t i = 0; i < probe.position; ++i) {
        if (!changed[static_cast<std::size_t>(i)])
            continue;
        (isInside(block, i) ? inside : outside) += 1;
        out.positions.push_back(i);
    }
    const std::int64_t earlier = probe.position - block.begin;
    out.value = static_cast<double>(inside) / static_cast<double>(earlier);
    if (out.positions.empty())
        out.positions = {probe.position};
    if (outside > 0) {
        out.verdict = Verdict::Fail;
        out.reason = fmt::format("{} positions before the image block at {}-{} see its last token: the bidirectional "
                                 "block stands at the wrong "
                                 "offset",
                                 outside, block.begin, block.end - 1);
    } else if (isBidirectional) {
        out.verdict = out.value >= threshold ? Verdict::Pass : Verdict::Fail;
        out.reason = fmt::format("{} of the {} earlier tokens of the image block at {}-{} see its last token{}", inside,
                                 earlier, block.begin, block.end - 1,
                                 out.verdict == Verdict::Pass ? ": it is bidirectional"
                                                              : ": it is not bidirectional as it should be");
    } else if (inside == 0) {
        out.verdict = Verdict::Warn;
        out.reason = fmt::format(
            "image tokens are causal in this run: no token of the block at {}-{} sees a later one, though Gemma 3 was "
            "trained with blocks that see both ways (the fused pass of TheWorld gives no token types)",
            block.begin, block.end - 1);
    } else {
        out.verdict = Verdict::Fail;
        out.reason =
            fmt::format("image attention is set to causal, and yet {} of {} tokens of the block see its last one",
                        inside, earlier);
    }
    return out;
}

Judgement judgeMask(const MaskRules& rules, const std::vector<Probe>& probes, const std::vector<WeightRow>& rows,
                    const std::vector<std::int64_t>& worldRows, const std::vector<nn::PositionRange>& imageBlocks,
                    double threshold)
{
    if (probes.empty() && rows.empty())
        return skipped("nothing was probed");
    Judgement out;
    std::vector<std::string> faults;
    std::int64_t violations = 0;
    const auto note = [&](std::int64_t position, std::string sentence) {
        ++violations;
        if (out.positions.size() < 16)
            out.positions.push_back(position);
        if (faults.size() < 2)
            faults.push_back(std::move(sentence));
    };
    std::int64_t hiddenByWindow = 0;
    for (const Probe& probe : probes) {
        const auto reach = rules.reach(probe.position, probe.changed.size());
        for (std::size_t layer = 0; layer < probe.changed.size(); ++layer) {
            bool reachesLater = false, mayReachLater = false;
            for (std::int64_t i = 0; i < rules.length; ++i) {
                const auto at = static_cast<std::size_t>(i);
                if (probe.changed[layer][at] && !reach[layer][at])
                    note(i, fmt::format("layer {} lets position {} see position {}, which the mask hides", layer, i,
                                        probe.position));
                reachesLater = reachesLater || (i > probe.position && probe.changed[layer][at]);
                mayReachLater = mayReachLater || (i > probe.position && reach[layer][at]);
                hiddenByWindow += layer == 0 && i > probe.position && !reach[layer][at] ? 1 : 0;
            }
            if (mayReachLater && !reachesLater)
                note(probe.position,
                     fmt::format("after layer {} no later position sees position {}", layer, probe.position));
        }
    }
    double sumError = 0;
    for (const WeightRow& row : rows) {
        const at::Tensor weights = row.weights.to(at::kCPU, at::kFloat).contiguous();  // [H,S]
        const double error = (weights.sum(1) - 1).abs().max().item<double>();
        sumError = std::max(sumError, error);
        if (!(error <= kRowSumTolerance))
            note(row.query, fmt::format("the attention of position {} in layer {} sums to 1 only within {:.2g}",
                                        row.query, row.layer, error));
        for (std::int64_t key = 0; key < weights.size(1); ++key) {
            if (rules.sees(row.layer, row.query, key) || weights.select(1, key).abs().max().item<double>() == 0)
                continue;
            note(row.query, fmt::format("position {} attends to position {} in layer {}, which the mask hides",
                                        row.query, key, row.layer));
            break;
        }
    }
    out.value = static_cast<double>(violations);
    const std::string image = imageBlocks.empty()    ? std::string()
                              : rules.blocks.empty() ? "; image tokens are causal in this run"
                                                     : "; image tokens of a block see both ways";
    if (out.value > threshold) {
        out.verdict = Verdict::Fail;
        out.reason = fmt::format("{}{}", fmt::join(faults, "; "),
                                 violations > 2 ? fmt::format(" ({} violations in all)", violations) : "");
        return out;
    }
    out.verdict = Verdict::Pass;
    const std::string window =
        hiddenByWindow > 0
            ? fmt::format("; local layers look back {} positions and no further", rules.window - 1)
            : fmt::format("; the window of {} positions hides nothing in {} positions", rules.window, rules.length);
    out.reason =
        fmt::format("attention rows sum to 1 within {:.1g}{}{}{}", sumError,
                    worldRows.empty() ? ""
                                      : "; world tokens are causal: none sees a later one, the image or the question",
                    image, window);
    if (!worldRows.empty())
        out.positions = {worldRows.front(), worldRows.back()};
    return out;
}

Judgement judgeWorldOff(const at::Tensor& reduced, const at::Tensor& plain,
                        const std::optional<std::string>& differentPiece, double threshold)
{
    Judgement out;
    out.value = largestDifference(reduced, plain);
    if (out.value <= threshold) {
        out.verdict = Verdict::Pass;
        out.reason = fmt::format("with the world and its brackets taken out, the logits are plain Gemma's {}",
                                 out.value == 0 ? std::string("bit for bit") : fmt::format("within {:.2g}", out.value));
    } else if (differentPiece) {
        out.verdict = Verdict::Warn;
        out.reason = fmt::format("with the world taken out, the prompt is still not plain Gemma's: the tokens differ "
                                 "from '{}' on, because the "
                                 "world's text changes how its neighbours are cut into tokens",
                                 escaped(*differentPiece));
    } else {
        out.verdict = Verdict::Fail;
        out.reason = fmt::format(
            "with the world taken out, the same tokens give logits that differ by {:.3g} from plain Gemma's",
            out.value);
    }
    return out;
}

double divergenceBits(const at::Tensor& logits, const at::Tensor& others)
{
    const at::Tensor p = at::log_softmax(logits.to(at::kCPU, at::kDouble), 0),
                     q = at::log_softmax(others.to(at::kCPU, at::kDouble), 0);
    const at::Tensor terms = at::where(p.exp() > 0, p.exp() * (p - q), at::zeros_like(p));
    const double bits = terms.sum().item<double>() / std::log(2.0);
    return bits < 0 ? 0 : bits;  // rounding alone makes it negative; NaN stays
}

Judgement judgeInfluence(const WorldInfluence& influence, const std::vector<std::int64_t>& worldRows, double threshold)
{
    Judgement out;
    out.positions = worldRows;
    out.value = divergenceBits(influence.real, influence.off);
    const std::string numbers = fmt::format("KL of the first answer token: {:.3g} bits from a blanked world, {:.3g} "
                                            "from a shuffled one, {:.3g} from noise of its mean and "
                                            "spread",
                                            out.value, divergenceBits(influence.real, influence.shuffled),
                                            divergenceBits(influence.real, influence.noise));
    if (!std::isfinite(out.value)) {
        out.verdict = Verdict::Fail;
        out.reason = "the logits of the first answer token are not finite";
    } else if (largestDifference(influence.real, influence.off) == 0) {
        out.verdict = Verdict::Fail;
        out.reason = "a blanked world gives the very same logits: the answer does not see the world";
    } else if (!(out.value > threshold)) {
        out.verdict = Verdict::Warn;
        out.reason = "the world hardly moves the answer. " + numbers;
    } else {
        out.verdict = Verdict::Pass;
        out.reason = numbers;
    }
    return out;
}

Judgement judgeDecoding(const DecodingWorld& decoding, double threshold)
{
    Judgement out;
    out.value = static_cast<double>(std::abs(decoding.cachedAfterPrefill - decoding.fused));
    const bool grows = decoding.cachedAfterToken == decoding.cachedAfterPrefill + 1;
    if (out.value > threshold || !grows) {
        out.verdict = Verdict::Fail;
        out.reason = fmt::format("the fused sequence has {} positions, but keys and values hold {} after prefill and "
                                 "{} after one more token: "
                                 "decoding does not continue the fused sequence",
                                 decoding.fused, decoding.cachedAfterPrefill, decoding.cachedAfterToken);
    } else if (!(decoding.logitChange > 0)) {
        out.verdict = Verdict::Fail;
        out.reason =
            "blanking the world's keys and values does not change the next token's logits: decoding ignores the world";
    } else {
        out.verdict = Verdict::Pass;
        out.reason = fmt::format("keys and values hold all {} fused positions after prefill, and blanking the world's "
                                 "moves the second token's "
                                 "logits by up to {:.3g}",
                                 decoding.fused, decoding.logitChange);
    }
    return out;
}

}  // namespace armillary::verification
