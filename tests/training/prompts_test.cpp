#include "training/prompts.h"

#include "demo_fixture.h"

#include <cmath>

namespace armillary::training {
namespace {

using namespace test;

Prompts demoPrompts()
{
    const DemoTemplate form = demoForm();
    fusion::WorldGrid world;
    world.latentFrames = kLatentFrames;
    world.rows = world.columns = kLatentSide;
    return *Prompts::make(form.tokenizer, form.gemma, world);
}

TEST(TrainingPrompts, PrefixHoldsWorldAndPicture)
{
    const Prompts prompts = demoPrompts();
    const PromptPrefix& plain = prompts.prefix(false);
    const PromptPrefix& world = prompts.prefix(true);
    EXPECT_EQ(plain.image.end - plain.image.begin, 64);
    EXPECT_EQ(plain.world, nn::PositionRange());
    EXPECT_EQ(world.world, (nn::PositionRange{2, 194}));
    EXPECT_EQ(world.size(), plain.size() + 194);
    EXPECT_GT(plain.size(), plain.image.end);
}

TEST(TrainingPrompts, PrefixAndSegmentAreTheWholePrompt)
{
    Prompts prompts = demoPrompts();
    const PromptSegment& segment = prompts.segment({"What colour is the disc?", "red"});
    const DemoTemplate form = demoForm();
    Question question;
    question.turns.push_back({ChatRole::User, {0}, "What colour is the disc?"});
    fusion::WorldGrid world;
    world.latentFrames = kLatentFrames;
    world.rows = world.columns = kLatentSide;
    const auto plan = fusion::planPrompt(question, FusionOption::Brackets, form.tokenizer, {{0, {{0, 0, 1, 1}}}}, world,
                                         {}, {form.gemma.imageTokenId, 64, 1024});
    ASSERT_TRUE(plan);
    std::vector<std::int64_t> ids = prompts.prefix(true).ids;
    ids.insert(ids.end(), segment.ids.begin(), segment.ids.begin() + static_cast<std::ptrdiff_t>(segment.answerBegin));
    ASSERT_EQ(ids.size(), plan->layout->ids.size());
    for (std::size_t i = 0; i < ids.size(); ++i)
        EXPECT_EQ(ids[i], std::max<std::int64_t>(plan->layout->ids[i], 0)) << i;
    EXPECT_EQ(segment.ids.back(), *form.tokenizer->id("<end_of_turn>"));
}

TEST(TrainingPrompts, EveryAnswerIsDecodedBackToItself)
{
    const DemoTemplate form = demoForm();
    for (const scenes::QuestionKind kind : scenes::kQuestionKinds) {
        for (const std::string& answer : scenes::answersOf(kind))
            EXPECT_EQ(form.tokenizer->decode(form.tokenizer->encode(answer), true), answer);
    }
}

TEST(TrainingPrompts, PackedQuestionsSeeThePrefixAndThemselvesOnly)
{
    Prompts prompts = demoPrompts();
    const std::vector<std::vector<AskedQuestion>> rows = {{{"Count the shapes.", "one"},
                                                           {"Where is the disc now?", "top left"}},
                                                          {{"Count the shapes.", "two"}}};
    for (const bool hasWorld : {false, true}) {
        const PackedQuestions packed = pack(prompts, hasWorld, rows);
        const auto first = static_cast<std::int64_t>(prompts.segment(rows[0][0]).ids.size());
        const auto second = static_cast<std::int64_t>(prompts.segment(rows[0][1]).ids.size());
        ASSERT_EQ(packed.ids.sizes(), (at::IntArrayRef{2, first + second}));
        const std::int64_t p = packed.prefix;
        const auto sees = [&](std::int64_t row, std::int64_t query, std::int64_t key) {
            return packed.mask[row][0][query][key].item<float>() == 0;
        };
        EXPECT_TRUE(sees(0, p, 0));
        EXPECT_TRUE(sees(0, p + 1, p));
        EXPECT_FALSE(sees(0, p, p + 1));
        EXPECT_TRUE(sees(0, p + first, p - 1));
        EXPECT_FALSE(sees(0, p + first, p + first - 1)) << "the second question sees the first";
        EXPECT_TRUE(sees(0, p + first + 1, p + first));
        EXPECT_FALSE(sees(0, 0, p));
        const std::int64_t image = prompts.prefix(hasWorld).image.begin;
        EXPECT_EQ(sees(0, image, image + 1), !hasWorld) << "pictures see both ways in plain Gemma only";
        EXPECT_EQ(packed.positions[0][p].item<std::int64_t>(), p);
        EXPECT_EQ(packed.positions[0][p + first].item<std::int64_t>(), p);
        EXPECT_EQ(packed.positions[0][p + first + 1].item<std::int64_t>(), p + 1);
        EXPECT_EQ(packed.segments[1][first].item<std::int64_t>(), -1);
        // "one" and the end of the turn behind the last token of the prompt.
        const auto answer = static_cast<std::int64_t>(prompts.segment(rows[0][0]).answerBegin);
        EXPECT_EQ(packed.labels[0][answer - 2].item<std::int64_t>(), -100);
        EXPECT_EQ(packed.labels[0][answer - 1].item<std::int64_t>(), packed.ids[0][answer].item<std::int64_t>());
        EXPECT_EQ(packed.labels[0][first - 1].item<std::int64_t>(), -100);
        for (std::int64_t query = 0; query < packed.mask.size(2); ++query)
            EXPECT_TRUE(sees(1, query, query)) << "a row that sees nothing would be no number";
    }
}

}  // namespace
}  // namespace armillary::training
