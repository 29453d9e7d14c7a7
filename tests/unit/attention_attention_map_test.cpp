#include "attention/attention_map.h"

#include "attention_test_record.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

namespace armillary::attention {
namespace {

using test::AttentionSample;

// The map, cell by cell, from the definition; `head` < 0: the mean.
std::vector<std::vector<double>> wholeMap(const AttentionSample& sample, std::int64_t layer, std::int64_t head)
{
    std::vector<std::vector<double>> out;
    for (std::int64_t query = 0; query < sample.positions; ++query) {
        std::vector<double> row(static_cast<std::size_t>(sample.positions), 0.0);
        for (std::int64_t each = 0; each < 4; ++each) {
            const std::vector<double> of = sample.row(layer, each, query);
            for (std::size_t key = 0; key < row.size(); ++key)
                row[key] += head < 0 ? of[key] / 4 : each == head ? of[key] : 0;
        }
        out.push_back(std::move(row));
    }
    return out;
}

TEST(AttentionMap, WithOneBinAPositionIsTheMap)
{
    AttentionSample sample;
    const auto attention = RecordAttention::open(sample.record());
    ASSERT_TRUE(attention);
    for (const std::int64_t head : {-1, 0, 3}) {
        const auto got =
            attentionMap(*attention, {2, head < 0 ? std::nullopt : std::optional(head), 512, {}, 1e-3}, {});
        ASSERT_TRUE(got) << got.error().message;
        ASSERT_EQ(got->rows(), sample.positions);
        ASSERT_EQ(got->columns(), sample.positions);
        const auto want = wholeMap(sample, 2, head);
        for (std::int64_t query = 0; query < sample.positions; ++query) {
            for (std::int64_t key = 0; key < sample.positions; ++key) {
                const auto cell = static_cast<std::size_t>(query * sample.positions + key);
                const double weight = want[static_cast<std::size_t>(query)][static_cast<std::size_t>(key)];
                EXPECT_NEAR(got->mean[cell], weight, 2e-6);
                EXPECT_EQ(got->mean[cell], got->maximum[cell]);
                const CellState state = !sample.sees(2, query, key)
                                            ? (key > query ? CellState::Future : CellState::OutsideWindow)
                                        : weight < 1e-3 ? CellState::NearZero
                                                        : CellState::Visible;
                EXPECT_EQ(got->states[cell], state);
            }
        }
    }
}

TEST(AttentionMap, BinsHoldTheMeanAndTheMaximumOfWhatIsVisible)
{
    AttentionSample sample;
    const auto attention = RecordAttention::open(sample.record());
    ASSERT_TRUE(attention);
    for (const std::int64_t layer : {0, 1}) {
        const auto got = attentionMap(*attention, {layer, 1, 7, {}, 1e-2}, {});
        ASSERT_TRUE(got);
        ASSERT_EQ(got->rows(), 7);
        ASSERT_EQ(got->columns(), 7);
        EXPECT_EQ(got->rowEdges, (std::vector<std::int64_t>{0, 4, 8, 12, 17, 21, 25, 30}));
        const auto map = wholeMap(sample, layer, 1);
        std::int64_t seen[4] = {0, 0, 0, 0};
        for (std::int64_t row = 0; row < 7; ++row) {
            for (std::int64_t column = 0; column < 7; ++column) {
                double sum = 0, maximum = 0;
                std::int64_t visible = 0;
                bool outside = false;
                for (std::int64_t query = got->rowEdges[std::size_t(row)]; query < got->rowEdges[std::size_t(row) + 1];
                     ++query) {
                    for (std::int64_t key = got->columnEdges[std::size_t(column)];
                         key < got->columnEdges[std::size_t(column) + 1]; ++key) {
                        if (!sample.sees(layer, query, key)) {
                            outside = outside || key < query;
                            continue;
                        }
                        sum += map[std::size_t(query)][std::size_t(key)];
                        maximum = std::max(maximum, map[std::size_t(query)][std::size_t(key)]);
                        ++visible;
                    }
                }
                const auto cell = static_cast<std::size_t>(row * 7 + column);
                EXPECT_NEAR(got->mean[cell], visible > 0 ? sum / double(visible) : 0, 2e-6);
                EXPECT_NEAR(got->maximum[cell], maximum, 2e-6);
                const CellState want = visible > 0 ? (maximum >= 1e-2 ? CellState::Visible : CellState::NearZero)
                                       : outside   ? CellState::OutsideWindow
                                                   : CellState::Future;
                EXPECT_EQ(got->states[cell], want) << layer << " " << row << " " << column;
                ++seen[static_cast<int>(want)];
            }
        }
        EXPECT_GT(seen[0], 0);
        EXPECT_GT(seen[2], 0);
        EXPECT_EQ(seen[3] > 0, layer == 0);
    }
}

TEST(AttentionMap, OfARunWithoutCapturesHoldsTheAnswersRows)
{
    AttentionSample sample;
    sample.keepOnlyAnswerRows();
    const auto attention = RecordAttention::open(sample.record());
    ASSERT_TRUE(attention);
    const auto got = attentionMap(*attention, {1, 0, 512, {}, 1e-5}, {});
    ASSERT_TRUE(got);
    EXPECT_EQ(got->rows(), 4);
    EXPECT_EQ(got->queries.front(), sample.prefill - 1);
    EXPECT_NEAR(got->mean[2], sample.row(1, 0, sample.prefill - 1)[2], 2e-6);
}

TEST(AttentionMap, CorrectedColumnsHaveNoMean)
{
    AttentionSample sample;
    const auto attention = RecordAttention::open(sample.record());
    ASSERT_TRUE(attention);
    std::vector<std::int64_t> all(static_cast<std::size_t>(sample.positions));
    std::iota(all.begin(), all.end(), std::int64_t{0});
    const auto got = attentionMap(*attention, {1, std::nullopt, 512, {WeightView::Corrected, all}, 1e-5}, {});
    ASSERT_TRUE(got);
    const auto side = static_cast<std::size_t>(sample.positions);
    for (std::size_t key = 0; key < side; ++key) {
        double sum = 0;
        for (std::size_t query = 0; query < side; ++query)
            sum += got->mean[query * side + key];
        EXPECT_NEAR(sum, 0, 1e-5) << key;
    }
}

TEST(AttentionMap, WrongRequestsAStopAndRowsWithoutNumbers)
{
    AttentionSample sample;
    sample.spoilKey(1, 4);
    const auto attention = RecordAttention::open(sample.record());
    ASSERT_TRUE(attention);
    EXPECT_FALSE(attentionMap(*attention, {3, 0, 8, {}, 0}, {}));
    EXPECT_FALSE(attentionMap(*attention, {0, 9, 8, {}, 0}, {}));
    EXPECT_FALSE(attentionMap(*attention, {0, 0, 0, {}, 0}, {}));
    std::stop_source source;
    source.request_stop();
    EXPECT_EQ(attentionMap(*attention, {0, 0, 8, {}, 0}, source.get_token()).error().code, ErrorCode::Cancelled);
    const auto got = attentionMap(*attention, {1, std::nullopt, 512, {}, 1e-5}, {});
    ASSERT_TRUE(got);
    EXPECT_EQ(got->rowsLeftOut, 4 * (sample.positions - 4));
    for (const float value : got->mean)
        EXPECT_TRUE(std::isfinite(value));
}

}  // namespace
}  // namespace armillary::attention
