#include "nn/rotary.h"

#include "support/golden_case.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

namespace armillary::nn {
namespace {

using test::matches;

TEST(Rotary, FrequenciesFallFromOneAndLinearScalingDividesThem)
{
    const at::Tensor plain = inverseFrequencies(8, 10000, 1);
    EXPECT_TRUE(matches(at::tensor({1.0, 0.1, 0.01, 0.001}, at::kFloat), plain, {1e-6, 0, false}));
    EXPECT_TRUE(matches(plain / 8, inverseFrequencies(8, 10000, 8), {1e-6, 0, false}));
}

TEST(Rotary, ATableMayStartAnywhere)
{
    const at::Tensor frequencies = inverseFrequencies(16, 10000, 1);
    const RotaryTable whole = rotaryTable(frequencies, 0, 40, at::kCPU);
    const RotaryTable part = rotaryTable(frequencies, 33, 5, at::kCPU);
    EXPECT_TRUE(matches(whole.cosine.narrow(0, 33, 5), part.cosine, {0, 0, true}));
    EXPECT_TRUE(matches(whole.sine.narrow(0, 33, 5), part.sine, {0, 0, true}));
}

TEST(Rotary, TurnsHalvesAndKeepsLengths)
{
    const RotaryTable table = rotaryTable(inverseFrequencies(4, 100, 1), 3, 1, at::kCPU);
    const RmsNorm norm(at::ones({4}), 0, RmsNorm::Factor::Weight);
    const at::Tensor x = at::tensor({1.F, 2.F, 3.F, 4.F}).view({1, 1, 4});
    const at::Tensor unit = x / x.square().mean().sqrt();
    const at::Tensor turned = normAndTurn(x.clone(), norm, table);
    const auto at = [](const at::Tensor& tensor, int i) { return tensor.flatten()[i].item<double>(); };
    for (int i = 0; i < 2; ++i) {
        const double angle = 3 * std::pow(100.0, -i / 2.0);
        EXPECT_NEAR(at(turned, i), at(unit, i) * std::cos(angle) - at(unit, i + 2) * std::sin(angle), 1e-6);
        EXPECT_NEAR(at(turned, i + 2), at(unit, i + 2) * std::cos(angle) + at(unit, i) * std::sin(angle), 1e-6);
    }
    EXPECT_NEAR(turned.norm().item<float>(), unit.norm().item<float>(), 1e-5);
}

TEST(Rotary, GenericAndFastPathsAgree)
{
    const std::int64_t length = 70, heads = 3, width = 32;
    const RotaryTable table = rotaryTable(inverseFrequencies(width, 10000, 1), 11, length, at::kCPU);
    const RmsNorm norm(at::randn({width}), 1e-6, RmsNorm::Factor::OnePlusWeight);
    const at::Tensor x = at::randn({length, heads, width});
    const at::Tensor generic = normAndTurn(x.to(at::kDouble), norm, table);
    EXPECT_TRUE(matches(generic.to(at::kFloat), normAndTurn(x.clone(), norm, table), {1e-5, 1e-5, false}));
}

}  // namespace
}  // namespace armillary::nn
