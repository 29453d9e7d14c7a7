#include "records/shown_media.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace armillary {
namespace {

using testing::ElementsAre;

Clip clipOf(int frames)
{
    Clip out;
    out.frames.assign(static_cast<std::size_t>(frames), Image(1, 1, {1, 2, 3}));
    return out;
}

TEST(ShownMedia, FollowsTheTurnsAndShowsARawPromptsMediaOnce)
{
    Question question;
    question.media = {clipOf(1), clipOf(5)};
    question.turns.resize(2);
    question.turns[0].mediaIndices = {1};
    question.turns[1].mediaIndices = {0, 1};
    EXPECT_THAT(shownMedia(question), ElementsAre(1, 0, 1));
    question.rawPrompt = "raw";
    EXPECT_THAT(shownMedia(question), ElementsAre(0, 1));
}

TEST(ShownMedia, StillIsTheChosenFrameOrTheLast)
{
    Question question;
    question.media = {clipOf(3), clipOf(5)};
    question.stillFrames = {1};
    EXPECT_EQ(stillIndex(question, 0), 1);
    EXPECT_EQ(stillIndex(question, 1), 4);
    question.stillFrames = {3, -1};
    EXPECT_EQ(stillIndex(question, 0), 2) << "no such frame";
    EXPECT_EQ(stillIndex(question, 1), 4);
}

TEST(ShownMedia, AMediaWithoutFramesHasNoStill)
{
    Question question;
    question.media = {clipOf(2), clipOf(0)};
    question.stillFrames = {0, 0};
    EXPECT_EQ(stillPicture(question, 0), &question.media[0].frames.front());
    EXPECT_EQ(stillIndex(question, 1), -1);
    EXPECT_EQ(stillPicture(question, 1), nullptr);
}

TEST(ShownMedia, ARolloutGoesOnFromItsOwnFramesOrTheFirstMedia)
{
    Question question;
    question.media = {clipOf(5)};
    EXPECT_FALSE(rolloutOf(question).has_value());
    question.world.rollout.emplace();
    question.world.rollout->steps = 7;
    ASSERT_TRUE(rolloutOf(question).has_value());
    EXPECT_EQ(rolloutOf(question)->condition.frames.size(), 5U);
    EXPECT_EQ(rolloutOf(question)->steps, 7);
    question.world.rollout->condition = clipOf(2);
    EXPECT_EQ(rolloutOf(question)->condition.frames.size(), 2U);
}

TEST(ShownMedia, TheConditionIsThatOfTheQuestionItself)
{
    Question question;
    question.media = {clipOf(5)};
    EXPECT_EQ(conditionOf(question), nullptr) << "nothing is predicted";
    question.world.rollout.emplace();
    EXPECT_EQ(conditionOf(question), &question.media.front());
    question.world.rollout->condition = clipOf(2);
    EXPECT_EQ(conditionOf(question), &question.world.rollout->condition);
    question.world.rollout->condition = {};
    question.media.clear();
    EXPECT_EQ(conditionOf(question), &question.world.rollout->condition) << "nothing else is there";
    EXPECT_TRUE(rolloutOf(question)->condition.frames.empty());
}

}  // namespace
}  // namespace armillary
