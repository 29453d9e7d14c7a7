// Noise levels and Euler steps against the scheduler as the reference pipeline sets it up.

#include "cosmos/flow_scheduler.h"
#include "support/golden_case.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace armillary::cosmos {
namespace {

using test::GoldenCase;
using test::matches;

class Steps : public ::testing::TestWithParam<int> {};

TEST_P(Steps, SigmasTimesAndWalkAreTheReferences)
{
    const GoldenCase golden = GoldenCase::open("cases/cosmos/scheduler");
    const std::string name = fmt::format(".{}", GetParam());
    const FlowScheduler scheduler(GetParam());
    const at::Tensor sigmas = at::tensor(scheduler.sigmas(), at::kFloat);
    EXPECT_TRUE(matches(golden, "sigmas" + name, sigmas));
    EXPECT_TRUE(matches(golden, "timesteps" + name, sigmas.narrow(0, 0, GetParam()) * 1000));
    std::vector<float> times;
    for (const float sigma : scheduler.sigmas())
        times.push_back(FlowScheduler::timeFromSigma(sigma));
    EXPECT_TRUE(matches(golden, "current_t" + name, at::tensor(times, at::kFloat)));

    at::Tensor sample = golden.tensor("walk" + name + ".start");
    for (std::int64_t step = 0; step < scheduler.steps(); ++step) {
        sample = scheduler.advance(sample, at::tanh(sample), step);
        const std::string after = fmt::format("walk{}.{}", name, step);
        if (golden.has(after)) {
            EXPECT_TRUE(matches(golden, after, sample)) << step;
        }
        EXPECT_EQ(scheduler.moves(step), step + 1 < scheduler.steps());
    }
    EXPECT_TRUE(matches(golden, "walk" + name + ".end", sample));
}

INSTANTIATE_TEST_SUITE_P(Golden, Steps, ::testing::Values(2, 4, 10, 20, 35));

}  // namespace
}  // namespace armillary::cosmos
