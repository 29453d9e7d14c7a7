#include "attention/attention_row.h"

#include "attention_test_record.h"

#include <gtest/gtest.h>

#include <numeric>

namespace armillary::attention {
namespace {

using test::AttentionSample;

TEST(AttentionRow, HoldsEveryLayerAndHeadAndTheirMean)
{
    AttentionSample sample;
    const auto attention = RecordAttention::open(sample.record());
    ASSERT_TRUE(attention);
    const auto got = attentionRow(*attention, {18, {}, std::nullopt, {}, 0.01}, {});
    ASSERT_TRUE(got) << got.error().message;
    const auto keys = static_cast<std::size_t>(sample.positions);
    ASSERT_EQ(got->weights.size(), 12 * keys);
    std::vector<double> mean(keys, 0.0);
    bool hasNearZero = false;
    for (std::int64_t layer = 0; layer < 3; ++layer) {
        for (std::int64_t head = 0; head < 4; ++head) {
            const std::vector<double> want = sample.row(layer, head, 18);
            for (std::size_t key = 0; key < keys; ++key) {
                const std::size_t cell = static_cast<std::size_t>(layer * 4 + head) * keys + key;
                EXPECT_NEAR(got->weights[cell], want[key], 2e-6);
                mean[key] += want[key] / 12;
                const auto position = static_cast<std::int64_t>(key);
                const CellState state = !sample.sees(layer, 18, position)
                                            ? (position > 18 ? CellState::Future : CellState::OutsideWindow)
                                        : want[key] < 0.01 ? CellState::NearZero
                                                           : CellState::Visible;
                EXPECT_EQ(got->states[cell], state) << layer << " " << head << " " << key;
                hasNearZero = hasNearZero || state == CellState::NearZero;
            }
        }
    }
    EXPECT_TRUE(hasNearZero);
    for (std::size_t key = 0; key < keys; ++key)
        EXPECT_NEAR(got->mean[key], mean[key], 1e-6);

    const auto one = attentionRow(*attention, {18, {1}, 3, {}, 0.01}, {});
    ASSERT_TRUE(one);
    ASSERT_EQ(one->weights.size(), keys);
    EXPECT_NEAR(one->mean[4], sample.row(1, 3, 18)[4], 2e-6);
}

TEST(AttentionRow, CorrectedIsMinusTheMeanOverQueries)
{
    AttentionSample sample;
    const auto attention = RecordAttention::open(sample.record());
    ASSERT_TRUE(attention);
    ViewOptions view{WeightView::Corrected, sample.allPositions()};
    const auto got = attentionRow(*attention, {26, {0, 1}, 2, view, 1e-5}, {});
    ASSERT_TRUE(got) << got.error().message;
    for (std::int64_t layer = 0; layer < 2; ++layer) {
        const std::vector<double> row = sample.row(layer, 2, 26);
        for (std::int64_t key = 0; key < sample.positions; ++key) {
            double mean = 0;
            std::int64_t seeing = 0;
            for (std::int64_t query = 0; query < sample.positions; ++query) {
                if (!sample.sees(layer, query, key))
                    continue;
                mean += sample.row(layer, 2, query)[static_cast<std::size_t>(key)];
                ++seeing;
            }
            const double want =
                sample.sees(layer, 26, key) ? row[static_cast<std::size_t>(key)] - mean / double(seeing) : 0;
            EXPECT_NEAR(got->weights[static_cast<std::size_t>(layer * sample.positions + key)], want, 2e-6)
                << layer << " " << key;
        }
    }
}

TEST(AttentionRow, SinksAreRemovedAndTheRestSumsToOne)
{
    AttentionSample sample;
    // Head 1 of the global layer gives 0.6 to key 0 and shares the rest; the other heads look at themselves.
    sample.keepOnlyMaps([&](std::int64_t layer, std::int64_t head, std::int64_t query, std::int64_t key) {
        const bool sinks = layer == 1 && head == 1 && query > 0;
        const auto others = static_cast<double>(sample.visible(layer, query) - 1);
        if (!sinks)
            return key == query ? 1.0 : 0.0;
        return !sample.sees(layer, query, key) ? 0.0 : key == 0 ? 0.6 : 0.4 / others;
    });
    const auto attention = RecordAttention::open(sample.record());
    ASSERT_TRUE(attention);
    const ViewOptions view{WeightView::SinksRemoved, sample.allPositions(), 0.3, 8};
    const auto got = attentionRow(*attention, {26, {1}, std::nullopt, view, 1e-5}, {});
    ASSERT_TRUE(got);
    ASSERT_EQ(got->sinksRemoved.size(), 1u);
    EXPECT_EQ(got->sinksRemoved[0].head, 1);
    EXPECT_EQ(got->sinksRemoved[0].position, 0);
    const auto keys = static_cast<std::size_t>(sample.positions);
    EXPECT_EQ(got->weights[keys], 0);
    EXPECT_NEAR(got->weights[keys + 9], 1.0 / 26, 1e-6);
    EXPECT_NEAR(std::accumulate(got->weights.begin() + std::ptrdiff_t(keys),
                                got->weights.begin() + std::ptrdiff_t(2 * keys), 0.0),
                1, 1e-6);
    EXPECT_EQ(got->weights[2 * keys + 26], 1);  // a head without a sink stays
    const auto other = attentionRow(*attention, {26, {1}, 2, view, 1e-5}, {});
    ASSERT_TRUE(other);
    EXPECT_TRUE(other->sinksRemoved.empty());
    // A row that is nothing but its sink.
    const ViewOptions all{WeightView::SinksRemoved, sample.allPositions(), 0.0, 1};
    const auto empty = attentionRow(*attention, {0, {1}, 1, all, 1e-5}, {});
    ASSERT_TRUE(empty);
    EXPECT_EQ(std::accumulate(empty->weights.begin(), empty->weights.end(), 0.0), 0);
}

TEST(AttentionRow, RowsWithoutNumbersStayOutOfTheMean)
{
    AttentionSample sample;
    sample.spoilKey(1, 4);
    const auto attention = RecordAttention::open(sample.record());
    ASSERT_TRUE(attention);
    const auto got = attentionRow(*attention, {8, {}, std::nullopt, {}, 1e-5}, {});
    ASSERT_TRUE(got);
    EXPECT_EQ(got->rowsLeftOut, 4);
    double want = 0;
    for (std::int64_t head = 0; head < 4; ++head)
        want += (sample.row(0, head, 8)[5] + sample.row(2, head, 8)[5]) / 8;
    EXPECT_NEAR(got->mean[5], want, 1e-6);
    const auto none = attentionRow(*attention, {8, {1}, 0, {}, 1e-5}, {});
    ASSERT_TRUE(none);
    EXPECT_TRUE(std::isnan(none->mean[0]));
}

TEST(RowGrids, LayTokensOutWhereTheyComeFrom)
{
    AttentionSample sample;
    std::vector<float> values(static_cast<std::size_t>(sample.positions));
    std::iota(values.begin(), values.end(), 0.F);
    const std::vector<RowGrid> grids = gridsFromRow(*sample.record().layout, values);
    ASSERT_EQ(grids.size(), 3u);  // two latent frames, one picture
    EXPECT_EQ(grids[0].grid.kind, TokenKind::World);
    EXPECT_EQ(grids[0].latentFrame, 0);
    EXPECT_EQ(grids[0].values, (std::vector<float>{2, 3, 4, 5, 6, 7}));
    EXPECT_EQ(grids[1].latentFrame, 1);
    EXPECT_EQ(grids[1].values, (std::vector<float>{8, 9, 10, 11, 12, 13}));
    EXPECT_EQ(grids[2].grid.kind, TokenKind::Image);
    EXPECT_EQ(grids[2].grid.columns, 4);
    EXPECT_EQ(grids[2].values, (std::vector<float>{15, 16, 17, 18, 19, 20, 21, 22}));

    // Two crops are two grids; a pooled world has no place; cells without a token hold no number.
    TokenLayout layout;
    layout.kinds = {TokenKind::Image, TokenKind::Image, TokenKind::World};
    layout.origins = {{0, 0, -1, 0, 1}, {0, 1, -1, 0, 0}, {0, -1, -1, -1, -1}};
    layout.ids = {1, 1, -1};
    layout.grids = {{0, 0, TokenKind::Image, 1, 2, 1, {}},
                    {0, 1, TokenKind::Image, 1, 1, 1, {}},
                    {0, 0, TokenKind::World, 2, 2, 1, {}}};
    const std::vector<RowGrid> crops = gridsFromRow(layout, std::vector<float>{5, 6, 7});
    ASSERT_EQ(crops.size(), 2u);
    EXPECT_TRUE(std::isnan(crops[0].values[0]));
    EXPECT_EQ(crops[0].values[1], 5);
    EXPECT_EQ(crops[1].values[0], 6);
    EXPECT_TRUE(gridsFromRow(TokenLayout(), {}).empty());
}

}  // namespace
}  // namespace armillary::attention
