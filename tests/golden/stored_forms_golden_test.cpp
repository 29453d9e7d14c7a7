// The reader of the reference data itself: the forms of tests/data/README.md give back what was stored, and a comparison
// with a part can still fail.

#include "support/golden_case.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>

#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

namespace armillary::test {
namespace {

TEST(StoredForms, LevelsBecomeNormalizedPixels)
{
    const at::Tensor pixels = GoldenCase::open("cases/gemma/two_images").tensor("pixel_values");
    EXPECT_EQ(pixels.sizes(), (at::IntArrayRef{2, 3, 112, 112}));
    ASSERT_EQ(pixels.scalar_type(), at::kFloat);
    const at::Tensor levels = (pixels.to(at::kDouble) * 0.5 + 0.5) * 255;
    EXPECT_LT((levels - levels.round()).abs().max().item<double>(), 1e-4);
    EXPECT_EQ(pixels.min().item<float>(), -1.F);
}

TEST(StoredForms, NonzeroElementsReturnToTheirPlaces)
{
    const at::Tensor attention = GoldenCase::open("cases/gemma/text_long").tensor("attention.5");
    EXPECT_EQ(attention.sizes(), (at::IntArrayRef{1, 4, 51, 51}));
    EXPECT_LT((attention.sum(-1) - 1).abs().max().item<float>(), 1e-5F);
    EXPECT_EQ(attention.triu(1).abs().max().item<float>(), 0.F);
    EXPECT_TRUE(attention.select(-1, 0).gt(0).all().item<bool>());
}

TEST(StoredForms, AnotherCaseHoldsTheTensor)
{
    const GoldenCase loss = GoldenCase::open("cases/gemma/loss");
    ASSERT_TRUE(loss.has("pixel_values"));
    EXPECT_FALSE(loss.has("pixel_levels"));
    EXPECT_TRUE(
        at::equal(loss.tensor("pixel_values"), GoldenCase::open("cases/gemma/image_text").tensor("pixel_values")));
}

TEST(StoredForms, AnUnknownTensorIsNamed)
{
    const GoldenCase golden = GoldenCase::open("cases/gemma/text_short");
    EXPECT_FALSE(golden.has("no such tensor"));
    EXPECT_THROW((void)golden.tensor("no such tensor"), std::runtime_error);
}

TEST(StoredForms, APartIsNeverTakenForTheWhole)
{
    const GoldenCase golden = GoldenCase::open("cases/gemma/text_short");
    ASSERT_TRUE(golden.has("logits"));
    try {
        (void)golden.tensor("logits");
        FAIL() << "a part was returned as the whole";
    } catch (const std::runtime_error& error) {
        EXPECT_THAT(error.what(), ::testing::HasSubstr("stores only every 4th column and the last row of logits"));
    }
}

// From zeros, the comparison tells each stored element; a probe far off must fail where stored and pass where not.
TEST(StoredForms, APartIsComparedInItsColumnsAndInTheLastRow)
{
    const GoldenCase golden = GoldenCase::open("cases/gemma/text_short");
    const auto shape = golden.json()["tensors"]["logits"]["shape"].get<std::vector<std::int64_t>>();
    const std::int64_t rows = shape[1];
    const at::Tensor zeros = at::zeros(shape);
    const Tolerance wide{0, 1e3, false};
    const auto fits = [&](std::int64_t row, std::int64_t column) {
        at::Tensor probe = zeros.clone();
        probe[0][row][column] = 1e6;
        return static_cast<bool>(matches(golden, "logits", probe, wide));
    };
    EXPECT_TRUE(matches(golden, "logits", zeros, wide));
    EXPECT_TRUE(matches(golden, "logits", zeros.squeeze(0), wide));
    EXPECT_FALSE(matches(golden, "logits", zeros));
    EXPECT_FALSE(fits(0, 0));
    EXPECT_FALSE(fits(0, 1084));
    EXPECT_TRUE(fits(0, 1085));
    EXPECT_FALSE(fits(rows - 1, 1085));
    EXPECT_FALSE(matches(golden, "logits", zeros.slice(2, 0, 1087), wide));
    EXPECT_FALSE(matches(golden, "logits", zeros.slice(1, 1), wide));
    EXPECT_FALSE(matches(golden, "logits", at::Tensor(), wide));
}

}  // namespace
}  // namespace armillary::test
