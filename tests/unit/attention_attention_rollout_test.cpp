#include "attention/attention_rollout.h"

#include "attention_test_record.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

namespace armillary::attention {
namespace {

using test::AttentionSample;

// Row `position` of the product of whole matrices, bottom layer last.
std::vector<double> naiveRollout(const AttentionSample& sample, std::int64_t position, double residual)
{
    const auto side = static_cast<std::size_t>(sample.positions);
    std::vector<std::vector<double>> product(side, std::vector<double>(side, 0.0));
    for (std::size_t i = 0; i < side; ++i)
        product[i][i] = 1;
    for (std::int64_t layer = 0; layer < 3; ++layer) {
        std::vector<std::vector<double>> step(side, std::vector<double>(side, 0.0));
        for (std::size_t i = 0; i < side; ++i) {
            step[i][i] = residual;
            for (std::int64_t head = 0; head < 4; ++head) {
                const std::vector<double> row = sample.row(layer, head, static_cast<std::int64_t>(i));
                for (std::size_t j = 0; j < side; ++j)
                    step[i][j] += (1 - residual) * row[j] / 4;
            }
        }
        std::vector<std::vector<double>> next(side, std::vector<double>(side, 0.0));
        for (std::size_t i = 0; i < side; ++i) {
            for (std::size_t k = 0; k < side; ++k) {
                for (std::size_t j = 0; j < side; ++j)
                    next[i][j] += step[i][k] * product[k][j];
            }
        }
        product = std::move(next);
    }
    return product[static_cast<std::size_t>(position)];
}

TEST(Rollout, RowFormIsTheRowOfTheProduct)
{
    AttentionSample sample;
    const auto attention = RecordAttention::open(sample.record());
    ASSERT_TRUE(attention);
    for (const std::int64_t position : {0, 16, 29}) {
        for (const double residual : {0.5, 0.0, 0.9}) {
            const auto got = attentionRollout(*attention, position, residual, {});
            ASSERT_TRUE(got) << got.error().message;
            const std::vector<double> want = naiveRollout(sample, position, residual);
            for (std::size_t i = 0; i < want.size(); ++i)
                EXPECT_NEAR(got->share[i], want[i], 1e-6) << position << " " << residual << " " << i;
            EXPECT_NEAR(std::accumulate(got->share.begin(), got->share.end(), 0.0), 1, 1e-6);
        }
    }
}

TEST(Rollout, KeepsWhatEachLayerLeft)
{
    AttentionSample sample;
    const auto attention = RecordAttention::open(sample.record());
    ASSERT_TRUE(attention);
    const auto got = attentionRollout(*attention, 28, 0.5, {});
    ASSERT_TRUE(got);
    const auto keys = static_cast<std::size_t>(sample.positions);
    EXPECT_TRUE(std::equal(got->share.begin(), got->share.end(), got->byLayer.begin()));
    // After the last layer alone: half stays, half goes where its heads look.
    double want = 0;
    for (std::int64_t head = 0; head < 4; ++head)
        want += sample.row(2, head, 28)[25] / 8;
    EXPECT_NEAR(got->byLayer[2 * keys + 25], want, 1e-6);
    EXPECT_EQ(got->byLayer[2 * keys + 3], 0);
}

TEST(Rollout, NeedsAllRowsAndNumbers)
{
    AttentionSample sample;
    const auto attention = RecordAttention::open(sample.record());
    std::stop_source source;
    source.request_stop();
    EXPECT_EQ(attentionRollout(*attention, 28, 0.5, source.get_token()).error().code, ErrorCode::Cancelled);
    EXPECT_FALSE(attentionRollout(*attention, 30, 0.5, {}));
    AttentionSample broken;
    broken.spoilKey(1, 4);
    const auto spoilt = attentionRollout(*RecordAttention::open(broken.record()), 28, 0.5, {});
    ASSERT_FALSE(spoilt);
    EXPECT_NE(spoilt.error().message.find("layer 1"), std::string::npos) << spoilt.error().message;
    sample.keepOnlyAnswerRows();
    const auto rows = attentionRollout(*RecordAttention::open(sample.record()), 28, 0.5, {});
    ASSERT_FALSE(rows);
    EXPECT_NE(rows.error().message.find("capture qkv"), std::string::npos);
}

}  // namespace
}  // namespace armillary::attention
