// Each judgement of the sequence with an input that breaks it and one that does not.
#include "verification/checks_sequence.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace armillary::verification {
namespace {

// W7 -----------------------------------------------------------------------------------------------------------------
WorldCount fiveFrames()
{
    WorldCount count;
    count.frames = 5;
    count.heightPixels = 224;
    count.widthPixels = 224;
    count.latents = {16, 2, 28, 28};
    count.tokens = count.slots = count.expectedSlots = 2 * 28 * 28;
    return count;
}

TEST(ChecksSequence, TheCountLawIsOfLatentFramesNotOfFrames)
{
    EXPECT_EQ(judgeWorldCount(fiveFrames(), 0).verdict, Verdict::Pass);
    EXPECT_NE(judgeWorldCount(fiveFrames(), 0).reason.find("1568"), std::string::npos);
    WorldCount notes = fiveFrames();  // five frames as five latent frames, as a note says
    notes.tokens = notes.slots = notes.expectedSlots = 5 * 28 * 28;
    const Judgement wrong = judgeWorldCount(notes, 0);
    EXPECT_EQ(wrong.verdict, Verdict::Fail);
    EXPECT_EQ(wrong.value, 3 * 28 * 28);
    WorldCount slots = fiveFrames();
    slots.slots -= 1;
    EXPECT_EQ(judgeWorldCount(slots, 0).verdict, Verdict::Fail);
    WorldCount latents = fiveFrames();
    latents.latents[1] = 3;
    EXPECT_EQ(judgeWorldCount(latents, 0).verdict, Verdict::Fail);
}

TEST(ChecksSequence, ChannelsAndThePooledTokenHaveCountsOfTheirOwn)
{
    WorldCount count = fiveFrames();
    count.byChannel = true;
    count.tokens = count.slots = count.expectedSlots = 2 * 16;
    EXPECT_EQ(judgeWorldCount(count, 0).verdict, Verdict::Pass);
    WorldCount pooled = fiveFrames();
    pooled.slots = pooled.expectedSlots = 1;
    EXPECT_EQ(judgeWorldCount(pooled, 0).verdict, Verdict::Pass);
}

// W8 -----------------------------------------------------------------------------------------------------------------
FusedLength bracketed()
{
    FusedLength length;
    length.prompt = 39;  // the reference's case of option 5: a space stands between the brackets
    length.start = 6;
    length.end = 8;
    length.worldTokens = 36;
    length.fused = 74;
    length.bracketPositions = {6, 43};
    length.dropped = {"\xE2\x96\x81"};
    return length;
}

TEST(ChecksSequence, TheLengthLawKeepsBothBracketsAndListsWhatIsDropped)
{
    const Judgement good = judgeFusedLength(bracketed(), 0);
    EXPECT_EQ(good.verdict, Verdict::Pass) << good.reason;
    EXPECT_NE(good.reason.find("\xE2\x96\x81"), std::string::npos);
    EXPECT_EQ(good.positions, (std::vector<std::int64_t>{6, 43}));
    FusedLength docs = bracketed();
    docs.fused = docs.prompt - 2 + docs.worldTokens;  // "seq_len - 2 + N"
    const Judgement wrong = judgeFusedLength(docs, 0);
    EXPECT_EQ(wrong.verdict, Verdict::Fail);
    EXPECT_EQ(wrong.value, 1);
    FusedLength text = bracketed();
    text.dropped = {"Hello"};
    EXPECT_EQ(judgeFusedLength(text, 0).verdict, Verdict::Warn);
}

TEST(ChecksSequence, MissingOrDoubledBracketsFail)
{
    FusedLength none = bracketed();
    none.start = none.end = -1;
    EXPECT_EQ(judgeFusedLength(none, 0).verdict, Verdict::Fail);
    FusedLength one = bracketed();
    one.bracketPositions = {6};
    EXPECT_EQ(judgeFusedLength(one, 0).verdict, Verdict::Fail);
    FusedLength three = bracketed();
    three.bracketPositions = {6, 43, 50};
    EXPECT_EQ(judgeFusedLength(three, 0).verdict, Verdict::Fail);
}

TEST(ChecksSequence, OtherOptionsHaveLawsOfTheirOwn)
{
    FusedLength length;
    length.prompt = 40;
    length.worldTokens = 36;
    length.fusion = FusionOption::Prepend;
    EXPECT_EQ(lawfulLength(length), 76);
    length.fusion = FusionOption::Repeated;
    length.placeholders = 36;
    EXPECT_EQ(lawfulLength(length), 40);
    length.fusion = FusionOption::Pooled;
    length.placeholders = length.worldTokens = 1;
    EXPECT_EQ(lawfulLength(length), 40);
    length.fused = 41;
    EXPECT_EQ(judgeFusedLength(length, 0).verdict, Verdict::Fail);
}

// V6 -----------------------------------------------------------------------------------------------------------------
// Ten positions, an image block at 4 ... 7; `changed` are the positions that notice a change of the last one.
Probe probeOf(std::int64_t position, const std::vector<int>& changed)
{
    Probe probe{position, {std::vector<bool>(10, false)}};
    for (const int at : changed)
        probe.changed[0][static_cast<std::size_t>(at)] = true;
    return probe;
}

TEST(ChecksSequence, ABlockThatDoesNotSeeBothWaysFailsOrWarns)
{
    const nn::PositionRange block{4, 8};
    EXPECT_EQ(judgeImageBlock(probeOf(7, {4, 5, 6, 7, 8, 9}), block, true, 1).verdict, Verdict::Pass);
    EXPECT_EQ(judgeImageBlock(probeOf(7, {7, 8, 9}), block, true, 1).verdict, Verdict::Fail);
    const Judgement part = judgeImageBlock(probeOf(7, {6, 7, 8, 9}), block, true, 1);
    EXPECT_EQ(part.verdict, Verdict::Fail);
    EXPECT_DOUBLE_EQ(part.value, 1.0 / 3);
    // What TheWorld's fused pass does is told as a warning, whatever a setting says is checked.
    const Judgement causal = judgeImageBlock(probeOf(7, {7, 8, 9}), block, false, 1);
    EXPECT_EQ(causal.verdict, Verdict::Warn);
    EXPECT_NE(causal.reason.find("causal"), std::string::npos);
    EXPECT_EQ(judgeImageBlock(probeOf(7, {4, 5, 6, 7, 8, 9}), block, false, 1).verdict, Verdict::Fail);
}

TEST(ChecksSequence, ABlockAtTheWrongOffsetFails)
{
    // The block moved two positions up: the last image token reaches the text (or the world) before it.
    const Judgement shifted = judgeImageBlock(probeOf(7, {2, 3, 4, 5, 6, 7, 8, 9}), {4, 8}, true, 1);
    EXPECT_EQ(shifted.verdict, Verdict::Fail);
    EXPECT_NE(shifted.reason.find("offset"), std::string::npos);
    EXPECT_EQ(judgeImageBlock(probeOf(4, {4}), {4, 5}, true, 1).verdict, Verdict::Skip);
}

// W9 -----------------------------------------------------------------------------------------------------------------
MaskRules rulesOf(bool isBidirectional)
{
    MaskRules rules;
    rules.length = 10;
    rules.window = 3;
    rules.layerIsGlobal = {false, true};
    if (isBidirectional)
        rules.blocks = {{4, 8}};
    return rules;
}

TEST(ChecksSequence, ReachFollowsTheMask)
{
    const MaskRules rules = rulesOf(true);
    EXPECT_TRUE(rules.sees(0, 5, 3));
    EXPECT_FALSE(rules.sees(0, 5, 2));  // outside the window
    EXPECT_TRUE(rules.sees(1, 5, 2));
    EXPECT_TRUE(rules.sees(0, 4, 7));  // the block
    EXPECT_FALSE(rules.sees(0, 3, 7));
    const auto reach = rules.reach(1, 2);
    EXPECT_EQ(reach[0], (std::vector<bool>{false, true, true, true, false, false, false, false, false, false}));
    EXPECT_EQ(reach[1], (std::vector<bool>{false, true, true, true, true, true, true, true, true, true}));
}

Probe lawful(const MaskRules& rules, std::int64_t position)
{
    return {position, rules.reach(position, rules.layerIsGlobal.size())};
}

// Equal weight on every key that `query` may see.
WeightRow evenRow(const MaskRules& rules, std::size_t layer, std::int64_t query)
{
    at::Tensor weights = at::zeros({2, rules.length});
    for (std::int64_t key = 0; key < rules.length; ++key) {
        if (rules.sees(layer, query, key))
            weights.select(1, key).fill_(1);
    }
    return {layer, query, weights / weights.sum(1, true)};
}

TEST(ChecksSequence, ALawfulMaskPassesAndTellsItsMode)
{
    for (const bool isBidirectional : {true, false}) {
        const MaskRules rules = rulesOf(isBidirectional);
        const Judgement judgement = judgeMask(rules, {lawful(rules, 3), lawful(rules, 1)},
                                              {evenRow(rules, 0, 9), evenRow(rules, 1, 5)}, {1, 2, 3}, {{4, 8}}, 0);
        EXPECT_EQ(judgement.verdict, Verdict::Pass) << judgement.reason;
        EXPECT_EQ(judgement.value, 0);
        EXPECT_NE(judgement.reason.find(isBidirectional ? "see both ways" : "image tokens are causal"),
                  std::string::npos)
            << judgement.reason;
        EXPECT_NE(judgement.reason.find("look back 2 positions"), std::string::npos) << judgement.reason;
    }
    EXPECT_EQ(judgeMask(rulesOf(true), {}, {}, {1}, {}, 0).verdict, Verdict::Skip);
}

TEST(ChecksSequence, WorldTokensThatSeeLaterOnesFail)
{
    const MaskRules rules = rulesOf(false);
    Probe leak = lawful(rules, 3);
    leak.changed[0][2] = true;  // world token 2 notices world token 3
    const Judgement judgement = judgeMask(rules, {leak}, {}, {1, 2, 3}, {{4, 8}}, 0);
    EXPECT_EQ(judgement.verdict, Verdict::Fail);
    EXPECT_EQ(judgement.value, 1);
    EXPECT_EQ(judgement.positions, std::vector<std::int64_t>{2});
}

TEST(ChecksSequence, AMissingWindowFails)
{
    const MaskRules rules = rulesOf(false);
    Probe wide = lawful(rules, 1);
    wide.changed[0].assign(10, true);
    wide.changed[0][0] = false;
    const Judgement judgement = judgeMask(rules, {wide}, {}, {1, 2, 3}, {}, 0);
    EXPECT_EQ(judgement.verdict, Verdict::Fail);
    EXPECT_EQ(judgement.value, 6);  // positions 4 ... 9 see past the window
}

TEST(ChecksSequence, APositionThatNobodySeesFails)
{
    const MaskRules rules = rulesOf(false);
    Probe blind{3, {std::vector<bool>(10, false), std::vector<bool>(10, false)}};
    blind.changed[0][3] = blind.changed[1][3] = true;
    EXPECT_EQ(judgeMask(rules, {blind}, {}, {1, 2, 3}, {}, 0).verdict, Verdict::Fail);
}

TEST(ChecksSequence, RowsThatAreNotCausalOrDoNotSumToOneFail)
{
    const MaskRules rules = rulesOf(false);
    WeightRow row = evenRow(rules, 1, 5);
    row.weights = at::full({2, 10}, 0.1F);  // sums to 1, but looks ahead
    const Judgement ahead = judgeMask(rules, {}, {row}, {1, 2, 3}, {}, 0);
    EXPECT_EQ(ahead.verdict, Verdict::Fail);
    EXPECT_NE(ahead.reason.find("position 5 attends to position 6"), std::string::npos) << ahead.reason;
    WeightRow half = evenRow(rules, 1, 5);
    half.weights = half.weights * 0.5;
    EXPECT_EQ(judgeMask(rules, {}, {half}, {1, 2, 3}, {}, 0).verdict, Verdict::Fail);
    WeightRow broken = evenRow(rules, 1, 5);
    broken.weights = broken.weights * std::nan("");
    EXPECT_EQ(judgeMask(rules, {}, {broken}, {1, 2, 3}, {}, 0).verdict, Verdict::Fail);
}

// W14 ----------------------------------------------------------------------------------------------------------------
TEST(ChecksSequence, AWorldThatCannotBeTakenOutFailsOrWarns)
{
    const at::Tensor logits = at::tensor({1.F, 2.F, 3.F});
    EXPECT_EQ(judgeWorldOff(logits, logits, std::nullopt, 1e-3).verdict, Verdict::Pass);
    const Judgement wrong = judgeWorldOff(logits, logits + at::tensor({0.F, 0.F, 0.25F}), std::nullopt, 1e-3);
    EXPECT_EQ(wrong.verdict, Verdict::Fail);
    EXPECT_DOUBLE_EQ(wrong.value, 0.25);
    const Judgement tokens = judgeWorldOff(logits, logits + 1, "\n\n", 1e-3);
    EXPECT_EQ(tokens.verdict, Verdict::Warn);
    EXPECT_NE(tokens.reason.find("\\n\\n"), std::string::npos) << tokens.reason;
    EXPECT_EQ(judgeWorldOff(logits, logits * std::nan(""), std::nullopt, 1e-3).verdict, Verdict::Fail);
    // Tokens past the end of the table can never be chosen on either side.
    const at::Tensor cut = at::tensor({1.F, 2.F, -std::numeric_limits<float>::infinity()});
    EXPECT_EQ(judgeWorldOff(cut, cut, std::nullopt, 1e-3).verdict, Verdict::Pass);
}

// W15 ----------------------------------------------------------------------------------------------------------------
TEST(ChecksSequence, DivergenceByHand)
{
    // p = (1/2, 1/2), q = (1/4, 3/4): 1/2 log2 2 + 1/2 log2 (2/3) = 0.20752 bits.
    const at::Tensor p = at::tensor({0.F, 0.F}), q = at::tensor({0.F, std::log(3.F)});
    EXPECT_NEAR(divergenceBits(p, q), 0.2075187, 1e-6);
    EXPECT_EQ(divergenceBits(p, p), 0);
}

TEST(ChecksSequence, AWorldWithoutInfluenceFailsOrWarns)
{
    const at::Tensor real = at::tensor({0.F, 1.F, 2.F});
    EXPECT_EQ(judgeInfluence({real, real * 2, real, real}, {1}, 1e-4).verdict, Verdict::Pass);
    EXPECT_EQ(judgeInfluence({real, real, real, real}, {1}, 1e-4).verdict, Verdict::Fail);
    const Judgement weak = judgeInfluence({real, real + at::tensor({0.F, 0.F, 0.001F}), real, real}, {1}, 1e-4);
    EXPECT_EQ(weak.verdict, Verdict::Warn);
    EXPECT_EQ(judgeInfluence({real, real * std::nan(""), real, real}, {1}, 1e-4).verdict, Verdict::Fail);
}

// W16 ----------------------------------------------------------------------------------------------------------------
TEST(ChecksSequence, DecodingThatIgnoresTheWorldFails)
{
    EXPECT_EQ(judgeDecoding({106, 106, 107, 0.5}, 0).verdict, Verdict::Pass);
    const Judgement prompt =
        judgeDecoding({106, 42, 43, 0.5}, 0);  // the prompt alone went through, as generate() once did
    EXPECT_EQ(prompt.verdict, Verdict::Fail);
    EXPECT_EQ(prompt.value, 64);
    EXPECT_EQ(judgeDecoding({106, 106, 107, 0}, 0).verdict, Verdict::Fail);
    EXPECT_EQ(judgeDecoding({106, 106, 106, 0.5}, 0).verdict, Verdict::Fail);
    EXPECT_EQ(judgeDecoding({106, 106, 107, std::nan("")}, 0).verdict, Verdict::Fail);
}

}  // namespace
}  // namespace armillary::verification
