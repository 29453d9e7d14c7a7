#include "cosmos/flow_scheduler.h"

#include <ATen/ATen.h>

#include <cmath>

namespace armillary::cosmos {

FlowScheduler::FlowScheduler(std::int64_t steps)
{
    TORCH_CHECK(steps > 0, "a rollout has at least one step");
    const double largest = std::pow(kLargestSigma, 1 / kRho);
    const double smallest = std::pow(kSmallestSigma, 1 / kRho);
    for (std::int64_t step = 0; step < steps; ++step) {
        const double ramp = steps == 1 ? 0 : static_cast<double>(step) / static_cast<double>(steps - 1);
        m_sigmas.push_back(static_cast<float>(std::pow(largest + ramp * (smallest - largest), kRho)));
    }
    m_sigmas.push_back(m_sigmas.back());
}

at::Tensor FlowScheduler::advance(const at::Tensor& sample, const at::Tensor& slope, std::int64_t step) const
{
    const float width = sigma(step + 1) - sigma(step);
    return sample + slope * width;
}

}  // namespace armillary::cosmos
