#include "training/optimizer.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

namespace armillary::training {
namespace {

TEST(TrainingOptimizer, FiveStepsBringSingularValuesNearToOne)
{
    const at::Tensor matrix = normalTensor(1, {6, 10});
    for (const at::Tensor& m : {matrix, matrix.t().contiguous()}) {
        const at::Tensor out = orthogonalised(m);
        EXPECT_EQ(out.sizes(), m.sizes());
        const at::Tensor values = at::linalg_svdvals(out);
        EXPECT_GT(values.min().item<double>(), 0.3);
        EXPECT_LT(values.max().item<double>(), 1.4);
    }
}

// By hand: a 1x1 matrix becomes its sign times what the five steps make of 1.
TEST(TrainingOptimizer, MuonMovesASingleNumberByTheRate)
{
    double x = 1;
    for (int i = 0; i < 5; ++i)
        x = 3.4445 * x - 4.7750 * x * x * x + 2.0315 * x * x * x * x * x;
    Parameters parameters(1);
    const at::Tensor weight = parameters.constant("weight", {1, 1}, 2);
    Optimizer optimizer(parameters, [](const std::string&, const at::Tensor&) { return true; },
                        {.muonRate = 0.1, .muonDecay = 0.5, .mostNorm = 100});
    (weight * -3).sum().backward();
    EXPECT_NEAR(optimizer.step(0.5), 3, 1e-5);
    EXPECT_NEAR(weight.item<double>(), 2 * (1 - 0.05 * 0.5) + 0.05 * x, 1e-5);
}

TEST(TrainingOptimizer, TallMatricesMoveFurther)
{
    Parameters parameters(1);
    const at::Tensor tall = parameters.constant("tall", {4, 1}, 0);
    Optimizer optimizer(parameters, [](const std::string&, const at::Tensor&) { return true; }, {.muonRate = 1});
    tall.sum().backward();
    optimizer.step(1);
    // The direction has length near 1, times sqrt(4 / 1).
    EXPECT_NEAR(tall.detach().norm().item<double>(), 2, 0.7);
}

TEST(TrainingOptimizer, AdamMovesByItsRateAtFirst)
{
    Parameters parameters(1);
    const at::Tensor weight = parameters.constant("weight", {3}, 1);
    Optimizer optimizer(parameters, [](const std::string&, const at::Tensor&) { return false; }, {.adamRate = 0.01});
    (weight * at::tensor({1.0, -20.0, 0.5}, at::kFloat)).sum().backward();
    optimizer.step(1);
    EXPECT_TRUE(at::allclose(weight.detach(), at::tensor({0.99, 1.01, 0.99}, at::kFloat), 1e-4, 1e-5));
}

TEST(TrainingOptimizer, LongGradientsAreClippedAndBrokenOnesIgnored)
{
    Parameters parameters(1);
    const at::Tensor weight = parameters.constant("weight", {2}, 1);
    Optimizer optimizer(parameters, [](const std::string&, const at::Tensor&) { return false; }, {.mostNorm = 1});
    (weight * 1e30F * 1e30F).sum().backward();
    EXPECT_FALSE(std::isfinite(optimizer.step(1)));
    EXPECT_TRUE(at::equal(weight.detach(), at::ones({2})));
    (weight * 30).sum().backward();
    EXPECT_NEAR(optimizer.step(1), 30 * std::sqrt(2.0), 1e-3);
    const auto state = optimizer.state();
    EXPECT_NEAR(state.at("optimizer.first.weight")[0].item<double>(), 0.1 / std::sqrt(2.0), 1e-4);
}

TEST(TrainingOptimizer, RatesRiseStayAndFall)
{
    EXPECT_NEAR(rateAt(0, 100, 10, 0.5, 0.1), 0.1, 1e-9);
    EXPECT_NEAR(rateAt(20, 100, 10, 0.5, 0.1), 1, 1e-9);
    EXPECT_NEAR(rateAt(75, 100, 10, 0.5, 0.1), 0.55, 1e-9);
    EXPECT_GT(rateAt(99, 100, 10, 0.5, 0.1), 0.1);
}

}  // namespace
}  // namespace armillary::training
