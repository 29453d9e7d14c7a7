// World tokens against TheWorld's and the notes' projections.

#include "fusion/world_projector.h"
#include "support/golden_case.h"
#include "support/test_data.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace armillary::fusion {
namespace {

using test::GoldenCase;
using test::matches;

constexpr std::int64_t kHiddenSize = 64;

std::unique_ptr<WorldProjector> loaded(const std::string& checkpoint, at::ScalarType format = at::kFloat)
{
    const auto folder = io::openModelFolder(test::dataPath("models/theworld-tiny/" + checkpoint), {"model", "world"});
    EXPECT_TRUE(folder) << folder.error().message;
    auto projector = WorldProjector::load(*folder, kHiddenSize, at::kCPU, format);
    EXPECT_TRUE(projector) << projector.error().message;
    return std::move(*projector);
}

at::Tensor projected(const WorldProjector& projector, const at::Tensor& latents)
{
    const auto tokens = projector.project(latents);
    EXPECT_TRUE(tokens) << tokens.error().message;
    return *tokens;
}

class Checkpoint : public ::testing::TestWithParam<std::string> {};

TEST_P(Checkpoint, ProjectsToTheReferencesTokens)
{
    const GoldenCase golden = GoldenCase::open("cases/theworld/" + GetParam());
    const auto projector = loaded(GetParam());
    EXPECT_EQ(projector->name(), GetParam());
    const at::Tensor latents = golden.tensor("latents").squeeze(0).unsqueeze(1);  // [Z,1,h,w]
    EXPECT_TRUE(matches(golden, "world_embeds", projected(*projector, latents)));
    EXPECT_EQ(projector->tokenGrid(16, 1, latents.size(2), latents.size(3))->tokenCount(),
              golden.tensor("world_embeds").size(1));
}

INSTANTIATE_TEST_SUITE_P(Golden, Checkpoint,
                         ::testing::Values("spatial-linear", "spatial-mlp", "spatial-mlp_no_final_gelu",
                                           "channel-linear", "channel-mlp"));

class NotesWorld : public ::testing::TestWithParam<std::string> {};

TEST_P(NotesWorld, AddsTheFramesEmbedding)
{
    const GoldenCase golden = GoldenCase::open("cases/theworld/" + GetParam());
    const auto projector = loaded("seed");
    EXPECT_EQ(projector->maxLatentFrames(), 17);
    EXPECT_TRUE(matches(golden, "world_embeds", projected(*projector, golden.tensor("latents").squeeze(0))));
}

INSTANTIATE_TEST_SUITE_P(Golden, NotesWorld,
                         ::testing::Values("seed_world_224", "seed_world_multi", "seed_world_native",
                                           "seed_world_rollout"));

TEST(WorldProjectorGolden, BFloat16StaysNearTheReferences)
{
    const GoldenCase golden = GoldenCase::open("cases/theworld/spatial-mlp");
    const at::Tensor latents = golden.tensor("ref.latents").squeeze(0).unsqueeze(1);
    const at::Tensor tokens = projected(*loaded("spatial-mlp", at::kBFloat16), latents);
    EXPECT_EQ(tokens.scalar_type(), at::kBFloat16);
    EXPECT_TRUE(matches(golden, "ref.world_embeds", tokens));
}

}  // namespace
}  // namespace armillary::fusion
