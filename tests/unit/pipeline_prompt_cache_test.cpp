// Encoded prompts on disk: found again bit for bit, by encoder and text; whatever is broken is a miss.
#include "pipeline/prompt_cache.h"

#include "support/test_data.h"
#include "text/t5_prompt.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace armillary::pipeline {
namespace {

namespace fs = std::filesystem;

at::Tensor paddedRows(std::int64_t count)
{
    at::Tensor rows = at::zeros({text::kT5PromptLength, 6});
    rows.narrow(0, 0, count).copy_(at::arange(count * 6, at::kFloat).view({count, 6}) + 0.1F);
    return rows;
}

TEST(PromptCache, KeepsRowsByEncoderAndText)
{
    const PromptCache cache(test::makeTemporaryFolder() + "/deep/prompts");
    EXPECT_FALSE(cache.find("encoder", "a cup").defined());
    const at::Tensor rows = paddedRows(4);
    cache.keep("encoder", "a cup", rows, 4);
    const at::Tensor found = cache.find("encoder", "a cup");
    ASSERT_TRUE(found.defined());
    EXPECT_TRUE(found.equal(rows));
    EXPECT_FALSE(cache.find("another encoder", "a cup").defined());
    EXPECT_FALSE(cache.find("encoder", "a cup ").defined());
    cache.keep("encoder", "", paddedRows(1), 1);
    EXPECT_TRUE(cache.find("encoder", "").equal(paddedRows(1))) << "the empty prompt is a prompt";
}

TEST(PromptCache, BrokenFilesAreMissesAndWrittenAnew)
{
    const std::string folder = test::makeTemporaryFolder();
    const PromptCache cache(folder);
    cache.keep("encoder", "a cup", paddedRows(4), 4);
    for (const auto& entry : fs::directory_iterator(folder))
        std::ofstream(entry.path(), std::ios::trunc) << "half a fi";
    EXPECT_FALSE(cache.find("encoder", "a cup").defined());
    cache.keep("encoder", "a cup", paddedRows(3), 3);
    EXPECT_TRUE(cache.find("encoder", "a cup").equal(paddedRows(3)));
}

TEST(PromptCache, AFolderThatCannotBeWrittenCostsOnlyTime)
{
    const PromptCache cache("/proc/nowhere/prompts");
    cache.keep("encoder", "a cup", paddedRows(2), 2);
    EXPECT_FALSE(cache.find("encoder", "a cup").defined());
}

}  // namespace
}  // namespace armillary::pipeline
