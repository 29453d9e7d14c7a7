#include "inspect/run_timing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace armillary::inspect {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// A prefill of two layers and two answer tokens, all times `scale` times as long.
std::shared_ptr<const RunRecord> run(double scale)
{
    auto out = std::make_shared<RunRecord>();
    out->cost.stages = {{"Prefill", 0, 4 * scale}, {"Answer", 4 * scale, 2 * scale}};
    out->cost.layerPasses = {{"Prefill", 10, 0.5 * scale, {1 * scale, 2 * scale}},
                             {"Answer", 1, 4 * scale, {0.1 * scale, 0.2 * scale}},
                             {"Answer", 1, 5 * scale, {0.3 * scale, 0.2 * scale}}};
    out->cost.prefillTokens = 10;
    return out;
}

TEST(RunTiming, MedianAndSpreadOfRuns)
{
    const RunTiming timing = timingOf({run(1), run(3), run(2)});
    EXPECT_EQ(timing.runs, 3U);
    EXPECT_DOUBLE_EQ(timing.medianSeconds, 12);
    EXPECT_DOUBLE_EQ(timing.leastSeconds, 6);
    EXPECT_DOUBLE_EQ(timing.mostSeconds, 18);
    ASSERT_EQ(timing.stages.size(), 2U);
    EXPECT_EQ(timing.stages[0].stage, "Prefill");
    EXPECT_DOUBLE_EQ(timing.stages[0].median, 8);
    EXPECT_DOUBLE_EQ(timing.stages[0].least, 4);
    EXPECT_DOUBLE_EQ(timing.stages[0].most, 12);
    EXPECT_DOUBLE_EQ(timing.stages[0].share, 8.0 / 12);
    ASSERT_EQ(timing.layers.size(), 4U);
    const TimingRow& answer = timing.layers[2];
    EXPECT_EQ(answer.stage, "Answer");
    EXPECT_EQ(answer.layer, 0);
    EXPECT_EQ(answer.calls, 6);
    EXPECT_DOUBLE_EQ(answer.median, 0.8) << "0.1 + 0.3 of a run, times 2";
    // Calls: 0.1, 0.2, 0.3, 0.3, 0.6, 0.9.
    EXPECT_DOUBLE_EQ(answer.callMedian, 0.3);
    EXPECT_NEAR(answer.callLow, 0.225, 1e-12);
    EXPECT_NEAR(answer.callHigh, 0.525, 1e-12);
    EXPECT_THAT(timing.cautions, IsEmpty());
}

TEST(RunTiming, SaysWhatSpoilsTheComparison)
{
    auto reused = std::make_shared<RunRecord>(*run(1));
    reused->cost.reusedTokens = 4;
    reused->cost.prefillTokens = 6;
    EXPECT_THAT(timingOf({run(1), reused}).cautions, ElementsAre(HasSubstr("did not do the same work")));
    EXPECT_THAT(timingOf({reused}).cautions, ElementsAre(HasSubstr("4 positions were taken from the cache")));
    auto plain = std::make_shared<RunRecord>(*run(1));
    plain->cost.layerPasses.clear();
    EXPECT_THAT(timingOf({plain}).cautions, ElementsAre(HasSubstr("no times of layers")));
    EXPECT_EQ(timingOf({}).runs, 0U);
    EXPECT_EQ(timingOf({nullptr, std::make_shared<RunRecord>()}).runs, 0U);
}

TEST(RunTiming, SlicesLieInsideEachOther)
{
    const std::vector<TimeSlice> slices = slicesOf(*run(1));
    std::vector<std::string> names;
    for (const TimeSlice& slice : slices)
        names.push_back(std::to_string(slice.depth) + " " + slice.name);
    EXPECT_THAT(names, ElementsAre("0 Prefill", "1 10 rows", "2 layer 0", "2 layer 1", "0 Answer", "1 token 2",
                                   "2 layer 0", "2 layer 1", "1 token 3", "2 layer 0", "2 layer 1"));
    EXPECT_DOUBLE_EQ(slices[3].startSeconds, 1.5) << "after the first layer";
    EXPECT_DOUBLE_EQ(slices[3].durationSeconds, 2);
    EXPECT_EQ(slices[3].layer, 1);
    EXPECT_EQ(slices[3].stage, "Prefill");
}

TEST(RunTiming, DenoiseStepsEndWithTheirStage)
{
    RunRecord record;
    record.cost.stages = {{"Rollout", 1, 5}};
    record.rolloutSteps = {{0, 2, 80, 1.5, nullptr}, {1, 2, 40, 2, nullptr}};
    const std::vector<TimeSlice> slices = slicesOf(record);
    ASSERT_EQ(slices.size(), 3U);
    EXPECT_EQ(slices[1].name, "denoise 0");
    EXPECT_DOUBLE_EQ(slices[1].startSeconds, 2.5);
    EXPECT_DOUBLE_EQ(slices[2].startSeconds, 4);
}

TEST(RunTiming, TimesNeedNoTensors)
{
    RunRecord record = *run(1);
    record.tensors["hidden.0"] = {};
    const auto light = timesOf(record);
    EXPECT_THAT(light->tensors, IsEmpty());
    EXPECT_DOUBLE_EQ(timingOf({light}).medianSeconds, 6);
}

}  // namespace
}  // namespace armillary::inspect
