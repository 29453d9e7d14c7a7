#include "attention/segment_mass.h"

#include "attention_test_record.h"

#include <gtest/gtest.h>


namespace armillary::attention {
namespace {

using test::AttentionSample;

// Straight from the definition, for queries of `targets`.
struct Naive {
    double mass = 0;
    double lift = 0;
    std::int64_t seeing = 0;
};
Naive naiveMass(const AttentionSample& sample, std::int64_t layer, std::int64_t head,
                const std::vector<std::int64_t>& queries, const std::vector<std::int32_t>& segmentOf,
                std::int32_t segment)
{
    Naive out;
    for (const std::int64_t query : queries) {
        const std::vector<double> row = sample.row(layer, head, query);
        double mass = 0;
        std::int64_t seen = 0;
        for (std::int64_t key = 0; key < sample.positions; ++key) {
            if (segmentOf[static_cast<std::size_t>(key)] != segment || !sample.sees(layer, query, key))
                continue;
            mass += row[static_cast<std::size_t>(key)];
            ++seen;
        }
        out.mass += mass / static_cast<double>(queries.size());
        if (seen > 0) {
            out.lift += mass / static_cast<double>(seen) * static_cast<double>(sample.visible(layer, query));
            ++out.seeing;
        }
    }
    if (out.seeing > 0)
        out.lift /= static_cast<double>(out.seeing);
    return out;
}

TEST(SegmentMass, IsTheSumOfWeightsAndItsLift)
{
    AttentionSample sample;
    const auto attention = RecordAttention::open(sample.record());
    ASSERT_TRUE(attention);
    const Segmentation segments = segmentsByKind(*attention);
    const std::vector<std::int64_t> queries{2, 9, 16, 22, 25, 29};
    const auto got = segmentMass(*attention, segments, {}, queries, {});
    ASSERT_TRUE(got) << got.error().message;
    ASSERT_EQ(got->mass.size(), 3u * 4 * 6);
    bool hasNone = false;
    for (std::int64_t layer = 0; layer < 3; ++layer) {
        for (std::int64_t head = 0; head < 4; ++head) {
            for (std::int32_t segment = 0; segment < 6; ++segment) {
                const Naive want = naiveMass(sample, layer, head, queries, segments.segmentOf, segment);
                const std::size_t cell = got->index(layer, head, 0, segment);
                if (want.seeing == 0) {
                    hasNone = true;
                    EXPECT_TRUE(std::isnan(got->mass[cell]) && std::isnan(got->lift[cell]));
                    continue;
                }
                EXPECT_NEAR(got->mass[cell], want.mass, 1e-6);
                EXPECT_NEAR(got->lift[cell], want.lift, 1e-5);
            }
        }
    }
    EXPECT_FALSE(hasNone);
    for (std::size_t query = 0; query < queries.size(); ++query) {
        double sum = 0;
        for (std::size_t segment = 0; segment < 6; ++segment)
            sum += got->byQuery[query * 6 + segment];
        EXPECT_NEAR(sum, 1, 1e-6);
    }
    double world = 0;
    for (std::int64_t layer = 0; layer < 3; ++layer) {
        for (std::int64_t head = 0; head < 4; ++head)
            world += naiveMass(sample, layer, head, {9}, segments.segmentOf, 3).mass / 12;
    }
    EXPECT_NEAR(got->byQuery[1 * 6 + 3], world, 1e-6);
}

TEST(SegmentMass, EvenAttentionHasLiftOneWhateverTheSizes)
{
    AttentionSample sample;
    sample.keepOnlyMaps([&](std::int64_t layer, std::int64_t, std::int64_t query, std::int64_t key) {
        return sample.sees(layer, query, key) ? 1.0 / static_cast<double>(sample.visible(layer, query)) : 0.0;
    });
    const auto attention = RecordAttention::open(sample.record());
    ASSERT_TRUE(attention);
    const auto got = segmentMass(*attention, segmentsByKind(*attention), {}, sample.allPositions(), {});
    ASSERT_TRUE(got);
    for (std::size_t cell = 0; cell < got->lift.size(); ++cell)
        EXPECT_NEAR(got->lift[cell], 1, 1e-6);
}

TEST(CrossModalFlow, IsTheMeanOverHeadsAndQueriesOfEachTarget)
{
    AttentionSample sample;
    const auto attention = RecordAttention::open(sample.record());
    ASSERT_TRUE(attention);
    const Segmentation segments = fourSegments(*attention);
    EXPECT_EQ(segments.sizes(), (std::vector<std::int64_t>{7, 8, 12, 3}));
    const auto got = crossModalFlow(*attention, {}, sample.allPositions(), {});
    ASSERT_TRUE(got) << got.error().message;
    std::int64_t hidden = 0;
    for (std::int64_t layer = 0; layer < 3; ++layer) {
        for (std::int32_t target = 0; target < 4; ++target) {
            std::vector<std::int64_t> queries;
            for (std::int64_t query = 0; query < sample.positions; ++query) {
                if (segments.segmentOf[static_cast<std::size_t>(query)] == target)
                    queries.push_back(query);
            }
            for (std::int32_t source = 0; source < 4; ++source) {
                double mass = 0, lift = 0;
                std::int64_t seeing = 0;
                for (std::int64_t head = 0; head < 4; ++head) {
                    const Naive want = naiveMass(sample, layer, head, queries, segments.segmentOf, source);
                    mass += want.mass / 4;
                    lift += want.lift / 4;
                    seeing += want.seeing;
                }
                const auto cell = static_cast<std::size_t>((layer * 4 + target) * 4 + source);
                if (seeing == 0) {
                    ++hidden;
                    EXPECT_TRUE(std::isnan(got->flow[cell])) << layer << " " << target << " " << source;
                    continue;
                }
                EXPECT_NEAR(got->flow[cell], mass, 1e-6) << layer << " " << target << " " << source;
                EXPECT_NEAR(got->lift[cell], lift, 1e-5);
            }
        }
    }
    // Text, image and world do not see the answer, the world not the picture; in two layers the window hides the world from the answer.
    EXPECT_EQ(hidden, 3 * 4 + 2);
    EXPECT_TRUE(std::isnan(got->flow[2 * 4 + 1]));
}

TEST(SegmentMass, RowsWithoutNumbersAreLeftOutAndCounted)
{
    AttentionSample sample;
    sample.spoilKey(1, 4);
    const auto attention = RecordAttention::open(sample.record());
    ASSERT_TRUE(attention);
    const Segmentation segments = segmentsByKind(*attention);
    // In the global layer, rows from 4 on see the broken key; in the others nothing is wrong.
    const auto got = segmentMass(*attention, segments, {}, std::vector<std::int64_t>{2, 3, 8}, {});
    ASSERT_TRUE(got);
    EXPECT_EQ(got->rowsLeftOut, 4);
    const Naive want = naiveMass(sample, 1, 2, {2, 3}, segments.segmentOf, 3);
    EXPECT_NEAR(got->mass[got->index(1, 2, 0, 3)], want.mass, 1e-6);
    EXPECT_FALSE(std::isnan(got->byQuery[2 * 6 + 3]));
    const auto none = segmentMass(*attention, segments, std::vector<std::int64_t>{1}, std::vector<std::int64_t>{8}, {});
    ASSERT_TRUE(none);
    EXPECT_TRUE(std::isnan(none->mass[none->index(0, 0, 0, 3)]));
    EXPECT_TRUE(std::isnan(none->byQuery[3]));
}

TEST(SegmentMass, AStopAndMissingRowsAreErrors)
{
    AttentionSample sample;
    const auto attention = RecordAttention::open(sample.record());
    ASSERT_TRUE(attention);
    std::stop_source source;
    source.request_stop();
    const auto stopped = crossModalFlow(*attention, {}, sample.allPositions(), source.get_token());
    ASSERT_FALSE(stopped);
    EXPECT_EQ(stopped.error().code, ErrorCode::Cancelled);
    sample.keepOnlyAnswerRows();
    const auto rows = RecordAttention::open(sample.record());
    const auto missing = crossModalFlow(*rows, {}, sample.allPositions(), {});
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().code, ErrorCode::InvalidInput);
}

TEST(Positions, AreChosenByWords)
{
    AttentionSample sample;
    const auto attention = RecordAttention::open(sample.record());
    ASSERT_TRUE(attention);
    const auto chosen = [&](const std::string& text, std::int64_t every = 1) {
        const auto got = positionsFromText(*attention, text, every);
        EXPECT_TRUE(got) << text;
        return got ? *got : std::vector<std::int64_t>();
    };
    using List = std::vector<std::int64_t>;
    EXPECT_EQ(chosen("last"), List{sample.prefill - 1});
    EXPECT_EQ(chosen("answer"), (List{26, 27, 28, 29}));
    EXPECT_EQ(chosen("generated"), (List{27, 28, 29}));
    EXPECT_EQ(chosen("control"), List{0});
    EXPECT_EQ(chosen("bracket"), (List{1, 14}));
    EXPECT_EQ(chosen("image").size(), 8u);
    EXPECT_EQ(chosen("7"), List{7});
    EXPECT_EQ(chosen("7:10"), (List{7, 8, 9}));
    EXPECT_EQ(chosen("all", 10), (List{0, 10, 20}));
    EXPECT_EQ(chosen("available").size(), 30u);
    for (const char* text : {"", "worl", "30", "-1", "5:2", "0:31", "1:x", ":", "99999999999999999999", "1.5"}) {
        const auto got = positionsFromText(*attention, text, 1);
        ASSERT_FALSE(got) << text;
        EXPECT_EQ(got.error().code, ErrorCode::InvalidInput);
    }
    EXPECT_EQ(*positionFromText(*attention, "answer:1"), sample.prefill);
    EXPECT_EQ(*positionFromText(*attention, "last"), sample.prefill - 1);
    EXPECT_EQ(*positionFromText(*attention, "3"), 3);
    for (const char* text : {"answer:9", "answer:-1", "answer:x", "first", "30"})
        EXPECT_FALSE(positionFromText(*attention, text)) << text;
}

}  // namespace
}  // namespace armillary::attention
