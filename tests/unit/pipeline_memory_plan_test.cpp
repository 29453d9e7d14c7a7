// Where the parts of a rollout go, from what a device has free.
#include "pipeline/memory_plan.h"

#include <gtest/gtest.h>

namespace armillary::pipeline {
namespace {

constexpr std::int64_t kGigabyte = std::int64_t{1} << 30;
const at::Device kGpu(at::kCUDA, 0);

// The published pipeline in bfloat16: text encoder, transformer, autoencoder, Gemma.
std::vector<PlannedPart> published(bool needsEncoder = true)
{
    return {{"T5", 9 * kGigabyte, kGigabyte, false, needsEncoder},
            {"transformer", 4 * kGigabyte, 2 * kGigabyte, true, true},
            {"VAE", kGigabyte, 3 * kGigabyte, true, true},
            {"Gemma", 9 * kGigabyte, 2 * kGigabyte, true, true}};
}

std::vector<std::string> placesOf(const MemoryPlan& plan)
{
    std::vector<std::string> out;
    for (const MemoryPlanRow& row : plan.rows)
        out.push_back(row.place + ", " + row.after);
    return out;
}

TEST(MemoryPlan, ALargeDeviceKeepsAllButTheTextEncoder)
{
    const MemoryPlan plan = planMemory(published(), kGpu, 40 * kGigabyte);
    EXPECT_EQ(plan.freeBytes, 40 * kGigabyte);
    EXPECT_EQ(placesOf(plan),
              (std::vector<std::string>{"cuda:0, freed", "cuda:0, kept", "cuda:0, kept", "cuda:0, kept"}));
    EXPECT_EQ(plan.rows[0].weightBytes, 9 * kGigabyte);
    EXPECT_EQ(plan.rows[0].measuredBytes, -1);
}

TEST(MemoryPlan, AMiddleDeviceFreesThePartThatStandsInTheWayOfALaterOne)
{
    // 12 GB hold each part alone; Gemma with its work needs 11, so neither transformer nor VAE may stay but for what fits beside it.
    const MemoryPlan plan = planMemory(published(), kGpu, 12 * kGigabyte);
    EXPECT_EQ(placesOf(plan),
              (std::vector<std::string>{"cuda:0, freed", "cuda:0, freed", "cuda:0, kept", "cuda:0, kept"}));
}

TEST(MemoryPlan, WhatDoesNotFitGoesToTheCpu)
{
    const MemoryPlan plan = planMemory(published(), kGpu, 8 * kGigabyte);
    EXPECT_EQ(plan.rows[0].place, "cpu, mapped from the file");
    EXPECT_EQ(plan.rows[1].place, "cuda:0");
    EXPECT_EQ(plan.rows[3].place, "cpu, mapped from the file");
}

TEST(MemoryPlan, AnEncodedPromptNeedsNoEncoder)
{
    const MemoryPlan plan = planMemory(published(false), kGpu, 8 * kGigabyte);
    EXPECT_EQ(plan.rows[0].place, "not needed");
    EXPECT_EQ(plan.rows[0].after, "never loaded");
    EXPECT_EQ(plan.rows[1].place, "cuda:0");
}

TEST(MemoryPlan, MappedWeightsStayOnTheCpu)
{
    const MemoryPlan plan = planMemory(published(), at::kCPU, kGigabyte);
    EXPECT_EQ(placesOf(plan),
              (std::vector<std::string>{"cpu, mapped from the file, freed", "cpu, mapped from the file, kept",
                                        "cpu, mapped from the file, kept", "cpu, mapped from the file, kept"}));
}

TEST(MemoryPlan, TheCpuSaysWhatIsAvailable)
{
    EXPECT_GT(freeBytes(at::kCPU), std::int64_t{64} << 20);
}

}  // namespace
}  // namespace armillary::pipeline
