#include "attention/value_weighted.h"

#include "attention_test_record.h"

#include <gtest/gtest.h>

#include <random>

namespace armillary::attention {
namespace {

using test::AttentionSample;

constexpr std::int64_t kInner = AttentionSample::kHeads * AttentionSample::kWidth;

std::vector<float> randomNumbers(std::size_t count, unsigned seed)
{
    std::mt19937 engine(seed);
    std::normal_distribution<float> normal;
    std::vector<float> out(count);
    for (float& value : out)
        value = normal(engine);
    return out;
}

// What head `head` writes at `key` for the query: [D].
std::vector<double> written(const AttentionSample& sample, std::int64_t layer, std::int64_t head, std::int64_t query,
                            std::int64_t key, const std::vector<float>& projection)
{
    const double weight = sample.row(layer, head, query)[static_cast<std::size_t>(key)];
    std::vector<double> out(AttentionSample::kHidden, 0.0);
    for (std::size_t d = 0; d < out.size(); ++d) {
        for (std::int64_t i = 0; i < AttentionSample::kWidth; ++i)
            out[d] += weight * double(sample.value(layer, head / 2, key, i)) *
                      double(projection[d * kInner + static_cast<std::size_t>(head * AttentionSample::kWidth + i)]);
    }
    return out;
}

double norm(const std::vector<double>& of)
{
    double squares = 0;
    for (const double value : of)
        squares += value * value;
    return std::sqrt(squares);
}

TEST(ValueWeighted, NormsAreOfWhatEachKeyWrites)
{
    AttentionSample sample;
    const auto attention = RecordAttention::open(sample.record());
    ASSERT_TRUE(attention);
    const std::vector<float> projection = randomNumbers(AttentionSample::kHidden * kInner, 3);
    const std::vector<float> factor = randomNumbers(AttentionSample::kHidden, 4);
    for (const bool isNormed : {false, true}) {
        const auto got = valueWeightedRow(*attention, 1, 20, projection,
                                          isNormed ? std::span<const float>(factor) : std::span<const float>());
        ASSERT_TRUE(got) << got.error().message;
        std::vector<std::vector<double>> parts;
        std::vector<double> whole(AttentionSample::kHidden, 0.0);
        for (std::int64_t key = 0; key < sample.positions; ++key) {
            std::vector<double> sum(AttentionSample::kHidden, 0.0);
            for (std::int64_t head = 0; head < 4; ++head) {
                const std::vector<double> part = written(sample, 1, head, 20, key, projection);
                for (std::size_t d = 0; d < sum.size(); ++d)
                    sum[d] += part[d];
            }
            for (std::size_t d = 0; d < sum.size(); ++d)
                whole[d] += sum[d];
            parts.push_back(std::move(sum));
        }
        const double scale = isNormed ? 1 / std::sqrt(norm(whole) * norm(whole) / AttentionSample::kHidden + 1e-6) : 1;
        EXPECT_NEAR(got->frozenScale, scale, 1e-5 * scale);
        const auto scaled = [&](std::vector<double> of) {
            for (std::size_t d = 0; d < of.size(); ++d)
                of[d] *= scale * (isNormed ? double(factor[d]) : 1);
            return of;
        };
        for (std::int64_t key = 0; key < sample.positions; ++key) {
            EXPECT_NEAR(got->norms[static_cast<std::size_t>(key)], norm(scaled(parts[static_cast<std::size_t>(key)])),
                        1e-5)
                << key;
            for (std::int64_t head = 0; head < 4; ++head)
                EXPECT_NEAR(got->headNorms[static_cast<std::size_t>(head * sample.positions + key)],
                            norm(scaled(written(sample, 1, head, 20, key, projection))), 1e-5);
        }
        const std::vector<double> output = scaled(whole);
        for (std::size_t d = 0; d < output.size(); ++d)
            EXPECT_NEAR(got->output[d], output[d], 1e-5);
    }
}

TEST(ValueWeighted, NeedsValuesAndAMatrixThatFits)
{
    AttentionSample sample;
    const std::vector<float> projection = randomNumbers(AttentionSample::kHidden * kInner, 3);
    const auto attention = RecordAttention::open(sample.record());
    EXPECT_FALSE(valueWeightedRow(*attention, 1, 20, std::span(projection).first(10), {}));
    EXPECT_FALSE(valueWeightedRow(*attention, 1, 20, projection, std::span(projection).first(3)));
    EXPECT_FALSE(valueWeightedRow(*attention, 3, 20, projection, {}));
    EXPECT_FALSE(valueWeightedRow(*attention, 1, 40, projection, {}));
    sample.record().tensors.erase("value.1");
    const auto missing = valueWeightedRow(*RecordAttention::open(sample.record()), 1, 20, projection, {});
    ASSERT_FALSE(missing);
    EXPECT_NE(missing.error().message.find("value.1"), std::string::npos);
}

}  // namespace
}  // namespace armillary::attention
