#include "language/loss.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace armillary::language {
namespace {

TEST(Loss, ShiftsByOneAndIgnoresMarkedLabels)
{
    // Row 0 is certain of 1, row 1 knows nothing of 4 tokens, row 2 predicts nothing.
    const float infinity = std::numeric_limits<float>::infinity();
    const at::Tensor logits =
        at::tensor({-infinity, 0.F, -infinity, -infinity, 0.F, 0.F, 0.F, 0.F, 9.F, 9.F, 9.F, 9.F}).view({3, 4});
    const TeacherForcedLoss loss = teacherForcedLoss(logits, at::tensor({3, 1, 2}, at::kLong));
    EXPECT_NEAR(loss.perToken[0].item<float>(), 0, 1e-6);
    EXPECT_NEAR(loss.perToken[1].item<float>(), std::log(4.0), 1e-6);
    EXPECT_NEAR(loss.mean.item<float>(), std::log(4.0) / 2, 1e-6);

    const TeacherForcedLoss part = teacherForcedLoss(logits, at::tensor({3, -100, 2}, at::kLong));
    EXPECT_EQ(part.perToken[0].item<float>(), 0);
    EXPECT_NEAR(part.mean.item<float>(), std::log(4.0), 1e-6);
    EXPECT_TRUE(std::isnan(teacherForcedLoss(logits, at::tensor({-100, -100, -100}, at::kLong)).mean.item<float>()));
}

TEST(Loss, RefusesLabelsOfAnotherLength)
{
    EXPECT_THROW(static_cast<void>(teacherForcedLoss(at::zeros({3, 4}), at::zeros({2}, at::kLong))), c10::Error);
}

}  // namespace
}  // namespace armillary::language
