#include "language/kv_cache.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

namespace armillary::language {
namespace {

constexpr std::int64_t kHeads = 2;
constexpr std::int64_t kWidth = 4;

TEST(KvCache, KeepsWhatWasAppendedThroughGrowth)
{
    KvCache cache(2);
    std::vector<at::Tensor> keys[2];
    std::vector<at::Tensor> values[2];
    for (const std::int64_t count : {3, 1, 1, 200, 1}) {
        for (std::int64_t layer = 0; layer < 2; ++layer) {
            keys[layer].push_back(at::randn({kHeads, count, kWidth}));
            values[layer].push_back(at::randn({kHeads, count, kWidth}));
            cache.append(layer, keys[layer].back(), values[layer].back());
        }
        cache.advance(count);
    }
    ASSERT_EQ(cache.length(), 206);
    for (std::int64_t layer = 0; layer < 2; ++layer) {
        EXPECT_TRUE(at::equal(cache.keys(layer, 206), at::cat(keys[layer], 1)));
        EXPECT_TRUE(at::equal(cache.values(layer, 206), at::cat(values[layer], 1)));
    }
    EXPECT_GE(cache.bytes(), 2 * 2 * kHeads * 206 * kWidth * 4);
    EXPECT_LE(cache.bytes(), 2 * 2 * kHeads * (206 + 206 / 8 + 64) * kWidth * 4);
}

TEST(KvCache, UncountedPositionsAreWrittenOver)
{
    KvCache cache(1);
    const at::Tensor first = at::randn({kHeads, 2, kWidth});
    cache.append(0, first, first);
    cache.advance(2);
    const at::Tensor stopped = at::randn({kHeads, 90, kWidth});
    cache.append(0, stopped, stopped);  // and no advance
    EXPECT_EQ(cache.length(), 2);
    const at::Tensor second = at::randn({kHeads, 1, kWidth});
    cache.append(0, second, second);
    cache.advance(1);
    EXPECT_TRUE(at::equal(cache.keys(0, 3), at::cat({first, second}, 1)));
}

TEST(KvCache, TruncateForgetsTheEndOnly)
{
    KvCache cache(1);
    const at::Tensor rows = at::randn({kHeads, 5, kWidth});
    cache.append(0, rows, rows);
    cache.advance(5);
    cache.truncate(9);
    EXPECT_EQ(cache.length(), 5);
    cache.truncate(2);
    EXPECT_EQ(cache.length(), 2);
    EXPECT_TRUE(at::equal(cache.values(0, 2), rows.narrow(1, 0, 2)));
    cache.truncate(-1);
    EXPECT_EQ(cache.length(), 0);
}

}  // namespace
}  // namespace armillary::language
