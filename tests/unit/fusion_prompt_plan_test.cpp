#include "fusion/prompt_plan.h"

#include "support/test_data.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace armillary::fusion {
namespace {

class PromptPlanTest : public ::testing::Test {
protected:
    void SetUp() override
    {
        auto tokenizer = text::loadTokenizer(test::dataPath("models/gemma-tiny"));
        ASSERT_TRUE(tokenizer) << tokenizer.error().message;
        m_tokenizer = *tokenizer;
    }

    [[nodiscard]] Result<PromptPlan> plan(const Question& question, FusionOption fusion, const WorldGrid& world = {},
                                          const WorldTokenNames& names = {}, std::int64_t maxPositions = 2048) const
    {
        return planPrompt(question, fusion, m_tokenizer, m_pictures, world, names, {1024, 16, maxPositions});
    }

    static Question ask(const std::string& text, std::vector<int> media = {})
    {
        Question question;
        question.turns.push_back({ChatRole::User, std::move(media), text});
        return question;
    }

    std::shared_ptr<const text::Tokenizer> m_tokenizer;
    std::vector<PicturePlan> m_pictures;
};

TEST_F(PromptPlanTest, ImageTokensKnowTheirCropRowAndColumn)
{
    m_pictures = {{0, {{0, 0, 1, 1}, {0, 0, 1, 0.5}}}};
    const auto planned = plan(ask("What?", {0}), FusionOption::None);
    ASSERT_TRUE(planned) << planned.error().message;
    ASSERT_EQ(planned->imageRows.size(), 32u);
    ASSERT_EQ(planned->imageBlocks.size(), 2u);
    for (const auto& [begin, end] : planned->imageBlocks)
        EXPECT_EQ(end - begin, 16);
    const auto originAt = [&](std::size_t i) {
        return planned->layout->origins[static_cast<std::size_t>(planned->imageRows[i])];
    };
    EXPECT_EQ(originAt(6), (TokenOrigin{0, 0, -1, 1, 2}));
    EXPECT_EQ(originAt(16 + 6), (TokenOrigin{0, 1, -1, 1, 2}));
    const PixelBox box = planned->layout->boxFromToken(planned->imageRows[16 + 6]);
    EXPECT_DOUBLE_EQ(box.left, 0.25);
    EXPECT_DOUBLE_EQ(box.right, 0.375);
}

TEST_F(PromptPlanTest, BracketsFollowBosAsInTheWorld)
{
    WorldGrid world;
    world.rows = 2;
    world.columns = 3;
    const auto planned = plan(ask("Hi"), FusionOption::Brackets, world);
    ASSERT_TRUE(planned) << planned.error().message;
    const TokenLayout& layout = *planned->layout;
    EXPECT_EQ(layout.pieces[0], "<bos>");
    EXPECT_EQ(layout.pieces[1], "<start_of_world>");
    EXPECT_EQ(layout.kinds[1], TokenKind::Bracket);
    EXPECT_EQ(planned->worldRows, (std::vector<std::int64_t>{2, 3, 4, 5, 6, 7}));
    EXPECT_EQ(layout.ids[2], -1);
    EXPECT_EQ(layout.origins[6], (TokenOrigin{0, -1, 0, 1, 1}));
    EXPECT_EQ(layout.pieces[8], "<end_of_world>");
    EXPECT_EQ(planned->vocabularyRows, m_tokenizer->size() + 2);
    EXPECT_TRUE(planned->droppedPieces.empty());
}

TEST_F(PromptPlanTest, WhatStandsBetweenBracketsIsDroppedAndNamed)
{
    WorldTokenNames names;
    names.start = "<the_world_start>";
    names.end = "<the_world_end>";
    names.bracketsInText = true;
    WorldGrid world;
    world.rows = world.columns = 2;
    const auto planned = plan(ask("Hi"), FusionOption::Brackets, world, names);
    ASSERT_TRUE(planned) << planned.error().message;
    EXPECT_EQ(planned->droppedPieces, (std::vector<std::string>{"\u2581"}));
    ASSERT_EQ(planned->worldRows.size(), 4u);
    EXPECT_GT(planned->worldRows[0], 2);
}

TEST_F(PromptPlanTest, ChannelTokensStandForTheWholePicture)
{
    WorldGrid world;
    world.channels = 16;
    world.rows = world.columns = 64;
    const auto planned = plan(ask("Hi"), FusionOption::Prepend, world);
    ASSERT_TRUE(planned) << planned.error().message;
    EXPECT_EQ(planned->worldRows.size(), 16u);
    EXPECT_EQ(planned->worldRows[0], 0);
    const PixelBox box = planned->layout->boxFromToken(3);
    EXPECT_DOUBLE_EQ(box.bottom, 1);
    EXPECT_DOUBLE_EQ(box.right, 1);
}

TEST_F(PromptPlanTest, LatentFramesFollowOneAnother)
{
    WorldGrid world;
    world.latentFrames = 3;
    world.rows = 2;
    world.columns = 2;
    const auto planned = plan(ask("Hi"), FusionOption::Repeated, world);
    ASSERT_TRUE(planned) << planned.error().message;
    ASSERT_EQ(planned->worldRows.size(), 12u);
    EXPECT_EQ(planned->layout->origins[static_cast<std::size_t>(planned->worldRows[5])], (TokenOrigin{0, -1, 1, 0, 1}));
}

TEST_F(PromptPlanTest, EarlierTurnsAndTheSystemPromptAreRendered)
{
    Question question = ask("First");
    question.systemPrompt = "Be short.";
    question.turns.push_back({ChatRole::Model, {}, "Yes."});
    question.turns.push_back({ChatRole::User, {}, "Second"});
    const auto planned = plan(question, FusionOption::None);
    ASSERT_TRUE(planned) << planned.error().message;
    EXPECT_EQ(planned->rendered,
              "<bos><start_of_turn>user\nBe short.\n\nFirst<end_of_turn>\n<start_of_turn>model\nYes.<end_of_turn>\n"
              "<start_of_turn>user\nSecond<end_of_turn>\n<start_of_turn>model\n");
}

TEST_F(PromptPlanTest, WrongPromptsAreRefusedBySentence)
{
    Question raw;
    raw.rawPrompt = "<bos>no picture here";
    m_pictures = {{0, {{0, 0, 1, 1}}}};
    EXPECT_FALSE(plan(raw, FusionOption::None));

    m_pictures.clear();
    WorldGrid world;
    world.rows = world.columns = 2;
    const auto noPlaceholder = plan(raw, FusionOption::Pooled, world);
    ASSERT_FALSE(noPlaceholder);
    EXPECT_NE(noPlaceholder.error().message.find("<the_world>"), std::string::npos);

    raw.rawPrompt = "<bos><start_of_world>never closed";
    const auto open = plan(raw, FusionOption::Brackets, world);
    ASSERT_FALSE(open);
    EXPECT_NE(open.error().message.find("<end_of_world>"), std::string::npos);

    world.rows = world.columns = 100;
    const auto tooLong = plan(ask("Hi"), FusionOption::Brackets, world);
    ASSERT_FALSE(tooLong);
    EXPECT_NE(tooLong.error().message.find("2048"), std::string::npos);

    Question twice = ask("Hi");
    twice.turns.push_back({ChatRole::User, {}, "again"});
    EXPECT_FALSE(plan(twice, FusionOption::None));
}

}  // namespace
}  // namespace armillary::fusion
