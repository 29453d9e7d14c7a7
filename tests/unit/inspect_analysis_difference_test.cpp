// Differences of analysis results: what is subtracted, what is kept, what is refused.
#include "inspect/analysis_difference.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

namespace armillary::test {
namespace {

using inspect::analysisDifference;

TensorSnapshot floats(std::vector<std::int64_t> shape, const std::vector<float>& values)
{
    auto bytes = std::make_shared<std::vector<std::uint8_t>>(values.size() * sizeof(float));
    std::memcpy(bytes->data(), values.data(), bytes->size());
    return {ElementType::Float32, std::move(shape), std::move(bytes)};
}

AnalysisResult result(double number, const std::vector<float>& values, double cell)
{
    AnalysisResult out;
    out.request.name = "attention-row";
    out.numbers = {{"mass", number, "bits"}};
    out.arrays["weights"] = {{"position"}, floats({static_cast<std::int64_t>(values.size())}, values)};
    out.arrays["states"] = {{"cell"},
                            {ElementType::UInt8, {2}, std::make_shared<std::vector<std::uint8_t>>(2, std::uint8_t{3})}};
    out.tables = {{"rows", {"position", "piece", "weight"}, {{7.0, std::string("cat"), cell}}}};
    return out;
}

TEST(AnalysisDifference, SubtractsNumbersArraysAndMeasuredCells)
{
    const auto got = analysisDifference(result(3, {1, 5}, 0.75), result(1, {4, 2}, 0.5));
    ASSERT_TRUE(got) << got.error().message;
    EXPECT_EQ(got->number("mass"), 2);
    EXPECT_EQ(got->numbers[0].unit, "bits");
    EXPECT_THAT(got->arrays.at("weights").values.floats(), testing::ElementsAre(-3, 3));
    EXPECT_EQ(got->arrays.at("states").values.floatAt(1), 3) << "states are no quantities";
    EXPECT_EQ(std::get<double>(got->tables[0].rows[0][0]), 7) << "a position that both share names the row";
    EXPECT_EQ(std::get<double>(got->tables[0].rows[0][2]), 0.25);
    EXPECT_TRUE(got->cautions.empty());
}

TEST(AnalysisDifference, OfEqualMeasuresIsNothing)
{
    const AnalysisResult same = result(3, {1, 5}, 0.75);
    const auto got = analysisDifference(same, same);
    ASSERT_TRUE(got);
    EXPECT_EQ(std::get<double>(got->tables[0].rows[0][0]), 7);
    EXPECT_EQ(std::get<double>(got->tables[0].rows[0][2]), 0) << "equal on both sides, and measured";
}

TEST(AnalysisDifference, KeepsThePlacesOfTheFirstAndSubtractsARankThatWasMeasured)
{
    AnalysisResult first = result(1, {1}, 0);
    first.tables = {{"tokens", {"position", "token", "bits", "rank"}, {{12.0, std::string("up"), 3.5, 2.0}}}};
    AnalysisResult second = first;
    second.tables[0].rows = {{7.0, std::string("up"), 1.5, 2.0}};
    const auto got = analysisDifference(first, second);
    ASSERT_TRUE(got);
    const auto& row = got->tables[0].rows[0];
    EXPECT_EQ(std::get<double>(row[0]), 12) << "the same word, elsewhere in the other sequence";
    EXPECT_EQ(std::get<double>(row[2]), 2);
    EXPECT_EQ(std::get<double>(row[3]), 0);
}

TEST(AnalysisDifference, KeepsTheLayersThatAKnockOutWentThrough)
{
    AnalysisResult first = result(1, {1}, 0);
    first.tables = {{"effects",
                     {"source", "from_layer", "to_layer", "relative_probability_change"},
                     {{std::string("world"), 3.0, 9.0, -0.5}, {std::string("world"), 4.0, 10.0, -0.25}}}};
    const auto got = analysisDifference(first, first);
    ASSERT_TRUE(got);
    const auto& row = got->tables[0].rows[1];
    EXPECT_EQ(std::get<double>(row[1]), 4);
    EXPECT_EQ(std::get<double>(row[2]), 10);
    EXPECT_EQ(std::get<double>(row[3]), 0);
}

TEST(AnalysisDifference, NamesWhatDoesNotFit)
{
    AnalysisResult other = result(1, {4, 2, 9}, 0.5);
    other.tables[0].rows[0][1] = std::string("dog");
    const auto got = analysisDifference(result(3, {1, 5}, 0.75), other);
    ASSERT_TRUE(got);
    EXPECT_FALSE(got->arrays.contains("weights"));
    EXPECT_TRUE(got->tables.empty());
    EXPECT_THAT(got->cautions, testing::ElementsAre(testing::HasSubstr("table rows"), testing::HasSubstr("weights")));
}

TEST(AnalysisDifference, RefusesOtherAnalysesAndNothingInCommon)
{
    AnalysisResult other = result(1, {4, 2}, 0.5);
    other.request.name = "pca";
    EXPECT_FALSE(analysisDifference(result(1, {1}, 0), other));
    AnalysisResult empty;
    empty.request.name = "attention-row";
    EXPECT_FALSE(analysisDifference(result(1, {1}, 0), empty));
}

}  // namespace
}  // namespace armillary::test
