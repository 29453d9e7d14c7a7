// Each judgement of pictures with an input that breaks it and one that does not.
#include "verification/checks_vision.h"

#include "support/golden_case.h"
#include "verification/checks_rows.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace armillary::verification {
namespace {

const std::vector<std::int64_t> kPositions{10, 11, 12, 13};

at::Tensor fourRows()
{
    return at::tensor({1.F, 0.F, 0.F, 1.F, 1.F, 1.F, -1.F, 2.F}).view({4, 2});
}

// V1 -----------------------------------------------------------------------------------------------------------------
TEST(ChecksVision, PlaceholdersThatStayFail)
{
    const at::Tensor placeholder = at::tensor({0.5F, 0.25F});
    const Judgement all = judgePixelsUsed(placeholder.repeat({4, 1}), placeholder, kPositions, 0);
    EXPECT_EQ(all.verdict, Verdict::Fail);
    EXPECT_EQ(all.value, 0);
    EXPECT_EQ(all.positions, kPositions);
    EXPECT_NE(all.reason.find("all 4"), std::string::npos) << all.reason;

    at::Tensor some = fourRows();
    some[2] = placeholder;
    const Judgement one = judgePixelsUsed(some, placeholder, kPositions, 0);
    EXPECT_EQ(one.verdict, Verdict::Warn);
    EXPECT_EQ(one.positions, std::vector<std::int64_t>{12});

    const Judgement good = judgePixelsUsed(fourRows(), placeholder, kPositions, 0);
    EXPECT_EQ(good.verdict, Verdict::Pass);
    EXPECT_FLOAT_EQ(good.value, 1.75);  // row (-1, 2) against (0.5, 0.25)
}

TEST(ChecksVision, FeaturesThatAreNotFiniteFail)
{
    at::Tensor rows = fourRows();
    rows[1][0] = std::numeric_limits<float>::quiet_NaN();
    EXPECT_EQ(judgePixelsUsed(rows, at::zeros({2}), kPositions, 0).verdict, Verdict::Fail);
    EXPECT_EQ(judgeTokensVary(rows, {1, 2, 3, 4}, kPositions, 0.01).verdict, Verdict::Fail);
    EXPECT_EQ(judgePicturesDiffer(rows, fourRows(), kPositions, "another", 0.001).verdict, Verdict::Fail);
    EXPECT_EQ(judgeNormBand(rows.norm(2, 1), at::ones({3}), "image", "text", kPositions, 20).verdict, Verdict::Fail);
}

// The numbers that the reference measured on its own tensors.
TEST(ChecksVision, PixelsAndPlaceholdersOfTheReference)
{
    const auto golden = test::GoldenCase::open("cases/theworld/seed_siglip_checks");
    std::vector<std::int64_t> positions(16);
    for (std::size_t i = 0; i < positions.size(); ++i)
        positions[i] = static_cast<std::int64_t>(i);
    std::vector<std::uint64_t> patches(positions.begin(), positions.end());
    const char* const names[] = {"coffee.png", "astronaut.png"};
    for (int picture = 0; picture < 2; ++picture) {
        const std::string image = "image" + std::to_string(picture);
        const at::Tensor features = golden.tensor(image + ".features"),
                         placeholder = golden.tensor(image + ".placeholder");
        const auto& numbers = golden.json().at("numbers").at(names[picture]);
        const Judgement used = judgePixelsUsed(features, placeholder[0], positions, 0);
        EXPECT_EQ(used.verdict, Verdict::Pass);
        EXPECT_NEAR(used.value, numbers.at("differs_from_placeholder").get<double>(), 1e-4);
        EXPECT_EQ(judgeTokensVary(features, patches, positions, 0.01).verdict, Verdict::Pass);
        // Without pixel values every row is the placeholder: used and varied both fail.
        EXPECT_EQ(judgePixelsUsed(placeholder, placeholder[0], positions, 0).verdict, Verdict::Fail);
        EXPECT_EQ(judgeTokensVary(placeholder, patches, positions, 0.01).verdict, Verdict::Fail);
    }
    const at::Tensor first = golden.tensor("image0.features"), second = golden.tensor("image1.features");
    EXPECT_EQ(judgePicturesDiffer(first, second, positions, "another picture", 0.001).verdict, Verdict::Pass);
    EXPECT_EQ(judgePicturesDiffer(first, first, positions, "another picture", 0.001).verdict, Verdict::Fail);
}

// V2 -----------------------------------------------------------------------------------------------------------------
TEST(ChecksVision, EqualTokensOfDifferentPatchesFail)
{
    at::Tensor rows = fourRows();
    rows[3] = rows[0];
    const Judgement bad = judgeTokensVary(rows, {1, 2, 3, 4}, kPositions, 0.01);
    EXPECT_EQ(bad.verdict, Verdict::Fail);
    EXPECT_DOUBLE_EQ(bad.value, 1.0 / 6);  // one of six pairs
    EXPECT_EQ(bad.positions, (std::vector<std::int64_t>{10, 13}));
    EXPECT_EQ(judgeTokensVary(rows, {1, 2, 3, 4}, kPositions, 0.2).verdict, Verdict::Pass);
}

TEST(ChecksVision, FlatPatchesAreListedAndNotFailed)
{
    at::Tensor rows = fourRows();
    rows[3] = rows[0];
    const Judgement flat = judgeTokensVary(rows, {1, 2, 3, 1}, kPositions, 0.01);  // the same pixels behind both
    EXPECT_EQ(flat.verdict, Verdict::Pass);
    EXPECT_EQ(flat.value, 0);
    EXPECT_NE(flat.reason.find("1 pairs of patches with the same pixels"), std::string::npos) << flat.reason;
    EXPECT_EQ(judgeTokensVary(rows, {1, 1, 1, 1}, kPositions, 0.01).verdict, Verdict::Skip);
    EXPECT_EQ(judgeTokensVary(rows.slice(0, 0, 1), {1}, {10}, 0.01).verdict, Verdict::Skip);
}

// V3 -----------------------------------------------------------------------------------------------------------------
TEST(ChecksVision, EqualPicturesFail)
{
    const Judgement same = judgePicturesDiffer(fourRows(), fourRows(), kPositions, "its mirror image", 0.001);
    EXPECT_EQ(same.verdict, Verdict::Fail);
    EXPECT_EQ(same.value, 0);
    at::Tensor other = fourRows();
    other[1] = at::tensor({0.F, 3.F});  // |(0,1) - (0,3)| / 1 = 2
    const Judgement differs = judgePicturesDiffer(fourRows(), other, kPositions, "its mirror image", 0.001);
    EXPECT_EQ(differs.verdict, Verdict::Pass);
    EXPECT_DOUBLE_EQ(differs.value, 0.5);
    EXPECT_EQ(differs.positions.front(), 11);
    EXPECT_EQ(judgePicturesDiffer(fourRows(), other.slice(0, 0, 2), kPositions, "another", 0.001).verdict,
              Verdict::Skip);
}

// V4 -----------------------------------------------------------------------------------------------------------------
TEST(ChecksVision, NormsOutsideTheBandWarnAndZerosFail)
{
    const at::Tensor text = at::tensor({7.F, 8.F, 9.F});
    EXPECT_EQ(judgeNormBand(at::tensor({8.F, 8.F}), text, "image", "text", {1, 2}, 20).verdict, Verdict::Pass);
    const Judgement large = judgeNormBand(at::tensor({400.F, 400.F}), text, "image", "text", {1, 2}, 20);
    EXPECT_EQ(large.verdict, Verdict::Warn);
    EXPECT_DOUBLE_EQ(large.value, 50);
    EXPECT_EQ(judgeNormBand(at::tensor({0.1F, 0.1F}), text, "image", "text", {1, 2}, 20).verdict, Verdict::Warn);
    EXPECT_EQ(judgeNormBand(at::tensor({8.F, 0.F}), text, "image", "text", {1, 2}, 20).verdict, Verdict::Fail);
    EXPECT_EQ(judgeNormBand(at::zeros({0}), text, "image", "text", {}, 20).verdict, Verdict::Skip);
    EXPECT_EQ(judgeNormBand(text, at::zeros({0}), "image", "text", {}, 20).verdict, Verdict::Skip);
}

// V5 -----------------------------------------------------------------------------------------------------------------
TEST(ChecksVision, WrongCountsFail)
{
    EXPECT_EQ(judgeImageCount({256, 256}, 256, 512, 0).verdict, Verdict::Pass);
    const Judgement few = judgeImageCount({256, 255}, 256, 511, 0);
    EXPECT_EQ(few.verdict, Verdict::Fail);
    EXPECT_EQ(few.value, 1);
    EXPECT_EQ(judgeImageCount({256}, 256, 512, 0).verdict, Verdict::Fail);  // features of a crop that has no place
    EXPECT_EQ(judgeImageCount({}, 256, 256, 0).verdict, Verdict::Fail);
}

// V7, W12 ------------------------------------------------------------------------------------------------------------
SpotResponse spotAt(std::int64_t row, std::int64_t column, std::int64_t peakRow, std::int64_t peakColumn)
{
    SpotResponse spot;
    spot.top = row;
    spot.left = column;
    spot.bottom = row + 1;
    spot.right = column + 1;
    spot.peakRow = peakRow;
    spot.peakColumn = peakColumn;
    spot.peak = 5;
    spot.typical = 0.5;
    spot.expectedPosition = 100 + row * 16 + column;
    spot.peakPosition = 100 + peakRow * 16 + peakColumn;
    return spot;
}

TEST(ChecksVision, TokensThatDoNotLineUpWithPixelsFail)
{
    EXPECT_EQ(judgeRegistration({spotAt(4, 10, 4, 10)}, 0).verdict, Verdict::Pass);
    const Judgement transposed = judgeRegistration({spotAt(3, 3, 3, 3), spotAt(4, 10, 10, 4)}, 0);
    EXPECT_EQ(transposed.verdict, Verdict::Fail);
    EXPECT_EQ(transposed.value, 6);
    EXPECT_EQ(transposed.positions, (std::vector<std::int64_t>{151, 174, 264}));
    EXPECT_EQ(judgeRegistration({spotAt(4, 10, 5, 10)}, 0).verdict, Verdict::Fail);
    EXPECT_EQ(judgeRegistration({spotAt(4, 10, 5, 10)}, 1).verdict, Verdict::Pass);
    EXPECT_EQ(judgeRegistration({}, 0).verdict, Verdict::Skip);
}

TEST(ChecksVision, ASpotThatMovesNothingFails)
{
    SpotResponse silent = spotAt(0, 0, 0, 0);
    silent.peak = 0;
    EXPECT_EQ(judgeRegistration({silent}, 0).verdict, Verdict::Fail);
}

TEST(ChecksVision, DistanceIsZeroInsideALargeSpot)
{
    SpotResponse spot = spotAt(2, 2, 4, 8);
    spot.bottom = 9;
    spot.right = 9;
    EXPECT_EQ(spot.distance(), 0);
    spot.peakColumn = 9;
    EXPECT_EQ(spot.distance(), 1);
    spot.peakRow = 0;
    EXPECT_EQ(spot.distance(), 2);
}

TEST(ChecksRows, GroupsOfEqualRows)
{
    at::Tensor rows = at::zeros({5, 2});
    rows[1][0] = 1;
    rows[3][0] = 1;
    const auto groups = equalRows(rows);
    ASSERT_EQ(groups.size(), 2U);
    EXPECT_EQ(groups[0], (std::vector<std::int64_t>{0, 2, 4}));
    EXPECT_EQ(groups[1], (std::vector<std::int64_t>{1, 3}));
    EXPECT_TRUE(equalRows(fourRows()).empty());
}

TEST(ChecksRows, MedianCosineOfThreeRows)
{
    // (1,0), (0,1), (1,1): cosines 0, 0.7071, 0.7071.
    EXPECT_NEAR(medianCosine(fourRows().slice(0, 0, 3)), std::sqrt(0.5), 1e-6);
}

}  // namespace
}  // namespace armillary::verification
