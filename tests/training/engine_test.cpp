// The engine's answers about scenes against the trainer's, with the same weights, for every source of world tokens: what the
// trainer measures is what a person gets.
#include "demo_fixture.h"
#include "engine/engine.h"
#include "training/evaluation.h"
#include "training/scene_batch.h"

#include "cosmos/world_rollout.h"

#include <ATen/core/grad_mode.h>

namespace armillary::training {
namespace {

using namespace test;

TEST(TrainingEngine, AnswersAreAsProbableAsTheTrainerSays)
{
    const at::NoGradGuard noGradients;
    const auto engine = makeEngine();
    SilentObserver observer;
    const std::string folder = exportedDemo();
    const auto report = engine->load({folder + "/gemma", folder + "/theworld", folder + "/cosmos"},
                                     {"cpu", NumberFormat::Float32, NumberFormat::Float32}, observer, {});
    ASSERT_TRUE(report) << report.error().message;

    const auto snapshot = readDemoSnapshot(folder);
    ASSERT_TRUE(snapshot) << snapshot.error().message;
    const std::vector<scenes::ExamScene> scenes = scenesOf(3, 0, 2);
    const scenes::SceneQuestion& question = scenes[0].questions.back();
    const at::Tensor truth = latentsOfClips(*snapshot->vae, clipsOf(scenes));
    const at::Tensor rolled = rolledOutExam(*snapshot, clipsOf(scenes), scenes);
    for (const scenes::WorldGiven world : scenes::kWorldsGiven) {
        at::Tensor latents;
        if (world == scenes::WorldGiven::True)
            latents = truth.narrow(0, 0, 1);
        else if (world == scenes::WorldGiven::Rollout)
            latents = rolled.narrow(0, 0, 1);
        else if (world == scenes::WorldGiven::Foreign)
            latents = truth.narrow(0, 1, 1);
        const auto answers =
            snapshot->language->answer(stillsOf({scenes[0]}), latents, {{{question.text, question.answer}}});
        const at::Tensor expected = at::softmax(answers.logits, -1);

        Question asked = scenes::engineQuestion(scenes[0], question, world, scenes[1]);
        for (std::int64_t i = 0; i < answers.labels.size(0); ++i)
            asked.answerPrefix.push_back(answers.labels[i].item<std::int64_t>());
        const auto record = engine->ask(asked, observer, {});
        ASSERT_TRUE(record) << record.error().message;
        ASSERT_GE((*record)->generated.size(), asked.answerPrefix.size()) << scenes::worldName(world);
        for (std::size_t i = 0; i < asked.answerPrefix.size(); ++i) {
            const auto& piece = (*record)->generated[i];
            ASSERT_EQ(piece.id, asked.answerPrefix[i]);
            const auto wanted = expected[static_cast<std::int64_t>(i)][piece.id].item<double>();
            EXPECT_NEAR(piece.probability, wanted, 1e-3 * wanted + 1e-6) << scenes::worldName(world) << " " << i;
        }
    }
}

}  // namespace
}  // namespace armillary::training
