// The design notes' integration options over the notes' own projection, whole: from the picture through Engine::ask.

#include "support/engine_fixture.h"

#include "fusion/training_labels.h"
#include "language/loss.h"

namespace armillary {
namespace {

using test::GoldenCase;
using test::matches;

Question optionQuestion(const GoldenCase& golden, FusionOption fusion)
{
    Question question = test::questionAbout({"media/coffee.png"}, "", 8);
    question.rawPrompt = golden.json()["inputs"]["rendered_prompt"].get<std::string>();
    question.world.fusion = fusion;
    question.world.heightPixels = question.world.widthPixels = 48;
    question.capture.parts = {Capture::Embeds, Capture::PromptLogits, Capture::Hidden, Capture::Attention};
    return question;
}

struct Option {
    FusionOption fusion;
    std::string name;
};

class IntegrationOption : public ::testing::TestWithParam<Option> {};

TEST_P(IntegrationOption, IsTheReferences)
{
    const GoldenCase golden = GoldenCase::open("cases/theworld/seed_option_" + GetParam().name);
    const auto engine = test::loadedEngine("", "models/theworld-tiny/seed");
    const auto record = test::answered(*engine, optionQuestion(golden, GetParam().fusion));
    ASSERT_TRUE(record);
    EXPECT_TRUE(matches(golden, "world_embeds", test::recorded(*record, "world.embeds")));
    EXPECT_TRUE(matches(golden, "combined_embeds", test::recorded(*record, "inputs.embeds")));
    if (golden.has("logits")) {
        EXPECT_TRUE(matches(golden, "logits", test::recorded(*record, "logits.prompt")));
    }
    EXPECT_TRUE(matches(golden, "generated_ids", test::generatedIds(*record)));
    const std::int64_t length = record->layout->size();
    if (golden.has("last_hidden_state")) {
        EXPECT_TRUE(matches(golden, "last_hidden_state", test::recorded(*record, "hidden.7").slice(0, 0, length)));
    }
    for (const std::string layer : {"0", "5"}) {
        if (golden.has("attention." + layer)) {
            EXPECT_TRUE(matches(golden, "attention." + layer,
                                test::recorded(*record, "attention." + layer).slice(1, 0, length).slice(2, 0, length)));
        }
    }

    // Where the world stands: a list of positions, or [begin, end) for the options without placeholders.
    std::vector<std::int64_t> want = golden.json()["world_span"].get<std::vector<std::int64_t>>();
    const bool isRange = GetParam().fusion == FusionOption::Prepend || GetParam().fusion == FusionOption::Scatter ||
                         GetParam().fusion == FusionOption::Brackets;
    if (isRange) {
        const std::int64_t begin = want[0], end = want[1];
        want.clear();
        for (std::int64_t i = begin; i < end; ++i)
            want.push_back(i);
    }
    std::vector<std::int64_t> got;
    for (std::int64_t i = 0; i < length; ++i) {
        if (record->layout->kinds[static_cast<std::size_t>(i)] == TokenKind::World)
            got.push_back(i);
    }
    EXPECT_EQ(got, want);
}

INSTANTIATE_TEST_SUITE_P(Options, IntegrationOption,
                         ::testing::Values(Option{FusionOption::Prepend, "1"}, Option{FusionOption::Scatter, "1"},
                                           Option{FusionOption::Repeated, "4a"}, Option{FusionOption::Pooled, "4b"},
                                           Option{FusionOption::Indexed, "4c"}, Option{FusionOption::Brackets, "5"}));

// The same prompt from a question instead of a rendered text, but for the generation prompt at its end.
TEST(IntegrationOptionPrompt, TheChatTemplatePutsTheWorldTextFirst)
{
    const auto engine = test::loadedEngine("", "models/theworld-tiny/seed");
    for (const auto& [fusion, name] :
         {std::pair(FusionOption::Repeated, "4a"), std::pair(FusionOption::Pooled, "4b"),
          std::pair(FusionOption::Indexed, "4c"), std::pair(FusionOption::Brackets, "5")}) {
        const GoldenCase golden = GoldenCase::open(std::string("cases/theworld/seed_option_") + name);
        Question question = test::questionAbout({"media/coffee.png"}, "What will the red car do next?", 1);
        question.world.fusion = fusion;
        question.world.heightPixels = question.world.widthPixels = 48;
        const auto record = test::answered(*engine, question);
        ASSERT_TRUE(record);
        EXPECT_EQ(record->renderedPrompt,
                  golden.json()["inputs"]["rendered_prompt"].get<std::string>() + "<start_of_turn>model\n");
    }
}

TEST(TrainingLabels, AreTheReferencesAndSoIsTheirLoss)
{
    const GoldenCase option = GoldenCase::open("cases/theworld/seed_option_5");
    const GoldenCase golden = GoldenCase::open("cases/theworld/seed_labels");
    const auto engine = test::loadedEngine("", "models/theworld-tiny/seed");
    const auto record = test::answered(*engine, optionQuestion(option, FusionOption::Brackets));
    ASSERT_TRUE(record);
    const at::Tensor logits = test::recorded(*record, "logits.prompt");
    const auto labelsOf = [&](fusion::LabelRule rule) {
        return at::tensor(fusion::trainingLabels(*record->layout, rule), at::kLong);
    };
    const at::Tensor code = labelsOf(fusion::LabelRule::PromptIds);
    const at::Tensor text = labelsOf(fusion::LabelRule::TextOnly);
    EXPECT_TRUE(matches(golden, "labels_code", code));
    EXPECT_TRUE(matches(option, "labels", code));
    EXPECT_TRUE(matches(golden, "labels_text_only", text));
    EXPECT_TRUE(matches(golden, "labels_code.loss", language::teacherForcedLoss(logits, code).mean));
    EXPECT_TRUE(matches(golden, "labels_text_only.loss", language::teacherForcedLoss(logits, text).mean));
    EXPECT_TRUE(matches(option, "loss", language::teacherForcedLoss(logits, code).mean));
}

// Without pixels the image positions hold the placeholder's embedding; with them each holds a feature of its own.
TEST(SiglipChecks, FeaturesReplaceThePlaceholder)
{
    const GoldenCase golden = GoldenCase::open("cases/theworld/seed_siglip_checks");
    const auto engine = test::loadedEngine("models/gemma-tiny");
    int index = 0;
    for (const std::string picture : {"media/coffee.png", "media/astronaut.png"}) {
        const auto record =
            test::answered(*engine, test::questionAbout({picture}, "What will the red car do next?", 1));
        ASSERT_TRUE(record);
        const std::string name = "image" + std::to_string(index++);
        const at::Tensor features = test::recorded(*record, "image.embeds");
        EXPECT_TRUE(matches(golden, name + ".features", features));
        const at::Tensor placeholder = golden.tensor(name + ".placeholder");
        EXPECT_TRUE(at::equal(placeholder[0], placeholder[15]));
        EXPECT_GT((features - placeholder).abs().amax(1).min().item<float>(), 0.1F);
    }
}

TEST(NativeSizeWorld, IsTheEarlierCodes)
{
    const GoldenCase golden = GoldenCase::open("cases/theworld/seed_world_native");
    const auto engine = test::loadedEngine("", "models/theworld-tiny/seed");
    Question question = test::questionAbout({"media/tiny.png"}, "Hi", 1);
    question.world.heightPixels = question.media[0].frames[0].height();
    question.world.widthPixels = question.media[0].frames[0].width();
    question.world.pixelRange = PixelRange::ZeroTo255;
    const auto record = test::answered(*engine, question);
    ASSERT_TRUE(record);
    EXPECT_TRUE(matches(golden, "latents", test::recorded(*record, "world.latents")));
    EXPECT_TRUE(matches(golden, "world_embeds", test::recorded(*record, "world.embeds")));
}

}  // namespace
}  // namespace armillary
