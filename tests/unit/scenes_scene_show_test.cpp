// The row of scenes that a person sees: labels there and back, questions as the examination asks them, and their right answers.
#include "scenes/scene_show.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace armillary::scenes::test {
namespace {

TEST(SceneShow, LabelsNameTheSceneAndNothingElseDoes)
{
    EXPECT_EQ(sceneNumber(sceneLabel(12)), 12);
    EXPECT_EQ(sceneNumber("cache/scenes/scene 3"), 3);
    for (const char* other : {"", "scene", "scene ", "scene 0", "scene -4", "scene 3.png", "coffee.png", "3"})
        EXPECT_EQ(sceneNumber(other), std::nullopt) << other;
}

TEST(SceneShow, QuestionsAreThoseOfTheExaminationUnderTheirLabels)
{
    const ExamScene scene = shownScene(5);
    const SceneQuestion telling = tellingQuestion(scene);
    ASSERT_FALSE(telling.text.empty());
    EXPECT_EQ(rightAnswer(scene, telling.text), telling.answer);
    EXPECT_EQ(rightAnswer(scene, "Is it raining?"), std::nullopt);
    const Question with = shownQuestion(5, telling.text, WorldGiven::Rollout);
    const Question exam = engineQuestion(scene, telling, WorldGiven::Rollout, scene);
    ASSERT_EQ(with.media.size(), 1U);
    EXPECT_EQ(with.media[0].path, sceneLabel(5));
    ASSERT_EQ(with.media[0].frames.size(), exam.media[0].frames.size());
    EXPECT_TRUE(std::ranges::equal(with.media[0].frames.back().rgb(), exam.media[0].frames.back().rgb()));
    EXPECT_EQ(with.stillFrames, exam.stillFrames);
    EXPECT_EQ(with.world.rollout->seed, exam.world.rollout->seed);
    EXPECT_EQ(with.turns.back().text, telling.text);
    EXPECT_EQ(with.world.heightPixels, kBoardPixels);
    const Question foreign = shownQuestion(5, telling.text, WorldGiven::Foreign);
    ASSERT_EQ(foreign.media.size(), 2U);
    EXPECT_EQ(foreign.media[0].path, sceneLabel(6));
    EXPECT_EQ(foreign.media[1].path, sceneLabel(5));
}

TEST(SceneShow, TheTellingQuestionNeedsTheWorldWhereOneDoes)
{
    int aboutWhatComes = 0;
    for (std::int64_t number = 1; number <= 30; ++number)
        aboutWhatComes += isAboutStill(tellingQuestion(shownScene(number)).kind) ? 0 : 1;
    EXPECT_GE(aboutWhatComes, 25);
}

}  // namespace
}  // namespace armillary::scenes::test
