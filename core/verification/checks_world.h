// The judgements of the world checks that look at latents and world tokens (W1-W3, W5, W6, W10, W11, W13): numbers and rows in, a
// verdict and its reason out. They run no model. (W4 and W12 are judged by checks_vision, the rest by checks_sequence.)
// Thread rule: pure functions over tensors on any device.
#pragma once

#include "inspect/latent_stats.h"
#include "verification/verification_check.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

namespace armillary::verification {

// W1. `slots` [n,D] as layer 0 receives them at `positions`; `placeholder` [D] what the embedding table would give there; `features`
// [n,D] the world tokens that belong there. Fails on a slot that is silent or holds something else.
[[nodiscard]] Judgement judgeWorldSlots(const at::Tensor& slots, const at::Tensor& placeholder,
                                        const at::Tensor& features, const std::vector<std::int64_t>& positions,
                                        double threshold);

// W2. `tokens` [frames*cells,D] frame by frame; `frameKeys` a key of the pixels behind each latent frame, equal for equal
// pixels; `hasTimeVector` whether a temporal embedding should part even equal frames.
[[nodiscard]] Judgement judgeWorldVaries(const at::Tensor& tokens, const std::vector<std::uint64_t>& frameKeys,
                                         bool hasTimeVector, const std::vector<std::int64_t>& positions,
                                         double threshold);

// The seed part of W3: latents [Z,T,h,w] of two rollouts that differ in their start noise alone; the first `conditionFrames` are
// given ones. The value is the relative L2 difference of the given frames; of a later one it must be above `threshold`.
[[nodiscard]] Judgement judgeSeeds(const at::Tensor& first, const at::Tensor& second, std::int64_t conditionFrames,
                                   double threshold);

// How far a channel is from the autoencoder's own statistics: its mean in sigmas or its spread in octaves (1: twice or half the
// usual), whichever is more. A spread alone departs where one picture has little to tell, so it counts by octaves only.
[[nodiscard]] double latentDeparture(const inspect::ChannelStats& channel);
// W5. Warns above the threshold, fails on numbers that are not finite.
[[nodiscard]] Judgement judgeLatentRange(const std::vector<inspect::ChannelStats>& channels,
                                         const std::string& pixelRange, double threshold);

// W6.
[[nodiscard]] Judgement judgeReconstruction(double psnrDecibels, const std::string& pixelRange, double threshold);

// W10. `tokens` [T,cells,D] of T equal latent frames.
[[nodiscard]] Judgement judgeTimeVector(const at::Tensor& tokens, double threshold);

// W11. Latents of the same input and seed, computed twice. `sampleDistance` how far a sample of the posterior lies from its mode
// (relative L2), NaN when not computed; `usesMode` whether the run's latents are the mode.
struct Repeats {
    at::Tensor first, second;
    double sampleDistance = std::numeric_limits<double>::quiet_NaN();
    bool usesMode = true;
    std::string what;  // "two encodings of the picture"
};
[[nodiscard]] Judgement judgeRepeats(const Repeats& repeats, double threshold);

// W13. `tokens` [n,D]; `endsInGelu` whether the projection ends in one; `rankBound` the most dimensions it can span (0: no bound below
// D). Warns when saturated or when all tokens lie on a line.
[[nodiscard]] Judgement judgeSaturation(const at::Tensor& tokens, bool endsInGelu, std::int64_t rankBound,
                                        const std::vector<std::int64_t>& positions, double threshold);

}  // namespace armillary::verification
