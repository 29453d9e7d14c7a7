#include "tensors/shape.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace armillary::tensors {
namespace {

TEST(Shape, AcceptsWhatFits)
{
    EXPECT_NO_THROW(checkShape(at::zeros({2, 3}), "x", {2, 3}));
    EXPECT_NO_THROW(checkShape(at::zeros({2, 3}), "x", {-1, 3}));
    EXPECT_NO_THROW(checkShape(at::scalar_tensor(1), "x", {}));
}

TEST(Shape, NamesWhatDoesNot)
{
    const std::initializer_list<std::int64_t> wrong[] = {{2, 4}, {2}, {2, 3, 1}, {}};
    for (const auto& sizes : wrong)
        EXPECT_THROW(checkShape(at::zeros({2, 3}), "x", sizes), c10::Error);
    try {
        checkShape(at::zeros({2, 3}), "pixels", {2, 4});
    } catch (const c10::Error& error) {
        EXPECT_THAT(error.what_without_backtrace(), ::testing::HasSubstr("pixels has shape [2, 3], expected [2, 4]"));
    }
}

}  // namespace
}  // namespace armillary::tensors
