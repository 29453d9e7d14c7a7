// Conversation: what a following question consists of.
#include "app/inference/conversation.h"
#include "support/record_builder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace armillary::app {
namespace {

Clip clipOf(const std::string& path, int frame)
{
    Clip clip;
    clip.path = path;
    clip.frames = {test::gradientImage(4, 4)};
    clip.firstFrameIndex = frame;
    return clip;
}

TEST(Conversation, FollowingQuestionHoldsEarlierTurnsAndPictures)
{
    Conversation conversation;
    Question settings;
    settings.systemPrompt = "Be brief.";
    const Question first = conversation.nextQuestion(settings, "What is it?", {clipOf("a.png", 0)});
    EXPECT_EQ(first.systemPrompt, "Be brief.");
    ASSERT_EQ(first.turns.size(), 1U);
    EXPECT_THAT(first.turns[0].mediaIndices, testing::ElementsAre(0));
    EXPECT_TRUE(conversation.empty()) << "asking alone changes nothing";

    conversation.addAnswered(first, "A cup.");
    EXPECT_TRUE(conversation.hasShown({"a.png", 0}));
    EXPECT_FALSE(conversation.hasShown({"a.png", 1}));
    const Question second = conversation.nextQuestion(settings, "And this?", {clipOf("b.mp4", 7)});
    ASSERT_EQ(second.turns.size(), 3U);
    EXPECT_EQ(second.turns[1].role, ChatRole::Model);
    EXPECT_EQ(second.turns[1].text, "A cup.");
    EXPECT_THAT(second.turns[0].mediaIndices, testing::ElementsAre(0));
    EXPECT_THAT(second.turns[2].mediaIndices, testing::ElementsAre(1));
    EXPECT_THAT(second.stillFrames, testing::ElementsAre(0, 0));
    EXPECT_EQ(second.media[1].firstFrameIndex, 7);
    // The pictures are shared, not copied.
    EXPECT_EQ(second.media[0].frames[0].rgb().data(), first.media[0].frames[0].rgb().data());
}

TEST(Conversation, AGridIsItsMomentsAndNoFrame)
{
    TemporalGrid recipe;
    for (int cell = 0; cell < kGridCells; ++cell)
        recipe.moments[static_cast<std::size_t>(cell)].sourceFrame = 4 * cell;
    Clip clip = clipOf("a.mp4", 0);
    clip.frames.assign(4, clip.frames.front());
    auto read = std::make_shared<TemporalGrid>(recipe);
    // What was asked also knows where in its clip the moments lie.
    for (int cell = 0; cell < kGridCells; ++cell)
        read->moments[static_cast<std::size_t>(cell)].frame = cell;
    clip.grid = read;
    Conversation conversation;
    EXPECT_FALSE(conversation.hasShown("a.mp4", recipe));
    conversation.addAnswered(conversation.nextQuestion({}, "What moved?", {clip}), "Nothing.");
    EXPECT_TRUE(conversation.hasShown("a.mp4", recipe));
    EXPECT_FALSE(conversation.hasShown("b.mp4", recipe));
    EXPECT_FALSE(conversation.hasShown({"a.mp4", 3})) << "a frame of it alone was not shown";
    recipe.filter = PictureFilter::Nearest;
    EXPECT_FALSE(conversation.hasShown("a.mp4", recipe));
    const Question next = conversation.nextQuestion({}, "And now?", {});
    ASSERT_TRUE(next.media.at(0).grid);
    EXPECT_EQ(next.media[0].grid->moments[3].sourceFrame, 12);
}

TEST(Conversation, ClearForgetsTurnsAndPictures)
{
    Conversation conversation;
    conversation.addAnswered(conversation.nextQuestion({}, "What is it?", {clipOf("a.png", 0)}), "A cup.");
    conversation.clear();
    EXPECT_TRUE(conversation.empty());
    EXPECT_FALSE(conversation.hasShown({"a.png", 0}));
    EXPECT_EQ(conversation.nextQuestion({}, "Hello", {}).turns.size(), 1U);
}

}  // namespace
}  // namespace armillary::app
