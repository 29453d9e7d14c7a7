#include "pipeline/record_taps.h"

#include "tensors/weights.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

namespace armillary::pipeline {
namespace {

using tensors::TapPoint;

CaptureSizes someSizes()
{
    return {120, 2, 16, 4, 2, 8, 100, 100, 20, 4};
}

TEST(RecordTaps, SampledRowsAreSpreadEvenlyAndHoldBothEnds)
{
    EXPECT_EQ(sampledRows(0), std::vector<std::int64_t>());
    EXPECT_EQ(sampledRows(1), std::vector<std::int64_t>{0});
    EXPECT_EQ(sampledRows(3), (std::vector<std::int64_t>{0, 1, 2}));
    const std::vector<std::int64_t> many = sampledRows(4200);
    ASSERT_EQ(many.size(), 32u);
    EXPECT_EQ(many.front(), 0);
    EXPECT_EQ(many.back(), 4199);
    for (std::size_t i = 1; i < many.size(); ++i)
        EXPECT_NEAR(double(many[i] - many[i - 1]), 4199.0 / 31, 1);
}

TEST(RecordTaps, ThePlanTakesSmallPartsFirstAndNamesTheRest)
{
    const CaptureSizes sizes = someSizes();
    EXPECT_EQ(captureBytes(Capture::Hidden, sizes), 3 * 120 * 16 * 4);
    EXPECT_EQ(captureBytes(Capture::Qkv, sizes), 2 * (120 * 8 + (32 + 20) * 4) * 8 * 4);
    const CapturePlan plan = planCapture({{Capture::Qkv, Capture::Hidden}, 30000}, sizes);
    EXPECT_EQ(plan.parts, std::set<Capture>{Capture::Hidden});
    EXPECT_EQ(plan.expectedBytes, 3 * 120 * 16 * 4);
    ASSERT_EQ(plan.warnings.size(), 1u);
    EXPECT_NE(plan.warnings[0].find("qkv"), std::string::npos);
}

// A pass over `rows` positions whose numbers are their positions; a stopped one ends after layer 0.
void pass(RecordTaps& taps, std::int64_t first, std::int64_t rows, bool isStopped = false)
{
    for (int layer = 0; layer < (isStopped ? 1 : 2); ++layer) {
        const at::Tensor places = at::arange(first, first + rows, at::kFloat);
        const at::Tensor heads =
            places.view({rows, 1, 1}).expand({rows, 4, 8}).transpose(0, 1);  // strided, as models hand them out
        for (const auto& [point, tensor] :
             {std::pair(TapPoint::Query, heads), std::pair(TapPoint::Key, heads.narrow(0, 0, 2)),
              std::pair(TapPoint::Value, heads.narrow(0, 0, 2)),
              std::pair(TapPoint::AttentionMix, places.view({rows, 1}).expand({rows, 32})),
              std::pair(TapPoint::Hidden, places.view({rows, 1}).expand({rows, 16}))}) {
            if (taps.wants(point, layer))
                taps.take(point, layer, tensor);
        }
    }
}

TEST(RecordTaps, AStoppedStepLeavesNoRowBehind)
{
    RecordTaps taps({Capture::Qkv, Capture::Hidden});
    pass(taps, 0, 50);
    pass(taps, 50, 1);
    pass(taps, 51, 1, true);
    taps.setPositions(51);
    EXPECT_EQ(taps.joined("query.0").size(1), 51);
    EXPECT_EQ(taps.joined("query.1").size(1), 51);
    const auto tensors = taps.finish();
    for (const char* name : {"query.0", "query.1", "key.0", "value.1", "hidden.0"}) {
        const at::Tensor got = tensors::tensorFromSnapshot(tensors.at(name));
        const std::int64_t axis = std::string(name).starts_with("hidden") ? 0 : 1;
        ASSERT_EQ(got.size(axis), 51) << name;
        EXPECT_TRUE(at::equal(got.select(axis == 0 ? 1 : 2, 0).reshape({-1, 51})[0], at::arange(51, at::kFloat)))
            << name;
    }
    const at::Tensor places = tensors::tensorFromSnapshot(tensors.at("attention_output.positions"));
    EXPECT_EQ(places.size(0), 33);
    EXPECT_EQ(places[-1].item<std::int64_t>(), 50);
    for (const char* name : {"attention_output.0", "attention_output.1"}) {
        const at::Tensor output = tensors::tensorFromSnapshot(tensors.at(name));
        EXPECT_TRUE(at::equal(output.select(1, 5), places.to(at::kFloat))) << name;
    }
}

TEST(RecordTaps, AnswerRowsAreTheLastOfEachPassWhateverIsCaptured)
{
    RecordTaps taps({});
    EXPECT_FALSE(taps.wants(TapPoint::Key, 0));
    EXPECT_FALSE(taps.wants(TapPoint::Hidden, 0));
    pass(taps, 0, 50);
    pass(taps, 50, 1);
    pass(taps, 51, 1, true);
    const AnswerRows rows = taps.answerRows(1, 2);
    EXPECT_TRUE(at::equal(rows.queries[3].select(1, 0), at::tensor({49.F, 50.F})));
    EXPECT_TRUE(at::equal(rows.mixes.select(1, 31), at::tensor({49.F, 50.F})));
    EXPECT_FALSE(taps.answerRows(1, 3).queries.defined());
    EXPECT_FALSE(taps.answerRows(7, 1).queries.defined());
    EXPECT_EQ(taps.bytes(), 0);
    EXPECT_TRUE(taps.finish().empty());
    EXPECT_GT(taps.seconds(), 0);
}

TEST(RecordTaps, QueriesThatOnlyServeMapsAreNotRecorded)
{
    RecordTaps taps({Capture::Attention});
    pass(taps, 0, 4);
    EXPECT_EQ(taps.joined("query.1").size(1), 4);
    EXPECT_FALSE(taps.joined("nothing").defined());
    taps.keep("attention.0", at::ones({4, 4, 4}));
    const auto tensors = taps.finish();
    EXPECT_EQ(tensors.size(), 1u);
    EXPECT_TRUE(tensors.contains("attention.0"));
}

}  // namespace
}  // namespace armillary::pipeline
