#include "fusion/world_projector.h"

#include "support/test_data.h"
#include "tensors/weights.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <limits>

namespace armillary::fusion {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

io::ModelFolder folderOf(const std::string& checkpoint)
{
    return *io::openModelFolder(test::dataPath("models/theworld-tiny/" + checkpoint), {"model", "world"});
}

Result<std::unique_ptr<WorldProjector>> load(const io::ModelFolder& folder, std::int64_t hiddenSize = 64)
{
    return WorldProjector::load(folder, hiddenSize, at::kCPU, at::kFloat);
}

TEST(WorldProjector, ChannelModeNamesTheSizeItTakes)
{
    const auto projector = load(folderOf("channel-mlp"));
    ASSERT_TRUE(projector);
    const auto grid = (*projector)->tokenGrid(16, 1, 64, 64);
    ASSERT_TRUE(grid);
    EXPECT_EQ(grid->tokenCount(), 16);
    EXPECT_EQ(grid->origin(3).row, -1);
    const auto wrong = (*projector)->project(at::zeros({16, 1, 8, 8}));
    ASSERT_FALSE(wrong);
    EXPECT_EQ(wrong.error().code, ErrorCode::InvalidInput);
    EXPECT_THAT(wrong.error().message, AllOf(HasSubstr("64x64"), HasSubstr("8x8")));
}

TEST(WorldProjector, ChannelModeGoesFrameByFrame)
{
    const auto projector = load(folderOf("channel-linear"));
    ASSERT_TRUE(projector);
    at::manual_seed(8);
    const at::Tensor latents = at::randn({16, 2, 64, 64});
    const auto both = (*projector)->project(latents);
    const auto second = (*projector)->project(latents.narrow(1, 1, 1));
    ASSERT_TRUE(both && second);
    EXPECT_EQ(both->size(0), 32);
    EXPECT_TRUE(at::allclose(both->narrow(0, 16, 16), *second, 1e-5, 1e-5));
}

TEST(WorldProjector, SpatialTokensGoByFrameRowColumn)
{
    const auto projector = load(folderOf("spatial-mlp"));
    ASSERT_TRUE(projector);
    at::manual_seed(9);
    const at::Tensor latents = at::randn({16, 2, 3, 5});
    const auto tokens = (*projector)->project(latents);
    const auto grid = (*projector)->tokenGrid(16, 2, 3, 5);
    ASSERT_TRUE(tokens && grid);
    ASSERT_EQ(tokens->size(0), grid->tokenCount());
    for (const std::int64_t index : {0, 7, 22}) {
        const TokenOrigin origin = grid->origin(index);
        const at::Tensor cell =
            latents.narrow(1, origin.latentFrame, 1).narrow(2, origin.row, 1).narrow(3, origin.column, 1);
        EXPECT_TRUE(at::allclose((*tokens)[index], (*(*projector)->project(cell))[0], 1e-5, 1e-5)) << index;
    }
}

TEST(WorldProjector, WrongLatentsAreSentences)
{
    const auto projector = load(folderOf("seed"));
    ASSERT_TRUE(projector);
    EXPECT_THAT((*projector)->project(at::zeros({8, 1, 4, 4})).error().message, AllOf(HasSubstr("16"), HasSubstr("8")));
    EXPECT_THAT((*projector)->project(at::zeros({16, 18, 1, 1})).error().message,
                AllOf(HasSubstr("17"), HasSubstr("18")));
    EXPECT_TRUE((*projector)->project(at::zeros({16, 17, 1, 1})));
    EXPECT_FALSE((*projector)->project(at::zeros({16, 4, 4})));
}

TEST(WorldProjector, ConfigurationsItDoesNotKnowAreNamed)
{
    io::ModelFolder folder = folderOf("spatial-mlp");
    folder.config["projection_architecture"] = "transformer";
    EXPECT_THAT(load(folder).error().message, HasSubstr("transformer"));
    folder = folderOf("spatial-mlp");
    folder.config["world_projection_mode"] = "temporal";
    EXPECT_THAT(load(folder).error().message, HasSubstr("temporal"));
    folder = folderOf("spatial-mlp");
    folder.config.erase("world_projection_mode");
    EXPECT_THAT(load(folder).error().message, HasSubstr("world_projection_mode"));
}

TEST(WorldProjector, WeightsThatDoNotFitAreNamed)
{
    EXPECT_THAT(load(folderOf("spatial-mlp"), 2560).error().message, HasSubstr("world_projector.projection.2.weight"));
    io::ModelFolder folder = folderOf("spatial-mlp");
    folder.config["projection_architecture"] = "linear";
    const auto linear = load(folder);
    ASSERT_FALSE(linear);
    EXPECT_EQ(linear.error().code, ErrorCode::ModelMismatch);
    EXPECT_THAT(linear.error().message, HasSubstr("missing: world_projector.projection.weight"));
}

TEST(WorldProjector, NumbersThatAreNotFiniteAreRefused)
{
    io::ModelFolder folder = folderOf("spatial-linear");
    const std::string path = ::testing::TempDir() + "armillary_projector_nan.safetensors";
    at::Tensor weight = at::zeros({64, 16});
    weight[3][4] = std::numeric_limits<float>::quiet_NaN();
    ASSERT_TRUE(
        io::writeSafetensors(path,
                             {{"world_projector.projection.weight", tensors::snapshotFromTensor(weight)},
                              {"world_projector.projection.bias", tensors::snapshotFromTensor(at::zeros({64}))}},
                             {}));
    folder.files = {*io::SafetensorsFile::open(path)};
    std::filesystem::remove(path);
    EXPECT_THAT(load(folder).error().message, HasSubstr("not finite"));
}

}  // namespace
}  // namespace armillary::fusion
