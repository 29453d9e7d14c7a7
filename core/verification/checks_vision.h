// The judgements of the SigLIP checks V1-V5 and of registration (V7, W12): numbers and rows in, a verdict and its reason out. They
// run no model, so that a broken input can be fed to each. (V6 is judged by checks_sequence.)
// Thread rule: pure functions over tensors on any device.
#pragma once

#include "verification/verification_check.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

namespace armillary::verification {

// V1. `placed` [n,D] as layer 0 receives them at `positions`, `placeholder` [D] the embedding of the soft token. Fails when every
// position still holds the placeholder, warns when some do.
[[nodiscard]] Judgement judgePixelsUsed(const at::Tensor& placed, const at::Tensor& placeholder,
                                        const std::vector<std::int64_t>& positions, double threshold);

// V2. `tokens` [n,D]; `patches` a key of each token's own pixels, equal for equal pixels. Pairs of equal patches (flat areas) are
// counted and left out.
[[nodiscard]] Judgement judgeTokensVary(const at::Tensor& tokens, const std::vector<std::uint64_t>& patches,
                                        const std::vector<std::int64_t>& positions, double threshold);

// V3. Tokens [n,D] of two pictures; `other` names the second ("its mirror image").
[[nodiscard]] Judgement judgePicturesDiffer(const at::Tensor& first, const at::Tensor& second,
                                            const std::vector<std::int64_t>& positions, const std::string& other,
                                            double threshold);
// Of each row |a - b| / |a|; 0 where both are zero, infinite where only `a` is: [n] float32 on the CPU.
[[nodiscard]] at::Tensor relativeDifference(const at::Tensor& a, const at::Tensor& b);

// V4 and W4: the median norm of `what` tokens against that of `reference` tokens, both [n] norms of rows as layer 0 receives
// them. Fails on norms that are zero or not finite, warns outside the band.
[[nodiscard]] Judgement judgeNormBand(const at::Tensor& norms, const at::Tensor& reference, const std::string& what,
                                      const std::string& against, const std::vector<std::int64_t>& positions,
                                      double threshold);

// V5. `found` image tokens of each picture's crops, in order.
[[nodiscard]] Judgement judgeImageCount(const std::vector<std::int64_t>& found, std::int64_t expectedPerCrop,
                                        std::int64_t featureRows, double threshold);

// Where a white spot on grey was put on a token grid, and which token it moved most.
struct SpotResponse {
    std::int64_t top = 0, left = 0, bottom = 0, right = 0;  // grid cells under the spot, [top, bottom) x [left, right)
    std::int64_t peakRow = 0, peakColumn = 0;
    double peak = 0;                     // how far the most moved token moved, L2
    double typical = 0;                  // the median over all tokens
    std::int64_t expectedPosition = -1;  // of the fused sequence, -1 when unknown
    std::int64_t peakPosition = -1;

    // Cells from the spot to the peak, the larger of rows and columns; 0 inside.
    [[nodiscard]] std::int64_t distance() const;
};

// V7, W12.
[[nodiscard]] Judgement judgeRegistration(const std::vector<SpotResponse>& spots, double threshold);

}  // namespace armillary::verification
