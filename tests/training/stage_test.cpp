#include "training/stage.h"

#include "demo_fixture.h"
#include "training/language_stage.h"
#include "training/scene_batch.h"
#include "training/transformer_stage.h"
#include "training/vae_stage.h"
#include "training/vision_stage.h"

#include <functional>

namespace armillary::training {
namespace {

using namespace test;

StageRun runIn(const std::string& folder, std::int64_t stopAfter = -1)
{
    StageRun run;
    run.folder = folder;
    run.isStopped = [] { return false; };
    run.say = [](const std::string&) {};
    run.measuresPerStage = 1;
    run.stopAfter = stopAfter;
    return run;
}

// Trains in one go, and again with a stop in between; the results must be the same to the bit.
void expectResumes(const std::string& name, const std::function<std::unique_ptr<Stage>()>& make)
{
    const std::string whole = freshFolder(name + "_whole");
    const std::string halved = freshFolder(name + "_halved");
    const auto end = runStage(*make(), runIn(whole));
    ASSERT_TRUE(end) << end.error().message;
    EXPECT_EQ(*end, StageEnd::Finished);
    EXPECT_EQ(*runStage(*make(), runIn(halved, 2)), StageEnd::Stopped);
    EXPECT_FALSE(fileExists(resultPath(halved, name)));
    EXPECT_EQ(*runStage(*make(), runIn(halved)), StageEnd::Finished);
    EXPECT_FALSE(fileExists(checkpointPath(halved, name)));
    const auto one = readTensors(resultPath(whole, name));
    const auto two = readTensors(resultPath(halved, name));
    ASSERT_TRUE(one && two);
    ASSERT_EQ(one->size(), two->size());
    for (const auto& [tensorName, tensor] : *one)
        EXPECT_TRUE(at::equal(tensor, two->at(tensorName))) << tensorName;
    // Trained values are not those of the start.
    bool hasMoved = false;
    const auto fresh = make();
    for (const auto& [tensorName, tensor] : fresh->parameters().all())
        hasMoved = hasMoved || !at::equal(tensor.detach(), one->at(tensorName));
    EXPECT_TRUE(hasMoved);
    std::filesystem::remove_all(whole);
    std::filesystem::remove_all(halved);
}

LatentStore fewLatents()
{
    return LatentStore(normalTensor(3, {6, 16, 3, 8, 8}).to(at::kHalf));
}

TEST(TrainingStage, VaeResumesToTheBit)
{
    VaeStageOptions options;
    options.steps = 5;
    options.crops = options.clips = options.pictures = 1;
    options.heldOut = options.statistics = 1;
    expectResumes("vae", [&] { return makeVaeStage(demoForm(), 7, options); });
}

TEST(TrainingStage, VisionResumesToTheBit)
{
    VisionStageOptions options{.steps = 4, .scenes = 2, .heldOut = 2};
    expectResumes("vision", [&] { return *makeVisionStage(demoForm(), 7, options); });
}

TEST(TrainingStage, LanguageResumesToTheBit)
{
    const DemoTemplate form = demoForm();
    const TensorMap start = (*DemoLanguage::make(form, 1))->parameters().values();
    LanguageStageOptions options;
    options.steps = 4;
    options.scenes = 2;
    options.questions = 3;
    options.warmShare = 0.3;
    options.denseShare = 1;
    options.worldShare = 0.5;
    options.rolloutShare = 0.5;
    options.heldOut = 2;
    Parameters parameters(1);
    const auto transformer = std::make_shared<const TransformerNet>(parameters, form.transformer);
    const auto store = std::make_shared<const LatentStore>(fewLatents());
    expectResumes("language", [&] {
        return *makeLanguageStage(form, 7, options, start, {store, normalTensor(1, {2, 16, 3, 8, 8}), transformer});
    });
}

TEST(TrainingStage, TransformerResumesToTheBit)
{
    const DemoTemplate form = demoForm();
    TransformerStageOptions options{.steps = 4, .clips = 2, .heldOut = 2};
    Parameters parameters(1);
    const auto vae = std::make_shared<const VaeNet>(parameters, form.vae);
    const auto store = std::make_shared<const LatentStore>(fewLatents());
    expectResumes("transformer", [&] {
        return makeTransformerStage(form, 7, options, store, normalTensor(1, {2, 16, 3, 8, 8}), vae);
    });
}

TEST(TrainingStage, ALossFallsWhenLearning)
{
    VisionStageOptions options{.steps = 30, .scenes = 4, .heldOut = 2};
    const auto stage = *makeVisionStage(demoForm(), 7, options);
    const double before = stage->loss(1000).item<double>();
    const std::string folder = freshFolder("learning");
    ASSERT_TRUE(runStage(*stage, runIn(folder)));
    EXPECT_LT(stage->loss(1000).item<double>(), 0.7 * before);
    std::filesystem::remove_all(folder);
}

TEST(TrainingScenes, StillIsTheMiddleFrameAndTrueClipsHaveNoErrors)
{
    const auto scenes = scenesOf(heldOutScenes(1), 0, 12);
    const at::Tensor clips = clipsOf(scenes);
    EXPECT_TRUE(at::equal(stillsOf(scenes), clips.select(2, scenes::kNow)));
    for (const double error : positionErrors(picturesOf(clips, scenes::kFrames - 1), scenes))
        EXPECT_LT(error, 1.5);
}

}  // namespace
}  // namespace armillary::training
