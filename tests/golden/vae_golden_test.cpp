// The video autoencoder against diffusers' AutoencoderKLWan.

#include "cosmos/video_vae.h"
#include "io/image_file.h"
#include "picture/resize.h"
#include "support/golden_case.h"
#include "support/test_data.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

namespace armillary::cosmos {
namespace {

using test::GoldenCase;
using test::matches;

std::unique_ptr<VideoVae> loadedVae(at::ScalarType format = at::kFloat)
{
    const auto folder = io::openModelFolder(test::dataPath("models/cosmos-tiny/vae"));
    EXPECT_TRUE(folder) << folder.error().message;
    auto vae = VideoVae::load(*folder, at::kCPU, format);
    EXPECT_TRUE(vae) << vae.error().message;
    return std::move(*vae);
}

// uint8 [F,h,w,3] -> [3,F,h,w]; `isCentred` maps to [-1,1], otherwise values stay 0...255.
at::Tensor framesFrom(const at::Tensor& frames8, bool isCentred)
{
    const at::Tensor frames = frames8.permute({3, 0, 1, 2}).to(at::kFloat);
    return isCentred ? frames / 255 * 2 - 1 : frames;
}

LatentPosterior encoded(const VideoVae& vae, const at::Tensor& frames)
{
    SilentObserver observer;
    const auto posterior = vae.encode(frames, observer, {});
    EXPECT_TRUE(posterior) << posterior.error().message;
    return *posterior;
}

at::Tensor decoded(const VideoVae& vae, const at::Tensor& latents)
{
    SilentObserver observer;
    const auto frames = vae.decode(latents, observer, {});
    EXPECT_TRUE(frames) << frames.error().message;
    return *frames;
}

// What TheWorld's code feeds the VAE: the case's picture, bilinear to its size, [3,1,h,w] in 0...255.
at::Tensor theWorldInput(const GoldenCase& golden)
{
    const auto& inputs = golden.json()["inputs"];
    const auto image = io::readImage(test::dataPath(inputs["image"].get<std::string>()));
    EXPECT_TRUE(image) << image.error().message;
    const auto size = inputs["vae_input_size_hw"].get<std::vector<int>>();
    const Image small = picture::resize(*image, size[0], size[1], picture::ResizeFilter::Bilinear);
    const std::vector<std::uint8_t> bytes(small.rgb().begin(), small.rgb().end());
    return framesFrom(at::tensor(bytes, at::kByte).view({1, size[0], size[1], 3}), false);
}

class VaeClip : public ::testing::TestWithParam<std::string> {};

TEST_P(VaeClip, EncodesToTheReferencesPosteriorAndDecodesItsMean)
{
    const GoldenCase golden = GoldenCase::open("cases/cosmos/" + GetParam());
    const auto vae = loadedVae();
    const LatentPosterior posterior = encoded(*vae, framesFrom(golden.tensor("frames"), true));
    EXPECT_TRUE(matches(golden, "mean", posterior.mean));
    EXPECT_TRUE(matches(golden, "logvar", posterior.logVariance));
    if (golden.has("normalized")) {
        EXPECT_TRUE(matches(golden, "normalized", vae->normalised(posterior.mean)));
    }
    if (golden.has("decoded")) {
        EXPECT_TRUE(matches(golden, "decoded", decoded(*vae, golden.tensor("mean").squeeze(0))));
    }
}

INSTANTIATE_TEST_SUITE_P(Golden, VaeClip, ::testing::Values("vae_1", "vae_5", "vae_9"));

TEST(VaeGolden, DecodesRandomLatents)
{
    const GoldenCase golden = GoldenCase::open("cases/cosmos/vae_decode_random");
    const auto vae = loadedVae();
    EXPECT_TRUE(matches(golden, "decoded", decoded(*vae, golden.tensor("latents").squeeze(0))));
}

// The notes' world tokens: one frame, nine frames, and a picture of odd size in 0...255.
TEST(VaeGolden, EncodesTheNotesFrames)
{
    const auto vae = loadedVae();
    for (const std::string name : {"seed_world_224", "seed_world_multi"}) {
        const GoldenCase golden = GoldenCase::open("cases/theworld/" + name);
        EXPECT_TRUE(matches(golden, "latents", encoded(*vae, framesFrom(golden.tensor("frames"), true)).mean)) << name;
    }
}

class TheWorldPicture : public ::testing::TestWithParam<std::string> {};

TEST_P(TheWorldPicture, EncodesZeroTo255ToTheReferencesMode)
{
    const GoldenCase golden = GoldenCase::open("cases/theworld/" + GetParam());
    const LatentPosterior posterior = encoded(*loadedVae(), theWorldInput(golden));
    EXPECT_TRUE(matches(golden, "latents", posterior.mean.squeeze(1)));
}

INSTANTIATE_TEST_SUITE_P(Golden, TheWorldPicture,
                         ::testing::Values("spatial-linear", "spatial-mlp", "spatial-mlp_no_final_gelu",
                                           "channel-linear", "channel-mlp"));

// The original runs the VAE in bfloat16; ours must land as near to it as its own float32 does.
TEST(VaeGolden, BFloat16StaysNearTheReferences)
{
    const GoldenCase golden = GoldenCase::open("cases/theworld/spatial-mlp");
    const LatentPosterior posterior = encoded(*loadedVae(at::kBFloat16), theWorldInput(golden));
    EXPECT_EQ(posterior.mean.scalar_type(), at::kBFloat16);
    EXPECT_TRUE(matches(golden, "ref.latents", posterior.mean.squeeze(1)));
    EXPECT_FALSE(at::equal(posterior.mean.squeeze(1).to(at::kFloat).unsqueeze(0), golden.tensor("latents")));
}

}  // namespace
}  // namespace armillary::cosmos
