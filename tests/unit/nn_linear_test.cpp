#include "nn/linear.h"

#include "support/golden_case.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>
#include <gtest/gtest.h>

namespace armillary::nn {
namespace {

using test::matches;

TEST(Linear, Bfloat16WeightsGiveTheExactProductForAnyNumberOfRows)
{
    at::manual_seed(1);
    // Widths and heights that fill no block evenly; rows on both sides of the switch between kernels.
    for (const auto& [out, in] : {std::pair<std::int64_t, std::int64_t>{7, 45}, {300, 96}, {1030, 33}}) {
        const at::Tensor weight = at::randn({out, in}).to(at::kBFloat16);
        const at::Tensor bias = at::randn({out}).to(at::kBFloat16);
        for (const std::int64_t rows : {1, 2, 31, 32, 33, 70, 500}) {
            const at::Tensor x = at::randn({rows, in});
            const at::Tensor want = at::matmul(x.to(at::kDouble), weight.to(at::kDouble).t());
            EXPECT_TRUE(matches(want, Linear(weight).forward(x).to(at::kDouble), {1e-5, 2e-5, false})) << rows;
            EXPECT_TRUE(matches(want + bias.to(at::kDouble), Linear(weight, bias).forward(x).to(at::kDouble),
                                {1e-5, 2e-5, false}))
                << rows;
        }
    }
}

TEST(Linear, KeepsLeadingAxes)
{
    const at::Tensor x = at::randn({2, 3, 16});
    const Linear linear(at::randn({5, 16}).to(at::kBFloat16));
    const at::Tensor got = linear.forward(x);
    EXPECT_EQ(got.sizes(), (std::vector<std::int64_t>{2, 3, 5}));
    EXPECT_TRUE(matches(linear.forward(x[1][2].unsqueeze(0)).squeeze(0), got[1][2], {1e-6, 1e-6, false}));
}

TEST(Linear, TakesRowsThatAreNotSideBySide)
{
    const at::Tensor x = at::randn({16, 40}).t();  // [40,16]
    const at::Tensor weight = at::randn({5, 16}).to(at::kBFloat16);
    EXPECT_TRUE(matches(at::matmul(x, weight.to(at::kFloat).t()), Linear(weight).forward(x), {1e-5, 1e-5, false}));
}

TEST(Linear, SameTypeIsThePlainProduct)
{
    const at::Tensor x = at::randn({9, 16});
    const at::Tensor weight = at::randn({5, 16});
    const at::Tensor bias = at::randn({5});
    EXPECT_TRUE(matches(at::linear(x, weight, bias), Linear(weight, bias).forward(x), {0, 0, true}));
}

TEST(Linear, OtherTypesAreWidened)
{
    const at::Tensor x = at::randn({9, 16});
    const at::Tensor weight = at::randn({5, 16}).to(at::kHalf);
    EXPECT_TRUE(matches(at::matmul(x, weight.to(at::kFloat).t()), Linear(weight).forward(x), {1e-5, 1e-5, false}));
}

TEST(Linear, WorksInInferenceMode)
{
    const at::Tensor weight = at::randn({600, 64}).to(at::kBFloat16);
    const at::Tensor x = at::randn({100, 64});
    const at::Tensor want = Linear(weight).forward(x);
    const c10::InferenceMode inference;
    EXPECT_TRUE(matches(want, Linear(weight).forward(x.clone()), {0, 0, true}));
}

TEST(Linear, NoRows)
{
    EXPECT_EQ(Linear(at::randn({5, 16}).to(at::kBFloat16)).forward(at::empty({0, 16})).sizes(),
              (std::vector<std::int64_t>{0, 5}));
}

}  // namespace
}  // namespace armillary::nn
