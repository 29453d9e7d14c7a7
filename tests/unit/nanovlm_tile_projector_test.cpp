#include "nanovlm/tile_projector.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

namespace armillary::nanovlm {
namespace {

TEST(TileProjector, ShuffleOrdersBlocksAndTheirPatches)
{
    // Patch (row, column) of a 4 x 4 grid holds 10 * row + column in both of its channels, the second one negative.
    at::Tensor patches = at::empty({1, 16, 2});
    for (std::int64_t row = 0; row < 4; ++row)
        for (std::int64_t column = 0; column < 4; ++column) {
            patches[0][row * 4 + column][0] = static_cast<double>(10 * row + column);
            patches[0][row * 4 + column][1] = -static_cast<double>(10 * row + column);
        }
    const at::Tensor shuffled = pixelShuffle(patches, 2);
    ASSERT_EQ(shuffled.sizes(), c10::IntArrayRef({1, 4, 8}));
    EXPECT_TRUE(at::equal(shuffled[0][0], at::tensor({0., -0., 1., -1., 10., -10., 11., -11.}, at::kFloat)));
    EXPECT_TRUE(at::equal(shuffled[0][1], at::tensor({2., -2., 3., -3., 12., -12., 13., -13.}, at::kFloat)));
    EXPECT_TRUE(at::equal(shuffled[0][2], at::tensor({20., -20., 21., -21., 30., -30., 31., -31.}, at::kFloat)));
    EXPECT_THROW(static_cast<void>(pixelShuffle(patches, 3)), c10::Error);
}

}  // namespace
}  // namespace armillary::nanovlm
