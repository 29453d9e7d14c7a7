// Noise levels of a rollout and the update rule between them, as Cosmos2VideoToWorldPipeline sets its scheduler up.
//
// Sigmas follow Karras from 80 to 0.002; the pipeline sets the one after the last equal to the last, so that the last
// step changes nothing. All arithmetic is float32 where the reference's is.
// Thread rule: immutable once made.
// Sources: FlowMatchEulerDiscreteScheduler (_convert_to_karras, step) and the pipeline of diffusers 0.42.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace armillary::cosmos {

class FlowScheduler {
public:
    static constexpr double kLargestSigma = 80;
    static constexpr double kSmallestSigma = 0.002;
    static constexpr double kRho = 7;
    // The noise that conditioning latents are said to have.
    static constexpr float kConditioningSigma = 1e-4F;

    // `steps` is above 0.
    explicit FlowScheduler(std::int64_t steps);

    [[nodiscard]] std::int64_t steps() const { return static_cast<std::int64_t>(m_sigmas.size()) - 1; }
    // steps() + 1 noise levels, falling.
    [[nodiscard]] const std::vector<float>& sigmas() const { return m_sigmas; }
    // The transformer's time at `step`: sigma / (sigma + 1). Its input is scaled by 1 - time, its output subtracted
    // times time.
    [[nodiscard]] float time(std::int64_t step) const { return timeFromSigma(sigma(step)); }
    [[nodiscard]] static float timeFromSigma(float sigma) { return sigma / (sigma + 1); }
    [[nodiscard]] float sigma(std::int64_t step) const { return m_sigmas.at(static_cast<std::size_t>(step)); }
    // Whether `step` moves the latents at all.
    [[nodiscard]] bool moves(std::int64_t step) const { return sigma(step) != sigma(step + 1); }

    // Euler: sample + (next sigma - sigma) * slope.
    [[nodiscard]] at::Tensor advance(const at::Tensor& sample, const at::Tensor& slope, std::int64_t step) const;

private:
    std::vector<float> m_sigmas;
};

}  // namespace armillary::cosmos
