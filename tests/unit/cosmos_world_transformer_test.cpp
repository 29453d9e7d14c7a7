#include "cosmos/world_transformer.h"

#include "support/test_data.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace armillary::cosmos {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

io::ModelFolder transformerFolder()
{
    return *io::openModelFolder(test::dataPath("models/cosmos-tiny/transformer"));
}

std::unique_ptr<WorldTransformer> tiny(at::ScalarType format = at::kFloat)
{
    return *WorldTransformer::load(transformerFolder(), at::kCPU, format);
}

at::Tensor output(const WorldTransformer& transformer, const at::Tensor& latents, std::int64_t conditionFrames,
                  const at::Tensor& times, const at::Tensor& text)
{
    tensors::NoTaps taps;
    const auto out = transformer.forward(latents, conditionFrames, times, transformer.prepareText(text), 16, taps, {});
    EXPECT_TRUE(out);
    return *out;
}

TEST(WorldTransformer, SizesItCannotPlaceAreSentencesInPixels)
{
    const auto transformer = tiny();
    EXPECT_TRUE(transformer->checkSize(24, 88, 160, 8));
    EXPECT_THAT(transformer->checkSize(1, 9, 10, 8).error().message, HasSubstr("multiple of 16"));
    EXPECT_THAT(transformer->checkSize(200, 8, 8, 8).error().message,
                AllOf(HasSubstr("128 latent frames"), HasSubstr("2048x2048")));
    EXPECT_FALSE(transformer->checkSize(1, 0, 8, 8));
}

// The mask, the frames' own times and the text all reach the output.
TEST(WorldTransformer, EveryInputMatters)
{
    const auto transformer = tiny();
    at::manual_seed(11);
    const at::Tensor latents = at::randn({16, 3, 4, 4});
    const at::Tensor times = at::full({3}, 0.5F);
    const at::Tensor text = at::randn({6, 32});
    const at::Tensor base = output(*transformer, latents, 1, times, text);
    EXPECT_TRUE(at::equal(base, output(*transformer, latents, 1, times, text)));
    EXPECT_FALSE(at::allclose(base, output(*transformer, latents, 2, times, text), 1e-4, 1e-4));
    EXPECT_FALSE(
        at::allclose(base, output(*transformer, latents, 1, at::tensor({0.5F, 0.5F, 0.9F}), text), 1e-4, 1e-4));
    EXPECT_FALSE(at::allclose(base, output(*transformer, latents, 1, times, text * 2 + 1), 1e-4, 1e-4));
}

TEST(WorldTransformer, StopsBeforeABlock)
{
    const auto transformer = tiny();
    tensors::NoTaps taps;
    std::stop_source stop;
    stop.request_stop();
    const auto out =
        transformer->forward(at::zeros({16, 1, 2, 2}), 0, at::zeros({1}), transformer->prepareText(at::zeros({2, 32})),
                             std::nullopt, taps, stop.get_token());
    ASSERT_FALSE(out);
    EXPECT_EQ(out.error().code, ErrorCode::Cancelled);
}

TEST(WorldTransformer, WeightsThatDoNotFitAreNamed)
{
    io::ModelFolder folder = transformerFolder();
    folder.config["in_channels"] = 33;
    EXPECT_THAT(WorldTransformer::load(folder, at::kCPU, at::kFloat).error().message,
                HasSubstr("patch_embed.proj.weight"));
    folder = transformerFolder();
    folder.config["num_layers"] = 5;
    EXPECT_THAT(WorldTransformer::load(folder, at::kCPU, at::kFloat).error().message, HasSubstr("missing"));
    folder.config["num_layers"] = 2;
    const auto surplus = WorldTransformer::load(folder, at::kCPU, at::kFloat);
    ASSERT_FALSE(surplus);
    EXPECT_THAT(surplus.error().message, HasSubstr("transformer_blocks.2"));
}

}  // namespace
}  // namespace armillary::cosmos
