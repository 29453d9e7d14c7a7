#include "cosmos/video_vae.h"

#include "support/test_data.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace armillary::cosmos {
namespace {

using ::testing::HasSubstr;

io::ModelFolder vaeFolder()
{
    return *io::openModelFolder(test::dataPath("models/cosmos-tiny/vae"));
}

std::unique_ptr<VideoVae> tinyVae()
{
    return *VideoVae::load(vaeFolder(), at::kCPU, at::kFloat);
}

// Counts stages and stops the run after so many.
class CountingObserver final : public RunObserver {
public:
    explicit CountingObserver(std::int64_t stopAfter = -1) : m_stopAfter(stopAfter) {}
    void onStage(std::string_view, std::int64_t done, std::int64_t total) override
    {
        EXPECT_GE(done, last);
        last = done;
        this->total = total;
        if (done == m_stopAfter)
            stop.request_stop();
    }
    std::int64_t last = 0;
    std::int64_t total = 0;
    std::stop_source stop;

private:
    std::int64_t m_stopAfter;
};

TEST(VideoVae, DropsFramesBeyondTheLastFullChunk)
{
    const auto vae = tinyVae();
    at::manual_seed(1);
    const at::Tensor frames = at::rand({3, 8, 16, 24}) * 2 - 1;
    SilentObserver observer;
    const auto all = vae->encode(frames, observer, {});
    const auto five = vae->encode(frames.narrow(1, 0, 5), observer, {});
    ASSERT_TRUE(all && five);
    EXPECT_EQ(all->mean.sizes(), (at::IntArrayRef{16, 2, 2, 3}));
    EXPECT_TRUE(at::equal(all->mean, five->mean));
}

TEST(VideoVae, LaterFramesNeverChangeEarlierLatents)
{
    const auto vae = tinyVae();
    at::manual_seed(2);
    const at::Tensor frames = at::rand({3, 9, 16, 16}) * 2 - 1;
    SilentObserver observer;
    const auto nine = vae->encode(frames, observer, {});
    const auto one = vae->encode(frames.narrow(1, 0, 1), observer, {});
    ASSERT_TRUE(nine && one);
    EXPECT_TRUE(at::allclose(nine->mean.narrow(1, 0, 1), one->mean, 1e-5, 1e-5));
    EXPECT_FALSE(at::allclose(nine->mean.narrow(1, 1, 1), nine->mean.narrow(1, 2, 1), 1e-3, 1e-3));
}

TEST(VideoVae, ProgressEndsAtItsTotal)
{
    const auto vae = tinyVae();
    CountingObserver observer;
    const auto posterior = vae->encode(at::zeros({3, 9, 16, 16}), observer, {});
    ASSERT_TRUE(posterior);
    EXPECT_EQ(observer.last, observer.total);
    EXPECT_GT(observer.total, 9);
    CountingObserver decoding;
    ASSERT_TRUE(vae->decode(posterior->mean, decoding, {}));
    EXPECT_EQ(decoding.last, decoding.total);
}

TEST(VideoVae, StopsBetweenLayersAndKeepsDecodedFrames)
{
    const auto vae = tinyVae();
    CountingObserver encoding(3);
    const auto posterior = vae->encode(at::zeros({3, 5, 16, 16}), encoding, encoding.stop.get_token());
    ASSERT_FALSE(posterior);
    EXPECT_EQ(posterior.error().code, ErrorCode::Cancelled);
    EXPECT_EQ(encoding.last, 3);

    CountingObserver decoding(90);
    std::int64_t frames = 0;
    const auto decoded = vae->decode(
        at::zeros({16, 3, 2, 2}), [&](const at::Tensor& chunk) { frames += chunk.size(1); }, decoding,
        decoding.stop.get_token());
    ASSERT_FALSE(decoded);
    EXPECT_EQ(decoded.error().code, ErrorCode::Cancelled);
    EXPECT_EQ(frames, 5);
}

TEST(VideoVae, WrongInputsAreSentences)
{
    const auto vae = tinyVae();
    SilentObserver observer;
    EXPECT_THAT(vae->encode(at::zeros({3, 1, 7, 64}), observer, {}).error().message, HasSubstr("7x64"));
    EXPECT_EQ(vae->encode(at::zeros({3, 0, 16, 16}), observer, {}).error().code, ErrorCode::InvalidInput);
    EXPECT_THAT(vae->decode(at::zeros({8, 1, 2, 2}), observer, {}).error().message, HasSubstr("16 channels"));
}

TEST(VideoVae, WeightsThatDoNotFitTheConfigurationAreNamed)
{
    io::ModelFolder folder = vaeFolder();
    folder.config["base_dim"] = 8;
    const auto wide = VideoVae::load(folder, at::kCPU, at::kFloat);
    ASSERT_FALSE(wide);
    EXPECT_EQ(wide.error().code, ErrorCode::ModelMismatch);
    EXPECT_THAT(wide.error().message, HasSubstr("encoder.conv_in.weight"));

    folder = vaeFolder();
    folder.config["num_res_blocks"] = 3;
    EXPECT_THAT(VideoVae::load(folder, at::kCPU, at::kFloat).error().message, HasSubstr("missing"));
    folder.config["num_res_blocks"] = 1;
    ASSERT_FALSE(VideoVae::load(folder, at::kCPU, at::kFloat));
}

TEST(VideoVae, NormalisedAndRawAreInverse)
{
    const auto vae = tinyVae();
    at::manual_seed(3);
    const at::Tensor latents = at::randn({16, 2, 3, 4});
    EXPECT_TRUE(at::allclose(vae->raw(vae->normalised(latents)), latents, 1e-5, 1e-5));
    EXPECT_NEAR(vae->normalised(at::zeros({16, 1, 1, 1}))[0].item<float>(), 0.7571 / 2.8184, 1e-6);
}

TEST(LatentPosterior, SampleAddsNoiseByItsDeviation)
{
    const LatentPosterior posterior{at::full({2}, 3.0), at::full({2}, 2 * std::log(0.5))};
    EXPECT_TRUE(at::allclose(posterior.sample(at::tensor({1.0, -2.0})), at::tensor({3.5F, 2.0F})));
}

}  // namespace
}  // namespace armillary::cosmos
