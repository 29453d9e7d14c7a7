#include "cosmos/flow_scheduler.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

namespace armillary::cosmos {
namespace {

TEST(FlowScheduler, FallsFromLargestToSmallestAndRepeatsTheLast)
{
    const FlowScheduler scheduler(7);
    ASSERT_EQ(scheduler.sigmas().size(), 8U);
    EXPECT_NEAR(scheduler.sigma(0), 80, 1e-4);
    EXPECT_NEAR(scheduler.sigma(6), 0.002, 1e-6);
    EXPECT_EQ(scheduler.sigma(6), scheduler.sigma(7));
    for (std::int64_t step = 0; step < 6; ++step)
        EXPECT_GT(scheduler.sigma(step), scheduler.sigma(step + 1));
}

TEST(FlowScheduler, OneStepStaysAtTheLargestSigma)
{
    const FlowScheduler scheduler(1);
    EXPECT_NEAR(scheduler.sigma(0), 80, 1e-4);
    EXPECT_FALSE(scheduler.moves(0));
    EXPECT_THROW(FlowScheduler(0), c10::Error);
}

TEST(FlowScheduler, AdvancesAlongTheSlopeByTheChangeOfSigma)
{
    const FlowScheduler scheduler(3);
    const at::Tensor moved = scheduler.advance(at::full({2}, 5.0F), at::full({2}, 0.5F), 0);
    EXPECT_FLOAT_EQ(moved[1].item<float>(), 5 + 0.5F * (scheduler.sigma(1) - scheduler.sigma(0)));
}

}  // namespace
}  // namespace armillary::cosmos
