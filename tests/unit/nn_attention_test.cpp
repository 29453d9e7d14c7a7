#include "nn/attention.h"

#include "support/golden_case.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <stop_token>

namespace armillary::nn {
namespace {

using test::matches;

// The definition, word for word: window AND (causal OR same block).
bool seesByDefinition(std::int64_t window, const std::vector<PositionRange>& blocks, std::int64_t query,
                      std::int64_t key)
{
    bool same = false;
    for (const PositionRange& block : blocks)
        same = same || (query >= block.begin && query < block.end && key >= block.begin && key < block.end);
    return (window == 0 || key > query - window) && (key <= query || same);
}

at::Tensor attentionByDefinition(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, double scale,
                                 const AttentionMask& mask, std::int64_t offset)
{
    const std::int64_t group = q.size(0) / k.size(0);
    const at::Tensor keys = k.repeat_interleave(group, 0).to(at::kDouble);
    const at::Tensor values = v.repeat_interleave(group, 0).to(at::kDouble);
    at::Tensor scores = at::matmul(q.to(at::kDouble), keys.transpose(1, 2)) * scale;
    for (std::int64_t row = 0; row < q.size(1); ++row)
        for (std::int64_t key = 0; key < k.size(1); ++key)
            if (!seesByDefinition(mask.window, mask.bidirectional, offset + row, key))
                scores.select(1, row).select(1, key).fill_(-std::numeric_limits<double>::infinity());
    return at::matmul(scores.softmax(-1), values).transpose(0, 1).flatten(1);
}

const std::vector<AttentionMask> kMasks{
    {0, {}}, {5, {}}, {1, {}}, {0, {{3, 9}}}, {5, {{3, 9}, {9, 12}, {30, 41}}}, {4, {{0, 45}}}, {64, {{20, 45}}},
};

TEST(AttentionMask, IsItsDefinition)
{
    constexpr std::int64_t kLength = 45;
    for (const AttentionMask& mask : kMasks) {
        for (std::int64_t query = 0; query < kLength; ++query)
            for (std::int64_t key = 0; key < kLength; ++key)
                ASSERT_EQ(mask.sees(query, key), seesByDefinition(mask.window, mask.bidirectional, query, key))
                    << query << " " << key;
        const PositionRange keys = seenKeys(mask, 7, 30, kLength);
        const at::Tensor rows = maskRows(mask, 7, 30, keys);
        ASSERT_EQ(rows.sizes(), (std::vector<std::int64_t>{30, keys.end - keys.begin}));
        for (std::int64_t query = 7; query < 37; ++query)
            for (std::int64_t key = 0; key < kLength; ++key) {
                const bool inside = key >= keys.begin && key < keys.end;
                const bool seen = inside && rows[query - 7][key - keys.begin].item<float>() == 0.F;
                ASSERT_EQ(seen, mask.sees(query, key)) << query << " " << key;
            }
    }
}

TEST(Attention, FusedAndExplicitPathsAreTheDefinition)
{
    at::manual_seed(3);
    constexpr std::int64_t kKeys = 45;
    const at::Tensor k = at::randn({2, kKeys, 8});
    const at::Tensor v = at::randn({2, kKeys, 8});
    for (const AttentionMask& mask : kMasks) {
        for (const std::int64_t offset : {0, 12, 44}) {
            const at::Tensor q = at::randn({6, kKeys - offset, 8});
            const at::Tensor want = attentionByDefinition(q, k, v, 0.3, mask, offset);
            const auto fused = attend(q, k, v, 0.3, mask, offset, {});
            ASSERT_TRUE(fused);
            EXPECT_TRUE(matches(want, fused->to(at::kDouble), {1e-5, 1e-5, false}))
                << offset << " window " << mask.window;

            const at::Tensor probabilities = attentionProbabilities(q, k, 0.3, mask, offset);  // [H,Sq,Sk]
            const at::Tensor mixed = at::matmul(probabilities, v.repeat_interleave(3, 0)).transpose(0, 1).flatten(1);
            EXPECT_TRUE(matches(want, mixed.to(at::kDouble), {1e-5, 1e-5, false}))
                << offset << " window " << mask.window;
            EXPECT_TRUE(matches(at::ones({6, kKeys - offset}), probabilities.sum(-1), {0, 1e-5, false}));
            for (std::int64_t key = 0; key < kKeys; ++key) {
                const float largest = probabilities.select(1, 0).select(1, key).abs().max().item<float>();
                EXPECT_TRUE(mask.sees(offset, key) || largest == 0.F) << key;
            }
        }
    }
}

TEST(Attention, SeveralBlocksOfRows)
{
    at::manual_seed(4);
    constexpr std::int64_t kLength = 1700;  // more than two blocks of rows and several tiles of keys
    const AttentionMask masks[] = {{0, {}}, {100, {{700, 900}}}};
    for (const AttentionMask& mask : masks) {
        const at::Tensor q = at::randn({2, kLength, 4});
        const at::Tensor k = at::randn({1, kLength, 4});
        const at::Tensor v = at::randn({1, kLength, 4});
        const auto fused = attend(q, k, v, 0.5, mask, 0, {});
        ASSERT_TRUE(fused);
        const at::Tensor want = at::matmul(attentionProbabilities(q, k, 0.5, mask, 0), v).transpose(0, 1).flatten(1);
        EXPECT_TRUE(matches(want, *fused, {1e-4, 1e-5, false})) << mask.window;
    }
}

TEST(Attention, ToAll)
{
    at::manual_seed(5);
    const at::Tensor q = at::randn({50, 4, 6});
    const at::Tensor k = at::randn({50, 4, 6});
    const at::Tensor v = at::randn({50, 4, 6});
    const auto got = attendToAll(q, k, v, 0.4, {});
    ASSERT_TRUE(got);
    const at::Tensor scores = at::einsum("qhc,khc->hqk", {q, k}) * 0.4;
    EXPECT_TRUE(matches(at::einsum("hqk,khc->qhc", {scores.softmax(-1), v}).flatten(1), *got, {1e-5, 1e-5, false}));
}

// Blocked edges by their definition, one pair at a time, against the mask, its rows and both paths; one row alone, too.
TEST(AttentionMask, BlockedEdgesAreGoneAndNothingElse)
{
    at::manual_seed(6);
    constexpr std::int64_t kLength = 45;
    const BlockedEdges blocked{{{10, 12}, {40, 45}}, {{0, 4}, {9, 12}, {41, 60}}};
    const auto isCut = [](std::int64_t query, std::int64_t key) {
        const bool asks = (query >= 10 && query < 12) || query >= 40;
        const bool answers = key < 4 || (key >= 9 && key < 12) || key >= 41;
        return asks && answers && query != key;
    };
    const at::Tensor k = at::randn({2, kLength, 8});
    const at::Tensor v = at::randn({2, kLength, 8});
    for (AttentionMask mask : kMasks) {
        const AttentionMask whole = mask;
        mask.blocked = {blocked};
        at::Tensor allowed = at::zeros({kLength, kLength}, at::kBool);
        for (std::int64_t query = 0; query < kLength; ++query)
            for (std::int64_t key = 0; key < kLength; ++key) {
                const bool want = whole.sees(query, key) && !isCut(query, key);
                ASSERT_EQ(mask.sees(query, key), want) << query << " " << key;
                allowed[query][key] = want;
            }
        EXPECT_TRUE(at::equal(maskRows(mask, 0, kLength, {0, kLength}) == 0, allowed));
        for (const std::int64_t offset : {0, 9, 44}) {
            const at::Tensor q = at::randn({6, kLength - offset, 8});
            at::Tensor scores = at::matmul(q, k.repeat_interleave(3, 0).transpose(1, 2)) * 0.3;
            scores.masked_fill_(at::logical_not(allowed.slice(0, offset)), -std::numeric_limits<double>::infinity());
            const at::Tensor want =
                at::matmul(scores.softmax(-1), v.repeat_interleave(3, 0)).transpose(0, 1).flatten(1);
            const auto fused = attend(q, k, v, 0.3, mask, offset, {});
            ASSERT_TRUE(fused);
            EXPECT_TRUE(matches(want, *fused, {1e-5, 1e-5, false})) << offset << " window " << mask.window;
            EXPECT_TRUE(
                matches(scores.softmax(-1), attentionProbabilities(q, k, 0.3, mask, offset), {1e-5, 1e-6, false}));
        }
    }
}

TEST(Attention, StopsOnRequest)
{
    std::stop_source source;
    source.request_stop();
    const at::Tensor x = at::randn({2, 30, 4});
    const auto stopped = attend(x, x, x, 1, {}, 0, source.get_token());
    ASSERT_FALSE(stopped);
    EXPECT_EQ(stopped.error().code, ErrorCode::Cancelled);
    EXPECT_FALSE(attendToAll(x, x, x, 1, source.get_token()));
}

TEST(Attention, RefusesShapesThatDoNotFit)
{
    const at::Tensor q = at::randn({3, 5, 4});
    const at::Tensor k = at::randn({2, 5, 4});
    EXPECT_THROW(static_cast<void>(attend(q, k, k, 1, {}, 0, {})), c10::Error);
    const at::Tensor q2 = at::randn({2, 5, 4});
    EXPECT_THROW(static_cast<void>(attend(q2, k, k, 1, {}, 1, {})), c10::Error);
}

}  // namespace
}  // namespace armillary::nn
