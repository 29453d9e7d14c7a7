#include "intervention/training_loss.h"

#include "engine/model_analyses.h"
#include "support/study_fixture.h"

#include <ATen/ATen.h>

#include <cmath>

namespace armillary::intervention {
namespace {

using test::GoldenCase;
using test::matches;

TEST(TrainingLoss, IsTheReferences)
{
    const GoldenCase option = GoldenCase::open("cases/theworld/seed_option_5");
    const GoldenCase golden = GoldenCase::open("cases/theworld/seed_labels");
    const auto pipeline = test::loadedPipeline("", "models/theworld-tiny/seed");
    RunRecord record;
    record.question = test::questionAbout({"media/coffee.png"}, "", 1);
    record.question.rawPrompt = option.json()["inputs"]["rendered_prompt"].get<std::string>();
    record.question.world.heightPixels = record.question.world.widthPixels = 48;
    SilentObserver observer;
    for (const auto& [rule, name] : {std::pair(fusion::LabelRule::PromptIds, std::string("labels_code")),
                                     std::pair(fusion::LabelRule::TextOnly, std::string("labels_text_only"))}) {
        const auto loss = trainingLoss(*pipeline, record, {rule, true}, observer, {});
        ASSERT_TRUE(loss) << loss.error().message;
        EXPECT_TRUE(matches(golden, name, at::tensor(loss->labels, at::kLong)));
        EXPECT_TRUE(matches(golden, name + ".loss", at::scalar_tensor(loss->meanNats, at::kFloat)));
        double total = 0;
        std::int64_t counted = 0;
        for (std::size_t i = 0; i < loss->labels.size(); ++i) {
            EXPECT_EQ(std::isnan(loss->nats[i]), i == 0 || loss->labels[i] == fusion::kIgnoredLabel) << i;
            total += std::isnan(loss->nats[i]) ? 0 : loss->nats[i];
            counted += std::isnan(loss->nats[i]) ? 0 : 1;
        }
        EXPECT_NEAR(loss->meanNats, total / static_cast<double>(counted), 1e-9);
        EXPECT_EQ(loss->counted, counted);
    }
}

// More rows than are taken at once, and the answer's own surprise behind them.
TEST(TrainingLoss, OfALongSequenceWithItsAnswer)
{
    const auto pipeline = test::loadedPipeline("models/gemma-tiny", "models/theworld-tiny/spatial-mlp");
    Question question = test::worldQuestion("What is happening?", 4);
    question.world.heightPixels = question.world.widthPixels = 128;  // 256 world tokens
    question.capture.parts = {Capture::PromptLogits, Capture::Logits};
    const auto record = test::answeredBy(*pipeline, question);
    ASSERT_GT(record->layout->size(), 256);
    SilentObserver observer;
    const auto loss = trainingLoss(*pipeline, *record, {fusion::LabelRule::PromptIds, true}, observer, {});
    ASSERT_TRUE(loss) << loss.error().message;
    const std::int64_t length = record->layout->size();
    ASSERT_EQ(static_cast<std::int64_t>(loss->nats.size()), length + 4);
    const at::Tensor prompt = test::recorded(*record, "logits.prompt").log_softmax(1);
    for (std::int64_t i = 1; i < length; ++i) {
        const std::int64_t label = loss->labels[static_cast<std::size_t>(i)];
        if (label != fusion::kIgnoredLabel) {
            EXPECT_NEAR(loss->nats[static_cast<std::size_t>(i)], -prompt[i - 1][label].item<double>(), 1e-4) << i;
        }
    }
    for (std::size_t i = 0; i < 4; ++i)
        EXPECT_NEAR(loss->nats[static_cast<std::size_t>(length) + i],
                    -std::log(static_cast<double>(record->generated[i].probability)), 1e-4);
    const auto without = trainingLoss(*pipeline, *record, {fusion::LabelRule::PromptIds, false}, observer, {});
    ASSERT_TRUE(without);
    EXPECT_EQ(without->counted, loss->counted - 4);
}

TEST(TrainingLoss, ByName)
{
    const auto pipeline = test::loadedPipeline("models/gemma-tiny");
    RunRecord record;
    record.question = test::questionAbout({"media/coffee.png"}, "Hi", 1);
    SilentObserver observer;
    const auto result = engine::analyse(*pipeline, record, {"training-loss", {}}, observer, {});
    ASSERT_TRUE(result) << result.error().message;
    EXPECT_GT(*result->number("loss"), 0);
    EXPECT_EQ(result->tables[0].rows.size(), static_cast<std::size_t>(*result->number("positions")));
    EXPECT_FALSE(engine::analyse(*pipeline, record, {"training-loss", {{"labels", "none"}}}, observer, {}));
}

// One token predicts nothing and is predicted by nothing.
TEST(TrainingLoss, OfOneToken)
{
    const auto pipeline = test::loadedPipeline("models/gemma-tiny");
    RunRecord record;
    record.question.rawPrompt = "<bos>";
    SilentObserver observer;
    const auto loss = trainingLoss(*pipeline, record, {}, observer, {});
    ASSERT_TRUE(loss) << loss.error().message;
    EXPECT_EQ(loss->counted, 0);
    EXPECT_TRUE(std::isnan(loss->meanNats));
}

}  // namespace
}  // namespace armillary::intervention
