#include "io/frame_cache.h"

#include <gtest/gtest.h>

namespace armillary::io {
namespace {

Image pixel(std::uint8_t level, int count = 1)
{
    return Image(1, count, std::vector<std::uint8_t>(static_cast<std::size_t>(count) * 3, level));
}

TEST(FrameCache, DropsTheFrameAskedForLongestAgo)
{
    FrameCache cache(9);  // three frames of one pixel
    for (int i = 0; i < 3; ++i)
        cache.insert(i, pixel(static_cast<std::uint8_t>(i)));
    EXPECT_FALSE(cache.hasRoomFor(1));
    ASSERT_TRUE(cache.find(0).has_value());
    cache.insert(3, pixel(3));
    EXPECT_FALSE(cache.find(1).has_value());
    for (const int kept : {0, 2, 3}) {
        ASSERT_TRUE(cache.find(kept).has_value()) << kept;
        EXPECT_EQ(cache.find(kept)->rgb()[0], kept);
    }
    EXPECT_EQ(cache.heldBytes(), 9U);
}

TEST(FrameCache, DropsSeveralForALargeOneAndKeepsNoneAboveTheBudget)
{
    FrameCache cache(9);
    for (int i = 0; i < 3; ++i)
        cache.insert(i, pixel(1));
    cache.insert(3, pixel(2, 2));
    EXPECT_FALSE(cache.find(0).has_value());
    EXPECT_FALSE(cache.find(1).has_value());
    EXPECT_TRUE(cache.find(2).has_value());
    EXPECT_TRUE(cache.find(3).has_value());
    cache.insert(4, pixel(1, 4));
    EXPECT_FALSE(cache.find(4).has_value());
    EXPECT_TRUE(cache.find(3).has_value());
}

TEST(FrameCache, KeepsTheFirstOfOneIndex)
{
    FrameCache cache(9);
    cache.insert(5, pixel(1));
    cache.insert(5, pixel(2));
    EXPECT_EQ(cache.find(5)->rgb()[0], 1);
    EXPECT_EQ(cache.heldBytes(), 3U);
}

}  // namespace
}  // namespace armillary::io
