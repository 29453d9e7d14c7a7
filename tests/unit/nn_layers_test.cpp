#include "nn/layers.h"

#include "support/golden_case.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>

namespace armillary::nn {
namespace {

using test::matches;

TEST(RmsNorm, BothKindsOfFactor)
{
    at::manual_seed(1);
    const at::Tensor x = at::randn({4, 50, 20}) * 3;
    const at::Tensor weight = at::randn({20});
    const at::Tensor normed = x.to(at::kDouble) / (x.to(at::kDouble).square().mean(-1, true) + 1e-6).sqrt();
    const auto check = [&](const RmsNorm& norm, const at::Tensor& factor) {
        EXPECT_TRUE(matches(normed * factor, norm.forward(x).to(at::kDouble), {1e-5, 1e-6, false}));
    };
    check(RmsNorm(weight, 1e-6, RmsNorm::Factor::Weight), weight);
    check(RmsNorm(weight, 1e-6, RmsNorm::Factor::OnePlusWeight), weight + 1);
    check(RmsNorm(at::Tensor(), 1e-6, RmsNorm::Factor::Weight), at::ones({20}));
}

TEST(RmsNorm, RowsThatAreNotSideBySideAndOtherTypes)
{
    const at::Tensor x = at::randn({20, 7}).t();  // [7,20]
    const RmsNorm norm(at::randn({20}), 1e-6, RmsNorm::Factor::OnePlusWeight);
    EXPECT_TRUE(matches(norm.forward(x.contiguous()), norm.forward(x), {0, 0, true}));
    const at::Tensor rounded = x.contiguous().to(at::kBFloat16);
    const at::Tensor got = norm.forward(rounded);
    EXPECT_EQ(got.scalar_type(), at::kBFloat16);
    EXPECT_TRUE(matches(norm.forward(rounded.to(at::kFloat)), got.to(at::kFloat), {0.005, 1e-6, false}));
}

TEST(LayerNorm, MeanAndVariance)
{
    const at::Tensor x = at::randn({6, 30}) * 2 + 5;
    const at::Tensor weight = at::randn({30});
    const at::Tensor bias = at::randn({30});
    const at::Tensor centred = x - x.mean(-1, true);
    const at::Tensor normed = centred / (centred.square().mean(-1, true) + 1e-6).sqrt();
    EXPECT_TRUE(matches(normed * weight + bias, LayerNorm(weight, bias, 30, 1e-6).forward(x), {1e-4, 1e-5, false}));
    EXPECT_TRUE(matches(normed, LayerNorm({}, {}, 30, 1e-6).forward(x), {1e-4, 1e-5, false}));
}

TEST(Gelu, IsTheTanhForm)
{
    at::Tensor x = at::linspace(-4, 4, 41);
    const at::Tensor inner = std::sqrt(2 / M_PI) * (x + 0.044715 * x.pow(3));
    const at::Tensor want = 0.5 * x * (1 + inner.tanh());
    EXPECT_TRUE(matches(want, geluTanhInPlace(x), {1e-5, 1e-6, false}));
}

}  // namespace
}  // namespace armillary::nn
