// Whole rollouts against Cosmos2VideoToWorldPipeline: from picture and prompt to latents after every step and frames.

#include "cosmos/frame_pixels.h"
#include "cosmos/t5_encoder.h"
#include "cosmos/world_rollout.h"
#include "io/image_file.h"
#include "picture/resize.h"
#include "support/golden_case.h"
#include "support/test_data.h"
#include "text/t5_prompt.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>

namespace armillary::cosmos {
namespace {

using test::GoldenCase;
using test::matches;

class KeptSteps final : public RolloutWatcher {
public:
    void onStep(const RolloutStep& step) override { latents.push_back(step.latents.clone()); }
    std::vector<at::Tensor> latents;
};

// The tiny snapshot and one case's own inputs.
class RolloutGolden : public ::testing::TestWithParam<std::string> {
protected:
    void open(const std::string& path)
    {
        golden = std::make_unique<GoldenCase>(GoldenCase::open(path));
        const auto pipeline = openPipelineFolder(test::dataPath("models/cosmos-tiny"),
                                                 {"vae", "transformer", "text_encoder", "tokenizer", "scheduler"});
        ASSERT_TRUE(pipeline) << pipeline.error().message;
        vae = *VideoVae::load(*openPart(*pipeline, "vae"), at::kCPU, at::kFloat);
        transformer = *WorldTransformer::load(*openPart(*pipeline, "transformer"), at::kCPU, at::kFloat);
        t5 = *T5Encoder::load(*openPart(*pipeline, "text_encoder"), at::kCPU, at::kFloat);
        tokenizer = *text::loadTokenizer(pipeline->part("tokenizer"));

        const auto& inputs = golden->json()["inputs"];
        options.frames = inputs.value("num_frames", inputs.value("frames", 0));
        options.steps = inputs["steps"];
        options.guidance = inputs["guidance_scale"];
        options.framesPerSecond = inputs["fps"];
        options.noise = golden->tensor("noise").squeeze(0);
        options.vaeNoise = golden->tensor("vae_noise").squeeze(0);
    }

    at::Tensor textRows(std::string_view prompt) const
    {
        SilentObserver observer;
        const auto ids = text::encodeT5Prompt(*tokenizer, prompt);
        EXPECT_TRUE(ids) << ids.error().message;
        return *t5->encodePrompt(*ids, observer, {});
    }

    std::string negativePrompt() const
    {
        const auto& inputs = golden->json()["inputs"];
        if (inputs.contains("default_negative_prompt")) {
            EXPECT_EQ(inputs["default_negative_prompt"].get<std::string>(), defaultNegativePrompt());
        }
        const bool isDefault = inputs.contains("default_negative_prompt") || !inputs.contains("negative_prompt");
        return isDefault ? std::string(defaultNegativePrompt()) : inputs["negative_prompt"].get<std::string>();
    }

    // [3,F,h,w] as the pipeline's own preprocessing gives it.
    at::Tensor conditionFrames() const
    {
        if (golden->has("video"))
            return golden->tensor("video").permute({3, 0, 1, 2}).to(at::kFloat) / 255 * 2 - 1;
        const auto& inputs = golden->json()["inputs"];
        const std::string path = inputs.contains("image") ? inputs["image"] : inputs["condition"];
        const auto image = io::readImage(test::dataPath(path));
        EXPECT_TRUE(image) << image.error().message;
        const Image small = picture::resize(*image, inputs["height"], inputs["width"], picture::ResizeFilter::Lanczos);
        const at::Tensor frames = *framesFromImages({&small, 1}, PixelRange::MinusOneToOne);
        if (golden->has("condition")) {
            EXPECT_TRUE(matches(*golden, "condition", frames.transpose(0, 1)));
        }
        return frames;
    }

    Rollout rolledOut(RolloutWatcher& watcher) const
    {
        SilentObserver observer;
        const at::Tensor prompt = textRows(golden->json()["inputs"]["prompt"].get<std::string>());
        const at::Tensor negative = options.isGuided() ? textRows(negativePrompt()) : at::Tensor();
        if (golden->has("prompt_embeds")) {
            EXPECT_TRUE(matches(*golden, "prompt_embeds", at::stack({prompt, negative})));
        }
        const auto condition = conditionRollout(*vae, *transformer, conditionFrames(), options.frames, observer, {});
        EXPECT_TRUE(condition) << condition.error().message;
        const auto rollout =
            runRollout(*vae, *transformer, options, *condition, transformer->prepareText(prompt),
                       options.isGuided() ? transformer->prepareText(negative) : TextKeys(), watcher, observer, {});
        EXPECT_TRUE(rollout) << rollout.error().message;
        return *rollout;
    }

    std::unique_ptr<GoldenCase> golden;
    std::unique_ptr<VideoVae> vae;
    std::unique_ptr<WorldTransformer> transformer;
    std::unique_ptr<T5Encoder> t5;
    std::shared_ptr<const text::Tokenizer> tokenizer;
    RolloutOptions options;
};

TEST_P(RolloutGolden, LatentsOfEveryStepAndFramesAreTheReferences)
{
    open("cases/cosmos/" + GetParam());
    KeptSteps watcher;
    const Rollout rollout = rolledOut(watcher);
    EXPECT_TRUE(matches(*golden, "sigmas", at::tensor(rollout.sigmas, at::kFloat)));
    ASSERT_EQ(watcher.latents.size(), static_cast<std::size_t>(options.steps));
    for (std::size_t step = 0; step < watcher.latents.size(); ++step)
        EXPECT_TRUE(matches(*golden, "latents_after." + std::to_string(step), watcher.latents[step])) << step;
    EXPECT_TRUE(matches(*golden, "latents", rollout.latents));
    EXPECT_EQ(rollout.stepsDone, options.steps);

    SilentObserver observer;
    const auto decoded = decodeRollout(*vae, rollout.latents, observer, {});
    ASSERT_TRUE(decoded) << decoded.error().message;
    // Truncation to 8 bits turns the smallest difference into one level.
    EXPECT_TRUE(matches(golden->tensor("frames8").to(at::kFloat), decoded->pixels.to(at::kFloat), {0, 1, false}));
}

INSTANTIATE_TEST_SUITE_P(Golden, RolloutGolden,
                         ::testing::Values("rollout_5_guided", "rollout_5_unguided", "rollout_9_default_negative",
                                           "rollout_9_from_video", "rollout_9_guided", "rollout_9_steps10"));

class NotesRollout : public RolloutGolden {};

TEST_F(NotesRollout, LatentsOfTheNotesRolloutAreTheReferences)
{
    open("cases/theworld/seed_world_rollout");
    RolloutWatcher watcher;
    EXPECT_TRUE(matches(*golden, "latents", rolledOut(watcher).latents));
}

// The transformer as the pipeline calls it, from its recorded inputs.
TEST_F(NotesRollout, TransformerCallsAreTheReferences)
{
    open("cases/cosmos/rollout_5_guided");
    const at::Tensor rows = golden->tensor("prompt_embeds");
    for (const std::int64_t call : {0, 1}) {
        const std::string name = "call." + std::to_string(call);
        tensors::NoTaps taps;
        const auto output =
            transformer->forward(golden->tensor(name + ".hidden_states").squeeze(0), 1,
                                 golden->tensor(name + ".timestep").flatten(), transformer->prepareText(rows[call]),
                                 options.framesPerSecond, taps, {});
        ASSERT_TRUE(output) << output.error().message;
        EXPECT_TRUE(matches(*golden, name + ".output", *output));
    }
}

}  // namespace
}  // namespace armillary::cosmos
