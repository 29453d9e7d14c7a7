#include "records/tensor_snapshot.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

namespace armillary {
namespace {

template <class T>
TensorSnapshot snapshotOf(ElementType type, const std::vector<T>& values)
{
    auto bytes = std::make_shared<std::vector<std::uint8_t>>(values.size() * sizeof(T));
    std::memcpy(bytes->data(), values.data(), bytes->size());
    return {type, {static_cast<std::int64_t>(values.size())}, std::move(bytes)};
}

TEST(TensorSnapshot, ReadsEveryFloatFormat)
{
    EXPECT_EQ(snapshotOf<float>(ElementType::Float32, {1.5F, -2.F}).floats(), (std::vector<float>{1.5F, -2.F}));
    EXPECT_EQ(snapshotOf<double>(ElementType::Float64, {0.25}).floatAt(0), 0.25F);
    // bfloat16: the upper half of a float32; 0x3FC0 = 1.5, 0xC000 = -2.
    EXPECT_EQ(snapshotOf<std::uint16_t>(ElementType::BFloat16, {0x3FC0, 0xC000}).floats(),
              (std::vector<float>{1.5F, -2.F}));
    // float16: 0x3E00 = 1.5, 0x0001 = 2^-24, 0xFC00 = -infinity, 0x7E00 = not a number.
    const auto halves = snapshotOf<std::uint16_t>(ElementType::Float16, {0x3E00, 0x0001, 0xFC00, 0x7E00}).floats();
    EXPECT_EQ(halves[0], 1.5F);
    EXPECT_EQ(halves[1], std::ldexp(1.F, -24));
    EXPECT_TRUE(std::isinf(halves[2]) && halves[2] < 0);
    EXPECT_TRUE(std::isnan(halves[3]));
}

TEST(TensorSnapshot, ReadsIntegers)
{
    EXPECT_EQ(snapshotOf<std::int64_t>(ElementType::Int64, {-7}).floatAt(0), -7.F);
    EXPECT_EQ(snapshotOf<std::uint8_t>(ElementType::UInt8, {200}).floatAt(0), 200.F);
    EXPECT_EQ(snapshotOf<std::int32_t>(ElementType::Int32, {1, -1}).floatAt(1), -1.F);
}

TEST(TensorSnapshot, AnEmptyTensorHasNoFloats)
{
    TensorSnapshot empty;
    empty.shape = {0, 3};
    EXPECT_TRUE(empty.floats().empty());
}

}  // namespace
}  // namespace armillary
