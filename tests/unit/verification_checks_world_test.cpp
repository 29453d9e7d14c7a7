// Each judgement of latents and world tokens with an input that breaks it and one that does not.
#include "verification/checks_world.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numeric>

namespace armillary::verification {
namespace {

std::vector<std::int64_t> positionsFrom(std::int64_t first, std::int64_t count)
{
    std::vector<std::int64_t> out(static_cast<std::size_t>(count));
    std::iota(out.begin(), out.end(), first);
    return out;
}

// Rows that all differ: [n,d] with values 1, 2, 3 ...
at::Tensor counted(std::int64_t n, std::int64_t d)
{
    return at::arange(1, n * d + 1, at::kFloat).view({n, d});
}

// W1 -----------------------------------------------------------------------------------------------------------------
TEST(ChecksWorld, SilentSlotsFail)
{
    const at::Tensor features = counted(4, 3), placeholder = at::full({3}, 0.5F);
    const auto positions = positionsFrom(2, 4);
    EXPECT_EQ(judgeWorldSlots(features, placeholder, features, positions, 0).verdict, Verdict::Pass);

    at::Tensor zero = features.clone();
    zero[1] = 0;
    const Judgement silent = judgeWorldSlots(zero, placeholder, features, positions, 0);
    EXPECT_EQ(silent.verdict, Verdict::Fail);
    EXPECT_EQ(silent.value, 0);
    EXPECT_EQ(silent.positions, std::vector<std::int64_t>{3});

    at::Tensor kept = features.clone();
    kept[2] = placeholder;
    EXPECT_EQ(judgeWorldSlots(kept, placeholder, features, positions, 0).positions, std::vector<std::int64_t>{4});
    EXPECT_EQ(judgeWorldSlots(kept, placeholder, features, positions, 0).verdict, Verdict::Fail);
    // The right rows in the wrong order, and too few of them.
    EXPECT_EQ(judgeWorldSlots(features.flip(0), placeholder, features, positions, 0).verdict, Verdict::Fail);
    EXPECT_EQ(judgeWorldSlots(features, placeholder, features.slice(0, 1), positions, 0).verdict, Verdict::Fail);
    EXPECT_EQ(judgeWorldSlots(features / 0, placeholder, features, positions, 0).verdict, Verdict::Fail);
}

// W2 -----------------------------------------------------------------------------------------------------------------
TEST(ChecksWorld, IdenticalTokensFail)
{
    const auto positions = positionsFrom(2, 8);
    EXPECT_EQ(judgeWorldVaries(counted(8, 3), {1, 2}, false, positions, 0.01).verdict, Verdict::Pass);
    const Judgement same = judgeWorldVaries(at::ones({8, 3}), {1, 2}, false, positions, 0.01);
    EXPECT_EQ(same.verdict, Verdict::Fail);
    EXPECT_EQ(same.value, 1);
    EXPECT_EQ(same.positions.size(), 8U);
}

TEST(ChecksWorld, FrozenTimeFailsUnlessTheFramesAreTheSame)
{
    const auto positions = positionsFrom(2, 8);
    const at::Tensor frozen = counted(4, 3).repeat({2, 1});
    // 4 of 28 pairs are equal: above one percent.
    EXPECT_EQ(judgeWorldVaries(frozen, {1, 2}, false, positions, 0.01).verdict, Verdict::Fail);
    // Even a lenient threshold does not excuse time that stands still.
    const Judgement still = judgeWorldVaries(frozen, {1, 2}, false, positions, 0.9);
    EXPECT_EQ(still.verdict, Verdict::Fail);
    EXPECT_NE(still.reason.find("time"), std::string::npos);
    // The same pixels in both latent frames: equal tokens are right, unless a time vector should part them.
    EXPECT_EQ(judgeWorldVaries(frozen, {1, 1}, false, positions, 0.01).verdict, Verdict::Pass);
    EXPECT_EQ(judgeWorldVaries(frozen, {1, 1}, true, positions, 0.01).verdict, Verdict::Fail);
    EXPECT_EQ(judgeWorldVaries(counted(1, 3), {1}, false, {2}, 0.01).verdict, Verdict::Skip);
}

// W3 -----------------------------------------------------------------------------------------------------------------
TEST(ChecksWorld, SeedsThatMoveTheConditionOrNothingFail)
{
    const at::Tensor first = counted(2 * 3 * 2, 2).view({2, 3, 2, 2});
    at::Tensor good = first.clone();
    good.slice(1, 1).mul_(1.5);
    const Judgement pass = judgeSeeds(first, good, 1, 0.001);
    EXPECT_EQ(pass.verdict, Verdict::Pass);
    EXPECT_EQ(pass.value, 0);
    EXPECT_EQ(judgeSeeds(first, first, 1, 0.001).verdict, Verdict::Fail);        // the seed has no effect
    EXPECT_EQ(judgeSeeds(first, first * 1.5, 1, 0.001).verdict, Verdict::Fail);  // the condition is not clamped
    EXPECT_EQ(judgeSeeds(first, first.slice(1, 1), 1, 0.001).verdict, Verdict::Fail);
    EXPECT_EQ(judgeSeeds(first, good * std::nan(""), 1, 0.001).verdict, Verdict::Fail);
}

// W5 -----------------------------------------------------------------------------------------------------------------
inspect::ChannelStats channelOf(double meanSigmas, double spreadRatio)
{
    inspect::ChannelStats out;
    out.referenceMean = 1;
    out.referenceDeviation = 2;
    out.mean = 1 + 2 * meanSigmas;
    out.meanSigmas = meanSigmas;
    out.deviation = 2 * spreadRatio;
    return out;
}

TEST(ChecksWorld, LatentsOutOfRangeWarn)
{
    EXPECT_EQ(judgeLatentRange({channelOf(0.5, 1), channelOf(-1.9, 0.9)}, "-1..1", 2).verdict, Verdict::Pass);
    const Judgement off = judgeLatentRange({channelOf(0.5, 1), channelOf(-3, 1)}, "0..255", 2);
    EXPECT_EQ(off.verdict, Verdict::Warn);
    EXPECT_EQ(off.value, 3);
    EXPECT_NE(off.reason.find("0..255"), std::string::npos);
    EXPECT_NE(off.reason.find("channel 1"), std::string::npos);
    // A spread of an eighth or of eight times is three octaves off.
    EXPECT_DOUBLE_EQ(judgeLatentRange({channelOf(0, 0.125)}, "0..255", 2).value, 3);
    EXPECT_EQ(judgeLatentRange({channelOf(0, 8)}, "0..255", 2).verdict, Verdict::Warn);
    EXPECT_EQ(judgeLatentRange({channelOf(0, 0)}, "0..255", 2).verdict, Verdict::Warn);  // no spread at all
    EXPECT_EQ(judgeLatentRange({channelOf(0, 8)}, "0..255", 4).verdict, Verdict::Pass);
    EXPECT_EQ(judgeLatentRange({}, "-1..1", 2).verdict, Verdict::Skip);
    inspect::ChannelStats broken = channelOf(0, 1);
    broken.nonFinite = 3;
    EXPECT_EQ(judgeLatentRange({broken}, "-1..1", 2).verdict, Verdict::Fail);
}

// W6 -----------------------------------------------------------------------------------------------------------------
TEST(ChecksWorld, PoorReconstructionWarns)
{
    EXPECT_EQ(judgeReconstruction(31, "-1..1", 25).verdict, Verdict::Pass);
    EXPECT_EQ(judgeReconstruction(std::numeric_limits<double>::infinity(), "-1..1", 25).verdict, Verdict::Pass);
    EXPECT_EQ(judgeReconstruction(9, "0..255", 25).verdict, Verdict::Warn);
    EXPECT_EQ(judgeReconstruction(std::nan(""), "0..255", 25).verdict, Verdict::Fail);
}

// W10 ----------------------------------------------------------------------------------------------------------------
TEST(ChecksWorld, ATimeVectorWithoutEffectFails)
{
    const at::Tensor cells = counted(6, 4);
    const at::Tensor vectors = at::tensor({0.F, 0.5F, 3.F}).view({3, 1, 1});
    const Judgement parted = judgeTimeVector(cells.unsqueeze(0) + vectors, 0);
    EXPECT_EQ(parted.verdict, Verdict::Pass);
    EXPECT_NEAR(parted.value, 0.5, 1e-5);
    EXPECT_EQ(judgeTimeVector(cells.repeat({3, 1, 1}), 0).verdict, Verdict::Fail);
    // Two of three frames equal is a failure too.
    EXPECT_EQ(judgeTimeVector(cells.unsqueeze(0) + at::tensor({0.F, 0.F, 3.F}).view({3, 1, 1}), 0).verdict,
              Verdict::Fail);
    EXPECT_EQ(judgeTimeVector(cells.unsqueeze(0), 0).verdict, Verdict::Skip);
}

// W11 ----------------------------------------------------------------------------------------------------------------
TEST(ChecksWorld, SeedsThatDoNotRepeatFail)
{
    const at::Tensor latents = counted(4, 4).view({4, 1, 2, 2});
    Repeats repeats{latents, latents.clone(), 0.05, true, "two encodings"};
    const Judgement same = judgeRepeats(repeats, 0);
    EXPECT_EQ(same.verdict, Verdict::Pass);
    EXPECT_EQ(same.value, 0);
    EXPECT_NE(same.reason.find("mode"), std::string::npos);
    repeats.second = latents + 0.5;
    EXPECT_EQ(judgeRepeats(repeats, 0).verdict, Verdict::Fail);
    EXPECT_DOUBLE_EQ(judgeRepeats(repeats, 0).value, 0.5);
    repeats.second = latents + 0.001;  // a rounding of 16
    EXPECT_EQ(judgeRepeats(repeats, 0).verdict, Verdict::Warn);
    EXPECT_EQ(judgeRepeats(repeats, 0.01).verdict, Verdict::Pass);
    repeats.second = latents * std::nan("");
    EXPECT_EQ(judgeRepeats(repeats, 0.01).verdict, Verdict::Fail);
    repeats.second = latents.slice(0, 1);
    EXPECT_EQ(judgeRepeats(repeats, 0).verdict, Verdict::Fail);
}

// W13 ----------------------------------------------------------------------------------------------------------------
TEST(ChecksWorld, ASaturatedProjectorWarns)
{
    const auto positions = positionsFrom(2, 8);
    at::Tensor flat = -0.1 * at::rand({8, 6});
    const Judgement saturated = judgeSaturation(flat, true, 0, positions, 0.95);
    EXPECT_EQ(saturated.verdict, Verdict::Warn);
    EXPECT_EQ(saturated.value, 1);
    EXPECT_EQ(judgeSaturation(flat, false, 0, positions, 0.95).verdict,
              Verdict::Pass);  // no GELU there to be saturated
    at::Tensor half = flat.clone();
    half.slice(1, 3).add_(1);
    EXPECT_DOUBLE_EQ(judgeSaturation(half, true, 0, positions, 0.95).value, 0.5);
    EXPECT_EQ(judgeSaturation(half, true, 0, positions, 0.95).verdict, Verdict::Pass);
}

TEST(ChecksWorld, TokensOnALineWarnAndTheRankIsTold)
{
    const auto positions = positionsFrom(2, 8);
    const at::Tensor line = at::arange(8, at::kFloat).unsqueeze(1) * at::tensor({1.F, 2.F, -1.F});
    EXPECT_EQ(judgeSaturation(line, false, 2, positions, 0.95).verdict, Verdict::Warn);
    const at::Tensor rank2 = at::mm(counted(8, 2).pow(2), at::tensor({1.F, 0.F, 2.F, 0.F, 1.F, 1.F}).view({2, 3}));
    const Judgement two = judgeSaturation(rank2, false, 2, positions, 0.95);
    EXPECT_EQ(two.verdict, Verdict::Pass);
    EXPECT_NE(two.reason.find("span 2 dimensions"), std::string::npos) << two.reason;
    // Rounding to bfloat16 adds no dimensions.
    const at::Tensor angle = at::arange(8, at::kFloat);
    const at::Tensor circle = at::mm(at::stack({angle.cos(), angle.sin()}, 1),
                                     at::tensor({1.F, 0.F, 2.F, 0.3F, 0.F, 1.F, 1.F, -0.7F}).view({2, 4}));
    const Judgement rounded = judgeSaturation(circle.to(at::kBFloat16), false, 2, positions, 0.95);
    EXPECT_NE(rounded.reason.find("span 2 dimensions"), std::string::npos) << rounded.reason;
    EXPECT_EQ(rounded.verdict, Verdict::Pass);
    EXPECT_EQ(judgeSaturation(line * std::nan(""), true, 0, positions, 0.95).verdict, Verdict::Fail);
}

}  // namespace
}  // namespace armillary::verification
