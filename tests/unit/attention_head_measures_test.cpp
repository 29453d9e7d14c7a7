#include "attention/head_measures.h"

#include "attention_test_record.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <numeric>

namespace armillary::attention {
namespace {

using test::AttentionSample;

const std::vector<std::int64_t> kQueries{0, 5, 17, 20, 28};

// [L,H] and [L,H,queries] against `want` of a row, its query and how many keys it sees.
void expectMeasure(
    const AttentionSample& sample, const RecordAttention& attention, HeadMeasure measure,
    const std::function<double(const std::vector<double>&, std::int64_t query, std::int64_t visible)>& want)
{
    const auto got = headMeasure(attention, measure, {}, kQueries, {});
    ASSERT_TRUE(got) << got.error().message;
    EXPECT_EQ(got->rowsLeftOut, 0);
    for (std::int64_t layer = 0; layer < 3; ++layer) {
        for (std::int64_t head = 0; head < 4; ++head) {
            double sum = 0;
            std::int64_t counted = 0;
            const auto cell = static_cast<std::size_t>(layer * 4 + head);
            for (std::size_t i = 0; i < kQueries.size(); ++i) {
                const double value =
                    want(sample.row(layer, head, kQueries[i]), kQueries[i], sample.visible(layer, kQueries[i]));
                const float row = got->byRow[cell * kQueries.size() + i];
                if (std::isnan(value)) {
                    EXPECT_TRUE(std::isnan(row));
                    continue;
                }
                EXPECT_NEAR(row, value, 1e-5 * std::max(1.0, std::abs(value)));
                sum += value;
                ++counted;
            }
            EXPECT_NEAR(got->mean[cell], sum / static_cast<double>(counted), 1e-4);
        }
    }
}

double bits(const std::vector<double>& row)
{
    double sum = 0;
    for (const double weight : row)
        sum -= weight > 0 ? weight * std::log2(weight) : 0;
    return sum;
}

TEST(HeadMeasures, AreTheDefinitions)
{
    AttentionSample sample;
    const auto attention = RecordAttention::open(sample.record());
    ASSERT_TRUE(attention);
    expectMeasure(sample, *attention, HeadMeasure::EntropyBits, [](const auto& row, auto, auto) { return bits(row); });
    // Position 0 sees itself alone, so it has no normalised entropy.
    expectMeasure(sample, *attention, HeadMeasure::Entropy, [](const auto& row, auto, std::int64_t visible) {
        return visible > 1 ? bits(row) / std::log2(double(visible)) : std::nan("");
    });
    expectMeasure(sample, *attention, HeadMeasure::Distance, [](const auto& row, std::int64_t query, auto) {
        double sum = 0;
        for (std::size_t key = 0; key < row.size(); ++key)
            sum += row[key] * std::abs(double(query) - double(key));
        return sum;
    });
    expectMeasure(sample, *attention, HeadMeasure::Maximum,
                  [](const auto& row, auto, auto) { return *std::max_element(row.begin(), row.end()); });
}

TEST(HeadMeasures, EvenAttentionHasEntropyOneInTheWindowToo)
{
    AttentionSample sample;
    sample.keepOnlyMaps([&](std::int64_t layer, std::int64_t, std::int64_t query, std::int64_t key) {
        return sample.sees(layer, query, key) ? 1.0 / static_cast<double>(sample.visible(layer, query)) : 0.0;
    });
    const auto got = headMeasure(*RecordAttention::open(sample.record()), HeadMeasure::Entropy, {}, kQueries, {});
    ASSERT_TRUE(got);
    for (const double entropy : got->mean)
        EXPECT_NEAR(entropy, 1, 1e-6);
}

TEST(HeadMeasures, RowsWithoutNumbersAreLeftOut)
{
    AttentionSample sample;
    sample.spoilKey(1, 4);
    const auto got = headMeasure(*RecordAttention::open(sample.record()), HeadMeasure::Maximum, {}, kQueries, {});
    ASSERT_TRUE(got);
    EXPECT_EQ(got->rowsLeftOut, 4 * 4);
    EXPECT_NEAR(got->mean[4], 1, 1e-6);  // what is left of the global layer is position 0
    EXPECT_TRUE(std::isnan(got->byRow[4 * kQueries.size() + 1]));
}

TEST(HeadMeasures, OneTokenIsEnough)
{
    RunRecord record;
    auto layout = std::make_shared<TokenLayout>();
    layout->ids = {2};
    layout->kinds = {TokenKind::Control};
    layout->origins = {{}};
    layout->pieces = {"<bos>"};
    record.layout = layout;
    record.model = {1, 1, 1, 2, 4, 10, 1, 1e-6, 4, {true}};
    record.tensors["query.0"] = test::floatSnapshot({1, 1, 2}, {1, 2});
    record.tensors["key.0"] = test::floatSnapshot({1, 1, 2}, {3, 4});
    const auto attention = RecordAttention::open(record);
    ASSERT_TRUE(attention) << attention.error().message;
    const std::vector<std::int64_t> first{0};
    const auto entropy = headMeasure(*attention, HeadMeasure::Entropy, {}, first, {});
    const auto maximum = headMeasure(*attention, HeadMeasure::Maximum, {}, first, {});
    ASSERT_TRUE(entropy && maximum);
    EXPECT_TRUE(std::isnan(entropy->mean[0]));
    EXPECT_EQ(maximum->mean[0], 1);
}

}  // namespace
}  // namespace armillary::attention
