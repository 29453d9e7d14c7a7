#include "nn/cpu_kernels.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace armillary::nn::cpu {
namespace {

const std::uint16_t* bits(const at::Tensor& tensor)
{
    return reinterpret_cast<const std::uint16_t*>(tensor.const_data_ptr<at::BFloat16>());
}

// Every test of this fixture runs with each instruction set that the machine has.
class CpuKernelSets : public ::testing::TestWithParam<InstructionSet> {
protected:
    void SetUp() override
    {
        limitInstructionSet(GetParam());
        if (instructionSet() != GetParam())
            GTEST_SKIP() << "this machine does not have it";
    }
    ~CpuKernelSets() override { limitInstructionSet(InstructionSet::Avx512); }
};

INSTANTIATE_TEST_SUITE_P(InstructionSets, CpuKernelSets,
                         ::testing::Values(InstructionSet::Baseline, InstructionSet::Avx2, InstructionSet::Avx512));

TEST_P(CpuKernelSets, WidensEveryBfloat16Exactly)
{
    const at::Tensor patterns = at::arange(0, 65536, at::kInt).to(at::kShort);
    const at::Tensor wide = at::empty({65536}, at::kFloat);
    floatFromBfloat16(reinterpret_cast<const std::uint16_t*>(patterns.const_data_ptr<std::int16_t>()),
                      wide.mutable_data_ptr<float>(), 65536);
    const at::Tensor want = patterns.view(at::kBFloat16).to(at::kFloat);
    EXPECT_TRUE(at::equal(wide.view(at::kInt), want.view(at::kInt)));
}

TEST_P(CpuKernelSets, WideningTakesAnyLength)
{
    for (const std::int64_t count : {0, 1, 15, 16, 17, 63}) {
        const at::Tensor in = at::randn({count}).to(at::kBFloat16);
        const at::Tensor out = at::full({count + 1}, -7.F);
        floatFromBfloat16(bits(in), out.mutable_data_ptr<float>(), count);
        EXPECT_TRUE(at::equal(out.narrow(0, 0, count), in.to(at::kFloat))) << count;
        EXPECT_EQ(out[count].item<float>(), -7.F) << count;
    }
}

at::Tensor permuted(const at::Tensor& x)
{
    const std::int64_t width = x.size(1), padded = paddedForDot(width);
    const at::Tensor out = at::full({x.size(0), padded}, std::nanf(""));
    for (std::int64_t m = 0; m < x.size(0); ++m)
        permuteForDot(x.const_data_ptr<float>() + m * width, out.mutable_data_ptr<float>() + m * padded, width);
    return out;
}

TEST_P(CpuKernelSets, DotsOfOddSizes)
{
    at::manual_seed(1);
    for (const std::int64_t rows : {1, 3, 4, 5, 9}) {
        for (const std::int64_t width : {1, 31, 32, 33, 64, 100}) {
            for (const std::int64_t xRows : {1, 2, 3, 4, 5, 7, 8}) {
                const at::Tensor weight = at::randn({rows, width}).to(at::kBFloat16);
                const at::Tensor x = at::randn({xRows, width});
                const at::Tensor ordered = permuted(x);
                const at::Tensor out = at::full({xRows, rows + 2}, -7.F);
                dotBfloat16Rows({bits(weight), rows, width, ordered.const_data_ptr<float>(), xRows, ordered.size(1),
                                 width, out.mutable_data_ptr<float>(), rows + 2, false});
                const at::Tensor want = at::matmul(x.to(at::kDouble), weight.to(at::kDouble).t());
                EXPECT_TRUE(at::allclose(out.narrow(1, 0, rows).to(at::kDouble), want, 1e-5, 1e-5))
                    << rows << " x " << width << ", " << xRows;
                EXPECT_TRUE(out.narrow(1, rows, 2).eq(-7.F).all().item<bool>()) << "wrote past a row";
            }
        }
    }
}

TEST_P(CpuKernelSets, DotsInPartsAddUp)
{
    at::manual_seed(4);
    const std::int64_t rows = 6, xRows = 5, width = 101;
    const at::Tensor weight = at::randn({rows, width}).to(at::kBFloat16);
    const at::Tensor x = at::randn({xRows, width});
    const at::Tensor ordered = permuted(x);
    const at::Tensor out = at::full({xRows, rows}, -7.F);
    for (std::int64_t part = 0; part < width; part += 64)
        dotBfloat16Rows({bits(weight) + part, rows, width, ordered.const_data_ptr<float>() + part, xRows,
                         ordered.size(1), std::min<std::int64_t>(64, width - part), out.mutable_data_ptr<float>(), rows,
                         part > 0});
    EXPECT_TRUE(at::allclose(out, at::matmul(x, weight.to(at::kFloat).t()), 1e-5, 1e-5));
}

TEST_P(CpuKernelSets, NormAndTurn)
{
    at::manual_seed(2);
    for (const std::int64_t width : {2, 16, 34, 256}) {
        const at::Tensor x = at::randn({5, width});
        const at::Tensor factor = at::rand({width}) + 0.5;
        const at::Tensor angle = at::rand({width / 2}) * 6;
        const at::Tensor cosine = angle.cos();
        const at::Tensor sine = angle.sin();
        const at::Tensor normed = x * at::rsqrt(x.square().mean(-1, true) + 1e-6) * factor;
        const at::Tensor out = at::empty_like(x);
        rmsNormRows(x.const_data_ptr<float>(), factor.const_data_ptr<float>(), out.mutable_data_ptr<float>(), 5, width,
                    1e-6F);
        EXPECT_TRUE(at::allclose(out, normed, 1e-5, 1e-6)) << width;

        const at::Tensor turned = x.clone();
        rmsNormTurnRows(turned.mutable_data_ptr<float>(), factor.const_data_ptr<float>(), 5, width, 1e-6F,
                        cosine.const_data_ptr<float>(), sine.const_data_ptr<float>());
        const at::Tensor a = normed.narrow(1, 0, width / 2);
        const at::Tensor b = normed.narrow(1, width / 2, width / 2);
        EXPECT_TRUE(at::allclose(turned, at::cat({a * cosine - b * sine, b * cosine + a * sine}, 1), 1e-5, 1e-6))
            << width;
    }
}

}  // namespace
}  // namespace armillary::nn::cpu
