#include "cosmos/world_rollout.h"

#include "support/test_data.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

namespace armillary::cosmos {
namespace {

using ::testing::HasSubstr;

class StepWatcher final : public RolloutWatcher {
public:
    void onStep(const RolloutStep& step) override
    {
        latents.push_back(step.latents.clone());
        estimates.push_back(step.estimate.clone());
        EXPECT_EQ(step.index + 1, static_cast<std::int64_t>(latents.size()));
        EXPECT_GE(step.seconds, 0);
        if (step.index == stopAfter)
            stop.request_stop();
    }
    void onPreview(std::int64_t index, const at::Tensor& pixels) override
    {
        previews.push_back(index);
        previewShape = pixels.sizes().vec();
    }
    std::int64_t stopAfter = -1;
    std::stop_source stop;
    std::vector<at::Tensor> latents;
    std::vector<at::Tensor> estimates;
    std::vector<std::int64_t> previews;
    std::vector<std::int64_t> previewShape;
};

class WorldRollout : public ::testing::Test {
protected:
    void SetUp() override
    {
        vae = *VideoVae::load(*io::openModelFolder(test::dataPath("models/cosmos-tiny/vae")), at::kCPU, at::kFloat);
        transformer = *WorldTransformer::load(*io::openModelFolder(test::dataPath("models/cosmos-tiny/transformer")),
                                              at::kCPU, at::kFloat);
        at::manual_seed(12);
        frames = at::rand({3, 5, 32, 48}) * 2 - 1;
        prompt = transformer->prepareText(at::randn({8, 32}));
        negative = transformer->prepareText(at::randn({8, 32}));
        options.frames = 9;
        options.steps = 5;
        options.seed = 3;
    }

    Result<RolloutCondition> condition(std::int64_t given) const
    {
        SilentObserver observer;
        return conditionRollout(*vae, *transformer, frames.narrow(1, 0, given), options.frames, observer, {});
    }

    Result<Rollout> run(const Result<RolloutCondition>& from, StepWatcher& watcher) const
    {
        EXPECT_TRUE(from) << from.error().message;
        SilentObserver observer;
        return runRollout(*vae, *transformer, options, *from, prompt, negative, watcher, observer,
                          watcher.stop.get_token());
    }

    std::unique_ptr<VideoVae> vae;
    std::unique_ptr<WorldTransformer> transformer;
    at::Tensor frames;
    TextKeys prompt, negative;
    RolloutOptions options;
};

TEST_F(WorldRollout, SeedsRepeatToTheBitAndDiffer)
{
    StepWatcher first, second, third;
    const auto from = condition(1);
    const auto one = run(from, first);
    const auto two = run(from, second);
    options.seed = 4;
    const auto other = run(from, third);
    ASSERT_TRUE(one && two && other);
    EXPECT_TRUE(at::equal(one->latents, two->latents));
    EXPECT_FALSE(at::allclose(one->latents, other->latents, 1e-2, 1e-2));
}

// Two calls of torch.randn([2, 1, 4, 4]) after torch.Generator("cpu").manual_seed(3), PyTorch 2.13.
TEST_F(WorldRollout, SeedsAreThoseOfTheReferencesGenerator)
{
    const RolloutNoise noise = noiseFromSeed(3, {2, 1, 4, 4});
    EXPECT_NEAR(noise.vae.flatten()[0].item<float>(), -0.07664429396390915, 1e-5);
    EXPECT_NEAR(noise.vae.flatten()[2].item<float>(), -0.7820168137550354, 1e-5);
    EXPECT_NEAR(noise.vae.flatten()[31].item<float>(), -0.1468081772327423, 1e-5);
    EXPECT_NEAR(noise.start.flatten()[0].item<float>(), -0.47603094577789307, 1e-5);
    EXPECT_NEAR(noise.start.flatten()[2].item<float>(), -0.3480893075466156, 1e-5);
}

TEST_F(WorldRollout, TheLastStepMovesNothing)
{
    StepWatcher watcher;
    ASSERT_TRUE(run(condition(1), watcher));
    ASSERT_EQ(watcher.latents.size(), 5U);
    EXPECT_TRUE(at::equal(watcher.latents[4], watcher.latents[3]));
    EXPECT_FALSE(at::equal(watcher.latents[3], watcher.latents[2]));
}

TEST_F(WorldRollout, GivenFramesStayAsTheyAreInEveryEstimate)
{
    StepWatcher watcher;
    const auto rollout = run(condition(5), watcher);
    ASSERT_TRUE(rollout);
    EXPECT_EQ(rollout->condition.size(1), 2);
    for (const at::Tensor& estimate : watcher.estimates)
        EXPECT_TRUE(at::allclose(estimate.narrow(1, 0, 2), rollout->condition, 1e-5, 1e-5));
}

TEST_F(WorldRollout, AStopKeepsTheStepsMade)
{
    StepWatcher watcher;
    watcher.stopAfter = 1;
    const auto rollout = run(condition(1), watcher);
    ASSERT_TRUE(rollout);
    EXPECT_TRUE(rollout->isStopped);
    EXPECT_EQ(rollout->stepsDone, 2);
    EXPECT_TRUE(at::equal(rollout->latents, watcher.latents.back()));
    EXPECT_TRUE(rollout->estimate.defined());

    StepWatcher early;
    early.stop.request_stop();
    const auto none = run(condition(1), early);
    ASSERT_FALSE(none);
    EXPECT_EQ(none.error().code, ErrorCode::Cancelled);
}

TEST_F(WorldRollout, PreviewsComeEverySoManySteps)
{
    StepWatcher watcher;
    options.previewEvery = 2;
    ASSERT_TRUE(run(condition(1), watcher));
    EXPECT_EQ(watcher.previews, (std::vector<std::int64_t>{1, 3}));
    EXPECT_EQ(watcher.previewShape, (std::vector<std::int64_t>{9, 32, 48, 3}));
}

TEST_F(WorldRollout, StoppedDecodesKeepTheirFrames)
{
    class StopLate final : public RunObserver {
    public:
        void onStage(std::string_view, std::int64_t done, std::int64_t total) override
        {
            if (done * 10 > total * 7)
                stop.request_stop();
        }
        std::stop_source stop;
    } observer;
    const auto decoded = decodeRollout(*vae, at::randn({16, 3, 2, 2}), observer, observer.stop.get_token());
    ASSERT_TRUE(decoded);
    EXPECT_TRUE(decoded->isStopped);
    EXPECT_EQ(decoded->pixels.sizes(), (at::IntArrayRef{5, 16, 16, 3}));
}

TEST_F(WorldRollout, OnlyTheLastFramesOfALongClipAreUsed)
{
    options.frames = 1;
    const auto last = condition(5);
    ASSERT_TRUE(last);
    EXPECT_EQ(last->latentFrames, 1);
    EXPECT_EQ(last->conditionFrames, 1);
    SilentObserver observer;
    const auto alone = vae->encode(frames.narrow(1, 4, 1), observer, {});
    EXPECT_TRUE(at::equal(last->posterior.mean, alone->mean));
}

TEST_F(WorldRollout, NumbersThatAreNotFiniteEndIt)
{
    StepWatcher watcher;
    options.noise = at::zeros({16, 3, 4, 6});
    options.noise[0][2][1][1] = std::numeric_limits<float>::quiet_NaN();
    const auto rollout = run(condition(1), watcher);
    ASSERT_FALSE(rollout);
    EXPECT_EQ(rollout.error().code, ErrorCode::ModelMismatch);
    EXPECT_THAT(rollout.error().message, HasSubstr("not finite"));
}

TEST_F(WorldRollout, WrongInputsAreSentences)
{
    SilentObserver observer;
    const auto odd = conditionRollout(*vae, *transformer, at::zeros({3, 1, 24, 32}), 9, observer, {});
    EXPECT_THAT(odd.error().message, HasSubstr("multiple of 16"));
    const auto uneven = conditionRollout(*vae, *transformer, at::zeros({3, 1, 36, 32}), 9, observer, {});
    EXPECT_THAT(uneven.error().message, HasSubstr("multiples of 16"));
    EXPECT_FALSE(conditionRollout(*vae, *transformer, at::zeros({3, 0, 32, 32}), 9, observer, {}));
    EXPECT_FALSE(conditionRollout(*vae, *transformer, frames, 0, observer, {}));
    StepWatcher watcher;
    options.noise = at::zeros({16, 3, 4, 4});
    EXPECT_THAT(run(condition(1), watcher).error().message, HasSubstr("16x3x4x6"));
    options.noise.reset();
    options.steps = 0;
    EXPECT_EQ(run(condition(1), watcher).error().code, ErrorCode::InvalidInput);
}

}  // namespace
}  // namespace armillary::cosmos
