#include "attention/record_attention.h"

#include "attention_test_record.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

namespace armillary::attention {
namespace {

using test::AttentionSample;

constexpr double kClose = 2e-6;

std::vector<std::int64_t> range(std::int64_t begin, std::int64_t end)
{
    std::vector<std::int64_t> out(static_cast<std::size_t>(end - begin));
    std::iota(out.begin(), out.end(), begin);
    return out;
}

// All rows of `positions` against the definition; how many cells were compared.
std::int64_t compareRows(const AttentionSample& sample, const RecordAttention& attention, const TileRequest& request)
{
    std::int64_t compared = 0;
    const auto done = forEachTile(attention, request, {}, [&](const RowTile& tile) {
        for (std::size_t i = 0; i < tile.positions.size(); ++i) {
            for (std::int64_t head = 0; head < tile.heads; ++head) {
                const std::vector<double> want = sample.row(tile.layer, request.head.value_or(head), tile.positions[i]);
                const std::span<const float> got = tile.row(head, static_cast<std::int64_t>(i));
                for (std::size_t key = 0; key < want.size(); ++key, ++compared)
                    EXPECT_NEAR(got[key], want[key], kClose)
                        << tile.layer << " " << head << " " << tile.positions[i] << " " << key;
            }
        }
    });
    EXPECT_TRUE(done) << done.error().message;
    return compared;
}

class RowsOfType : public ::testing::TestWithParam<ElementType> {};

TEST_P(RowsOfType, AreTheDefinitions)
{
    AttentionSample sample(GetParam());
    const auto attention = RecordAttention::open(sample.record());
    ASSERT_TRUE(attention) << attention.error().message;
    EXPECT_TRUE(attention->recomputes());
    EXPECT_EQ(attention->positions(), sample.positions);
    EXPECT_EQ(attention->prefill(), sample.prefill);
    const std::int64_t all = 3 * 4 * sample.positions * sample.positions;
    EXPECT_EQ(compareRows(sample, *attention, {{}, range(0, sample.positions), std::nullopt}), all);
    // Rows that are no run, one head, one layer.
    EXPECT_EQ(compareRows(sample, *attention, {{2}, {0, 3, 17, 29}, std::nullopt}), 4 * 4 * sample.positions);
    EXPECT_EQ(compareRows(sample, *attention, {{0, 1}, {4, 5, 20}, 3}), 2 * 3 * sample.positions);
}

INSTANTIATE_TEST_SUITE_P(Types, RowsOfType, ::testing::Values(ElementType::Float32, ElementType::BFloat16));

TEST(RecordAttention, VisibleKeysAreThoseOfTheMask)
{
    AttentionSample sample;
    const auto attention = RecordAttention::open(sample.record());
    ASSERT_TRUE(attention);
    for (std::int64_t layer = 0; layer < 3; ++layer) {
        for (std::int64_t query = 0; query < sample.positions; ++query) {
            const PositionBlock keys = attention->visibleKeys(layer, query);
            for (std::int64_t key = 0; key < sample.positions; ++key) {
                EXPECT_EQ(key >= keys.begin && key < keys.end, sample.sees(layer, query, key))
                    << layer << " " << query << " " << key;
                const CellState state = attention->stateOf(layer, query, key, 0.5F, 0.1);
                if (sample.sees(layer, query, key))
                    EXPECT_EQ(state, CellState::Visible);
                else
                    EXPECT_EQ(state, key > query ? CellState::Future : CellState::OutsideWindow);
            }
        }
    }
    EXPECT_EQ(attention->stateOf(1, 5, 5, 0.05F, 0.1), CellState::NearZero);
}

TEST(RecordAttention, AnswerRowsServeWithoutQueries)
{
    AttentionSample sample;
    sample.keepOnlyAnswerRows();
    const auto attention = RecordAttention::open(sample.record());
    ASSERT_TRUE(attention) << attention.error().message;
    EXPECT_FALSE(attention->recomputes());
    EXPECT_FALSE(attention->hasAllRows());
    EXPECT_EQ(attention->answerRows(), range(sample.prefill - 1, sample.positions));
    compareRows(sample, *attention, {{}, {sample.prefill - 1, sample.positions - 1}, std::nullopt});
    compareRows(sample, *attention, {{1}, {sample.prefill}, 2});
    const auto other = forEachTile(*attention, {{}, {3}, std::nullopt}, {}, [](const RowTile&) { FAIL(); });
    ASSERT_FALSE(other);
    EXPECT_EQ(other.error().code, ErrorCode::InvalidInput);
    EXPECT_NE(other.error().message.find("capture qkv"), std::string::npos);
    EXPECT_NE(other.error().message.find("position 3"), std::string::npos);
}

TEST(RecordAttention, WholeMapsServeToo)
{
    AttentionSample sample;
    sample.keepOnlyMaps([&](std::int64_t layer, std::int64_t head, std::int64_t query, std::int64_t key) {
        return sample.row(layer, head, query)[static_cast<std::size_t>(key)];
    });
    const auto attention = RecordAttention::open(sample.record());
    ASSERT_TRUE(attention) << attention.error().message;
    EXPECT_TRUE(attention->hasAllRows());
    compareRows(sample, *attention, {{}, range(0, sample.positions), std::nullopt});
}

TEST(RecordAttention, TheErrorOfRecomputingIsMeasured)
{
    AttentionSample sample;
    sample.addOutputs();
    const auto exact = RecordAttention::open(sample.record());
    ASSERT_TRUE(exact);
    const auto error = exact->recomputationError({}, {});
    ASSERT_TRUE(error && *error);
    EXPECT_LT((*error)->largestError, 1e-5);
    EXPECT_GT((*error)->largestError, 0);
    EXPECT_GT((*error)->largestOutput, 0.5);
    ASSERT_EQ((*error)->errorByLayer.size(), 3u);

    // A kernel that gave something else by 0.5 in layer 1.
    std::vector<float> wrong = sample.record().tensors["attention_output.1"].floats();
    wrong[5] += 0.5F;
    sample.record().tensors["attention_output.1"] = test::floatSnapshot({4, 32}, wrong);
    const auto off = RecordAttention::open(sample.record())->recomputationError({}, {});
    ASSERT_TRUE(off && *off);
    EXPECT_NEAR((*off)->largestError, 0.5, 1e-5);
    EXPECT_NEAR((*off)->errorByLayer[1], 0.5, 1e-5);
    EXPECT_LT((*off)->errorByLayer[2], 1e-5);
    const std::int64_t one[] = {2};
    const auto other = RecordAttention::open(sample.record())->recomputationError(one, {});
    ASSERT_TRUE(other && *other);
    EXPECT_LT((*other)->largestError, 1e-5);
    EXPECT_TRUE(std::isnan((*other)->errorByLayer[1]));

    AttentionSample bare;
    const auto none = RecordAttention::open(bare.record())->recomputationError({}, {});
    ASSERT_TRUE(none);
    EXPECT_FALSE(*none);
    bare.keepOnlyAnswerRows();
    const auto kept = RecordAttention::open(bare.record())->recomputationError({}, {});
    ASSERT_TRUE(kept && *kept);
    EXPECT_FLOAT_EQ(static_cast<float>((*kept)->largestError), 3e-7F);
    EXPECT_EQ((*kept)->largestOutput, 4);
}

TEST(RecordAttention, BadRecordsAreRefusedBySentence)
{
    const auto expectRefused = [](const RunRecord& record, const std::string& words) {
        const auto attention = RecordAttention::open(record);
        ASSERT_FALSE(attention) << words;
        EXPECT_EQ(attention.error().code, ErrorCode::InvalidInput);
        EXPECT_NE(attention.error().message.find(words), std::string::npos) << attention.error().message;
    };
    expectRefused(RunRecord(), "language model");
    AttentionSample sample;
    const RunRecord good = sample.record();
    RunRecord broken = good;
    broken.model = {};
    expectRefused(broken, "language model");
    broken = good;
    broken.layout = nullptr;
    expectRefused(broken, "language model");
    broken = good;
    broken.model.keyValueHeads = 3;
    expectRefused(broken, "contradict");
    broken = good;
    broken.model.layerIsLocal.pop_back();
    expectRefused(broken, "contradict");
    broken = good;
    broken.tensors.clear();
    expectRefused(broken, "capture qkv");
    broken = good;
    broken.tensors.erase("key.2");
    expectRefused(broken, "capture qkv");
    broken = good;
    broken.tensors["key.2"] = test::floatSnapshot({2, 3, 8}, std::vector<float>(48));
    expectRefused(broken, "key.2");
    broken = good;
    broken.tensors["query.1"].bytes = std::make_shared<const std::vector<std::uint8_t>>(12);
    expectRefused(broken, "query.1");
    broken = good;
    broken.tensors["query.1"].bytes = nullptr;
    expectRefused(broken, "query.1");
    broken = good;
    broken.tensors["query.0"].shape = {4};
    expectRefused(broken, "query.0");
    broken = good;
    broken.tensors["query.0"].type = ElementType::Int32;
    expectRefused(broken, "query.0");
    broken = good;
    broken.generated.clear();
    expectRefused(broken, "positions");
    sample.keepOnlyAnswerRows();
    broken = sample.record();
    broken.tensors["attention.rows.positions"] = test::integerSnapshot({28, 27, 29, 30});
    expectRefused(broken, "rise");
}

TEST(RecordAttention, WrongRequestsAreRefusedAndAStopIsSeen)
{
    AttentionSample sample;
    const auto attention = RecordAttention::open(sample.record());
    ASSERT_TRUE(attention);
    const auto nothing = [](const RowTile&) { FAIL(); };
    for (const TileRequest& request :
         {TileRequest{{3}, {0}, {}}, TileRequest{{-1}, {0}, {}}, TileRequest{{0}, {99}, {}}, TileRequest{{0}, {-1}, {}},
          TileRequest{{0}, {0}, 4}, TileRequest{{0}, {2, 2}, {}}, TileRequest{{0}, {5, 4}, {}}}) {
        const auto done = forEachTile(*attention, request, {}, nothing);
        ASSERT_FALSE(done);
        EXPECT_EQ(done.error().code, ErrorCode::InvalidInput);
    }
    std::stop_source source;
    int tiles = 0;
    const auto done = forEachTile(*attention, {{}, {0, 1}, std::nullopt}, source.get_token(), [&](const RowTile&) {
        ++tiles;
        source.request_stop();
    });
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code, ErrorCode::Cancelled);
    EXPECT_EQ(tiles, 1);
}

TEST(RecordAttention, PiecesAreThoseOfTheLayoutAndTheAnswer)
{
    AttentionSample sample;
    const auto attention = RecordAttention::open(sample.record());
    ASSERT_TRUE(attention);
    EXPECT_EQ(attention->piece(0), "<bos>");
    EXPECT_EQ(attention->piece(2 + 6 + 1), "world 1:0,1");
    EXPECT_EQ(attention->piece(sample.prefill), "A");
    EXPECT_EQ(attention->piece(sample.positions - 1), " cup");
    EXPECT_EQ(attention->kinds()[static_cast<std::size_t>(sample.positions - 1)], TokenKind::Generated);
}

}  // namespace
}  // namespace armillary::attention
