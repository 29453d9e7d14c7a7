#include "scenes/scene_exam.h"

#include <gtest/gtest.h>

namespace armillary::scenes {
namespace {

TEST(SceneExam, ScenesFollowFromSeedAndIndexAlone)
{
    const ExamScene one = examScene(5, 17);
    const ExamScene again = examScene(5, 17);
    EXPECT_EQ(one.grainSeed, again.grainSeed);
    EXPECT_EQ(one.rolloutSeed, again.rolloutSeed);
    ASSERT_EQ(one.questions.size(), again.questions.size());
    for (std::size_t i = 0; i < one.questions.size(); ++i)
        EXPECT_EQ(one.questions[i].text, again.questions[i].text);
    EXPECT_NE(one.grainSeed, examScene(5, 18).grainSeed);
    EXPECT_NE(one.grainSeed, examScene(6, 17).grainSeed);
}

TEST(SceneExam, AnswersAreComparedWithoutTrimmings)
{
    EXPECT_EQ(plainAnswer(" Top left.\n"), "top left");
    EXPECT_EQ(plainAnswer(""), "");
}

TEST(SceneExam, TallyCountsChanceStillAndWorlds)
{
    ExamTally tally;
    const auto question = [](const std::string& answer) {
        SceneQuestion out;
        out.kind = QuestionKind::FirstWall;
        out.answer = answer;
        return out;
    };
    for (const char* answer : {"left", "left", "top", "none"}) {
        tally.ask(question(answer), 0.5);
        tally.answer(question(answer), WorldGiven::True, answer);
        tally.answer(question(answer), WorldGiven::Absent, "Left");
    }
    tally.judge(question("left"), WorldGiven::Rollout, true);
    const auto rows = tally.rows();
    ASSERT_EQ(rows.size(), 1U);
    EXPECT_EQ(rows[0].kind, QuestionKind::FirstWall);
    EXPECT_EQ(rows[0].asked, 4);
    EXPECT_DOUBLE_EQ(rows[0].chance, 0.5);
    EXPECT_DOUBLE_EQ(rows[0].bestFromStill, 0.5);
    EXPECT_DOUBLE_EQ(rows[0].accuracy(WorldGiven::True), 1);
    EXPECT_DOUBLE_EQ(rows[0].accuracy(WorldGiven::Absent), 0.5);
    EXPECT_DOUBLE_EQ(rows[0].accuracy(WorldGiven::Rollout), 1);
    EXPECT_DOUBLE_EQ(rows[0].accuracy(WorldGiven::Foreign), 0);
}

}  // namespace
}  // namespace armillary::scenes
