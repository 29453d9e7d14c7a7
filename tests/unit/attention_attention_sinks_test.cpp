#include "attention/attention_sinks.h"

#include "attention_test_record.h"

#include <gtest/gtest.h>


namespace armillary::attention {
namespace {

using test::AttentionSample;

void expectMeans(const AttentionSample& sample, const ColumnMeans& got, const std::vector<std::int64_t>& positions,
                 Queries kind)
{
    for (std::size_t at = 0; at < got.layers.size(); ++at) {
        for (std::int64_t head = 0; head < 4; ++head) {
            for (std::int64_t key = 0; key < sample.positions; ++key) {
                double sum = 0;
                std::int64_t count = 0;
                for (const std::int64_t query : positions) {
                    if (!sample.sees(got.layers[at], query, key) || (kind == Queries::Later && query <= key))
                        continue;
                    sum += sample.row(got.layers[at], head, query)[static_cast<std::size_t>(key)];
                    ++count;
                }
                const auto index = static_cast<std::int64_t>(at);
                EXPECT_EQ(got.queries[static_cast<std::size_t>(index * sample.positions + key)], count);
                if (count == 0)
                    EXPECT_TRUE(std::isnan(got.mean(index, head, key)));
                else
                    EXPECT_NEAR(got.mean(index, head, key), sum / static_cast<double>(count), 1e-6);
            }
        }
    }
}

TEST(ColumnMeans, AreMeansOverTheQueriesThatSeeTheKey)
{
    AttentionSample sample;
    const auto attention = RecordAttention::open(sample.record());
    ASSERT_TRUE(attention);
    const std::vector<std::int64_t> all = sample.allPositions(), some{3, 16, 18, 27};
    for (const Queries kind : {Queries::Later, Queries::Seeing}) {
        const auto whole = columnMeans(*attention, {}, all, kind, {});
        ASSERT_TRUE(whole) << whole.error().message;
        expectMeans(sample, *whole, all, kind);
        const auto part = columnMeans(*attention, std::vector<std::int64_t>{2, 1}, some, kind, {});
        ASSERT_TRUE(part);
        EXPECT_EQ(part->layers, (std::vector<std::int64_t>{2, 1}));
        expectMeans(sample, *part, some, kind);
    }
}

// Every query gives key 0 a weight of 0.4 in head 2 of the global layer and 0.2 elsewhere, the rest to itself.
TEST(AttentionSinks, AreKeysAboveTheThreshold)
{
    AttentionSample sample;
    sample.keepOnlyMaps([&](std::int64_t layer, std::int64_t head, std::int64_t query, std::int64_t key) {
        const double sink = !sample.sees(layer, query, 0) ? 0.0 : layer == 1 && head == 2 ? 0.4 : 0.2;
        return query == 0 ? (key == 0 ? 1.0 : 0.0) : key == 0 ? sink : key == query ? 1 - sink : 0.0;
    });
    const auto attention = RecordAttention::open(sample.record());
    ASSERT_TRUE(attention);
    const auto means = columnMeans(*attention, {}, sample.allPositions(), Queries::Later, {});
    ASSERT_TRUE(means);
    const std::vector<AttentionSink> sinks = attentionSinks(*means, 0.3, 8);
    ASSERT_EQ(sinks.size(), 1u);
    EXPECT_EQ(sinks[0].layer, 1);
    EXPECT_EQ(sinks[0].head, 2);
    EXPECT_EQ(sinks[0].position, 0);
    EXPECT_NEAR(sinks[0].mean, 0.4, 1e-6);
    EXPECT_EQ(sinks[0].queries, sample.positions - 1);
    // In a window of 7 only six later queries see key 0.
    EXPECT_EQ(attentionSinks(*means, 0.1, 6).size(), 12u);
    EXPECT_EQ(attentionSinks(*means, 0.1, 7).size(), 4u);
    EXPECT_TRUE(attentionSinks(*means, 0.1, sample.positions).empty());
}

TEST(AttentionSinks, RowsWithoutNumbersDoNotSpoilAMean)
{
    AttentionSample sample;
    sample.spoilKey(1, 20);
    const auto attention = RecordAttention::open(sample.record());
    ASSERT_TRUE(attention);
    const auto means = columnMeans(*attention, {}, sample.allPositions(), Queries::Later, {});
    ASSERT_TRUE(means);
    // Rows from 20 on, and the rows of the picture's block, which holds 20.
    EXPECT_EQ(means->rowsLeftOut, 4 * (sample.positions - 15));
    double want = 0;
    for (std::int64_t query = 1; query < 15; ++query)
        want += sample.row(1, 3, query)[0] / 14;
    EXPECT_NEAR(means->mean(1, 3, 0), want, 1e-6);
    EXPECT_EQ(means->queries[static_cast<std::size_t>(sample.positions)], 14);
}

// Width 16: a lone dimension reaches a ratio of at most 4.
TEST(ActivationSinks, AreWhereTheMassiveDimensionsOfPositionZeroStandOut)
{
    RunRecord record;
    std::vector<float> plain(5 * 16, 1), massive(5 * 16, 0.01F);
    massive[3] = 50;            // position 0, dimension 3
    massive[2 * 16 + 3] = -40;  // position 2, the same
    massive[4 * 16 + 7] = 90;   // position 4, another dimension
    record.tensors["hidden.0"] = test::floatSnapshot({5, 16}, plain);
    record.tensors["hidden.1"] = test::floatSnapshot({5, 16}, massive);
    const auto got = activationSinks(record, 3, 3, {});
    ASSERT_TRUE(got) << got.error().message;
    EXPECT_EQ(got->levels, 2);
    EXPECT_TRUE(got->sinkDimensions[0].empty());
    EXPECT_EQ(got->sinkDimensions[1], std::vector<std::int64_t>{3});
    ASSERT_EQ(got->sinks.size(), 2u);
    EXPECT_EQ(got->sinks[0].position, 0);
    EXPECT_EQ(got->sinks[1].position, 2);
    const double rms = std::sqrt((40.0 * 40 + 15 * 0.0001) / 16);
    EXPECT_NEAR(got->sinks[1].strength, 40 / rms, 1e-5);
    EXPECT_LT(got->strength[5 + 4], 0.01F);
    EXPECT_EQ(got->strength[0], 0);
}

TEST(ActivationSinks, DamagedStatesAreRefused)
{
    RunRecord record;
    const auto none = activationSinks(record, 20, 20, {});
    ASSERT_FALSE(none);
    EXPECT_NE(none.error().message.find("capture hidden"), std::string::npos);
    record.tensors["hidden.0"] = test::floatSnapshot({2, 4}, std::vector<float>(8));
    ASSERT_TRUE(activationSinks(record, 20, 20, {}));  // all zero: nothing stands out
    record.tensors["hidden.1"] = test::floatSnapshot({3, 4}, std::vector<float>(12));
    EXPECT_FALSE(activationSinks(record, 20, 20, {}));
    record.tensors["hidden.0"] = test::floatSnapshot({8}, std::vector<float>(8));
    EXPECT_FALSE(activationSinks(record, 20, 20, {}));
    std::stop_source source;
    source.request_stop();
    record.tensors["hidden.0"] = test::floatSnapshot({3, 4}, std::vector<float>(12));
    EXPECT_EQ(activationSinks(record, 20, 20, source.get_token()).error().code, ErrorCode::Cancelled);
}

}  // namespace
}  // namespace armillary::attention
