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

TEST(CpuKernels, WidensEveryBfloat16Exactly)
{
    const at::Tensor patterns = at::arange(0, 65536, at::kInt).to(at::kShort);
    const at::Tensor wide = at::empty({65536}, at::kFloat);
    floatFromBfloat16(reinterpret_cast<const std::uint16_t*>(patterns.const_data_ptr<std::int16_t>()),
                      wide.mutable_data_ptr<float>(), 65536);
    const at::Tensor want = patterns.view(at::kBFloat16).to(at::kFloat);
    EXPECT_TRUE(at::equal(wide.view(at::kInt), want.view(at::kInt)));
}

TEST(CpuKernels, WideningTakesAnyLength)
{
    for (const std::int64_t count : {0, 1, 15, 16, 17, 63}) {
        const at::Tensor in = at::randn({count}).to(at::kBFloat16);
        const at::Tensor out = at::full({count + 1}, -7.F);
        floatFromBfloat16(bits(in), out.mutable_data_ptr<float>(), count);
        EXPECT_TRUE(at::equal(out.narrow(0, 0, count), in.to(at::kFloat))) << count;
        EXPECT_EQ(out[count].item<float>(), -7.F) << count;
    }
}

TEST(CpuKernels, DotsOfOddSizes)
{
    at::manual_seed(1);
    for (const std::int64_t rows : {1, 3, 4, 5, 9}) {
        for (const std::int64_t width : {1, 31, 32, 33, 64, 100}) {
            for (const std::int64_t xRows : {1, 2, 3, 4, 5, 7, 8}) {
                const at::Tensor weight = at::randn({rows, width}).to(at::kBFloat16);
                const at::Tensor x = at::randn({xRows, width});
                const at::Tensor permuted = at::empty_like(x);
                for (std::int64_t m = 0; m < xRows; ++m)
                    permuteForDot(x.const_data_ptr<float>() + m * width, permuted.mutable_data_ptr<float>() + m * width, width);
                const at::Tensor out = at::full({xRows, rows + 2}, -7.F);
                dotBfloat16Rows(bits(weight), rows, width, permuted.const_data_ptr<float>(), xRows, out.mutable_data_ptr<float>(),
                                rows + 2);
                const at::Tensor want = at::matmul(x.to(at::kDouble), weight.to(at::kDouble).t());
                EXPECT_TRUE(at::allclose(out.narrow(1, 0, rows).to(at::kDouble), want, 1e-5, 1e-5))
                    << rows << " x " << width << ", " << xRows;
                EXPECT_TRUE(out.narrow(1, rows, 2).eq(-7.F).all().item<bool>()) << "wrote past a row";
            }
        }
    }
}

TEST(CpuKernels, NormAndTurn)
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
        rmsNormRows(x.const_data_ptr<float>(), factor.const_data_ptr<float>(), out.mutable_data_ptr<float>(), 5, width, 1e-6F);
        EXPECT_TRUE(at::allclose(out, normed, 1e-5, 1e-6)) << width;

        const at::Tensor turned = x.clone();
        rmsNormTurnRows(turned.mutable_data_ptr<float>(), factor.const_data_ptr<float>(), 5, width, 1e-6F,
                        cosine.const_data_ptr<float>(), sine.const_data_ptr<float>());
        const at::Tensor a = normed.narrow(1, 0, width / 2);
        const at::Tensor b = normed.narrow(1, width / 2, width / 2);
        EXPECT_TRUE(at::allclose(turned, at::cat({a * cosine - b * sine, b * cosine + a * sine}, 1), 1e-5, 1e-6)) << width;
    }
}

}  // namespace
}  // namespace armillary::nn::cpu
