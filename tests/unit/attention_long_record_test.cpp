// 4,200 positions, two layers of them: what must not depend on the length of a sequence.
#include "attention/attention_map.h"
#include "attention/attention_row.h"
#include "attention/segment_mass.h"
#include "support/long_record.h"

#include <gtest/gtest.h>

#include <cmath>

namespace armillary::attention {
namespace {

class LongRecord : public ::testing::Test {
protected:
    static void SetUpTestSuite()
    {
        test::LongSizes sizes;
        sizes.layers = 2;
        s_record = new RunRecord(test::longRecord(sizes));
        s_record->model.layerIsLocal = {true, false};
    }
    static void TearDownTestSuite()
    {
        delete s_record;
        s_record = nullptr;
    }

    // [P] straight from the definition, in double.
    static std::vector<double> row(const RecordAttention& attention, std::int64_t layer, std::int64_t head,
                                   std::int64_t query)
    {
        const auto tensor = [&](const char* name) {
            return tensors::tensorFromSnapshot(s_record->tensors.at(name + std::to_string(layer))).to(at::kDouble);
        };
        const at::Tensor scores = at::matmul(tensor("key.")[head / 2], tensor("query.")[head][query]) * 0.0625;
        const PositionBlock block = s_record->bidirectionalBlocks.front();
        std::vector<double> out(static_cast<std::size_t>(attention.positions()), 0.0);
        double sum = 0;
        for (std::int64_t key = 0; key < attention.positions(); ++key) {
            const bool sameBlock = query >= block.begin && query < block.end && key >= block.begin && key < block.end;
            if ((key > query && !sameBlock) || (layer == 0 && key <= query - 1024))
                continue;
            out[static_cast<std::size_t>(key)] = std::exp(scores[key].item<double>());
            sum += out[static_cast<std::size_t>(key)];
        }
        for (double& weight : out)
            weight /= sum;
        return out;
    }

    static RunRecord* s_record;
};

RunRecord* LongRecord::s_record = nullptr;

TEST_F(LongRecord, RowsAreTheDefinitions)
{
    const auto attention = RecordAttention::open(*s_record);
    ASSERT_TRUE(attention) << attention.error().message;
    ASSERT_GE(attention->positions(), 4200);
    for (const std::int64_t position : {std::int64_t{100}, std::int64_t{4000}, attention->positions() - 1}) {
        const auto got = attentionRow(*attention, {position, {}, 5, {}, 1e-5}, {});
        ASSERT_TRUE(got);
        for (std::int64_t layer = 0; layer < 2; ++layer) {
            const std::vector<double> want = row(*attention, layer, 5, position);
            for (std::size_t key = 0; key < want.size(); ++key)
                ASSERT_NEAR(got->weights[static_cast<std::size_t>(layer) * want.size() + key], want[key], 1e-6)
                    << position << " " << key;
        }
    }
}

TEST_F(LongRecord, AMapStaysSmall)
{
    const auto attention = RecordAttention::open(*s_record);
    const auto map = attentionMap(*attention, {0, 3, 256, {}, 1e-5}, {});
    ASSERT_TRUE(map);
    EXPECT_EQ(map->mean.size(), 256u * 256);
    EXPECT_EQ(map->states.front(), CellState::Visible);
    EXPECT_EQ(map->states[255], CellState::Future);
    EXPECT_EQ(map->states[200 * 256], CellState::OutsideWindow);
    // Every row sums to 1: so do the bins of a line, times their sizes, over its rows.
    const std::int64_t line = 128;
    double sum = 0;
    for (std::int64_t query = map->rowEdges[line]; query < map->rowEdges[line + 1]; ++query) {
        const std::vector<double> want = row(*attention, 0, 3, query);
        for (std::int64_t key = map->columnEdges[120]; key < map->columnEdges[121]; ++key)
            sum += want[static_cast<std::size_t>(key)];
    }
    const double cells =
        double(map->rowEdges[line + 1] - map->rowEdges[line]) * double(map->columnEdges[121] - map->columnEdges[120]);
    EXPECT_NEAR(map->mean[line * 256 + 120], sum / cells, 1e-7);
}

TEST_F(LongRecord, FlowOverEveryFortiethQuery)
{
    const auto attention = RecordAttention::open(*s_record);
    const auto positions = positionsFromText(*attention, "all", 40);
    ASSERT_TRUE(positions);
    const auto flow = crossModalFlow(*attention, {}, *positions, {});
    ASSERT_TRUE(flow);
    // Random attention spreads evenly: lift is near 1 wherever something is seen.
    EXPECT_NEAR(flow->lift[(1 * 4 + 2) * 4 + 2], 1, 0.05);
    for (std::size_t target = 0; target < 4; ++target) {
        double sum = 0;
        for (std::size_t source = 0; source < 4; ++source)
            sum += std::isnan(flow->flow[16 + target * 4 + source]) ? 0 : flow->flow[16 + target * 4 + source];
        EXPECT_NEAR(sum, 1, 1e-5);
    }
}

}  // namespace
}  // namespace armillary::attention
