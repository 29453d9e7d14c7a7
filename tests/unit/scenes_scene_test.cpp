// Scenes: bounces, independence of place and direction, questions against the truth, shapes found again in pictures.
#include "scenes/scene.h"

#include "scenes/scene_questions.h"
#include "scenes/scene_renderer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <set>

namespace armillary::test {
namespace {

using namespace scenes;

TEST(Scene, ShapesMoveStraightAndBounceOffTheWalls)
{
    const MovingShape shape = moveShape(ShapeColor::Red, ShapeKind::Disc, {54, 30}, {3, -1});
    EXPECT_DOUBLE_EQ(shape.centres[kNow].x, 54);
    EXPECT_DOUBLE_EQ(shape.centres[kNow + 1].x, 57) << "at the wall";
    EXPECT_DOUBLE_EQ(shape.centres[kNow + 2].x, 54) << "and back";
    EXPECT_DOUBLE_EQ(shape.velocities[kNow + 2].x, -3);
    EXPECT_DOUBLE_EQ(shape.centres[kNow - 1].x, 51);
    EXPECT_DOUBLE_EQ(shape.centres[kFrames - 1].y, 26);
}

TEST(Scene, TheSameSeedGivesTheSameScene)
{
    RandomSource a(7), b(7);
    const Scene first = drawScene(a), second = drawScene(b);
    ASSERT_EQ(first.shapes.size(), second.shapes.size());
    EXPECT_EQ(first.shapes[0].centres[8].x, second.shapes[0].centres[8].x);
    const Clip clip = renderClip(first, 3), clipAgain = renderClip(second, 3);
    const auto pixels = clip.frames[4].rgb(), again = clipAgain.frames[4].rgb();
    EXPECT_TRUE(std::equal(pixels.begin(), pixels.end(), again.begin()));
}

// The still picture must not tell where things go: at every place all directions are equally frequent.
TEST(Scene, PlaceSaysNothingAboutDirection)
{
    RandomSource random(1);
    std::map<std::pair<int, int>, std::array<int, kDirections>> counts;
    int all = 0;
    while (all < 40000) {
        for (const MovingShape& shape : drawScene(random, {.mostShapes = 1}).shapes) {
            const Point& now = shape.centres[kNow];
            const auto eighth = directionOf(shape.velocities[kNow], 0);
            ASSERT_TRUE(eighth);
            ++counts[{static_cast<int>(now.x / 21.4), static_cast<int>(now.y / 21.4)}]
                    [static_cast<std::size_t>(*eighth)];
            ++all;
        }
    }
    ASSERT_EQ(counts.size(), 9U);
    for (const auto& [cell, directions] : counts) {
        int sum = 0;
        for (const int count : directions)
            sum += count;
        for (const int count : directions) {
            // Five deviations of a binomial count: one in a million.
            const double expected = sum / 8.0;
            EXPECT_NEAR(count, expected, 5 * std::sqrt(expected * 7 / 8)) << cell.first << "," << cell.second;
        }
    }
}

TEST(Scene, ShapesStayApartWhileTheyAreSeen)
{
    RandomSource random(2);
    for (int i = 0; i < 300; ++i) {
        const Scene scene = drawScene(random, {.mostShapes = 3});
        for (std::size_t a = 0; a < scene.shapes.size(); ++a) {
            for (std::size_t b = 0; b < a; ++b) {
                EXPECT_NE(scene.shapes[a].color, scene.shapes[b].color);
                EXPECT_NE(scene.shapes[a].kind, scene.shapes[b].kind);
                for (std::size_t frame = 0; frame < kSeenFrames; ++frame)
                    EXPECT_GE(std::hypot(scene.shapes[a].centres[frame].x - scene.shapes[b].centres[frame].x,
                                         scene.shapes[a].centres[frame].y - scene.shapes[b].centres[frame].y),
                              15);
            }
        }
    }
}

TEST(SceneQuestions, AnswersFollowFromTheTruth)
{
    Scene scene;
    scene.shapes.push_back(moveShape(ShapeColor::Blue, ShapeKind::Triangle, {50, 32}, {4, 0}));
    scene.shapes.push_back(moveShape(ShapeColor::Red, ShapeKind::Disc, {32, 12}, {0, 3}));
    RandomSource random(5);
    std::map<std::pair<QuestionKind, std::size_t>, std::string> answers;
    for (int draw = 0; draw < 50; ++draw) {
        for (const SceneQuestion& question : questionsOf(scene, random)) {
            answers[{question.kind, question.shape}] = question.answer;
            EXPECT_EQ(question.text.find('{'), std::string::npos) << question.text;
        }
    }
    EXPECT_EQ((answers[{QuestionKind::Count, 0}]), "two");
    EXPECT_EQ((answers[{QuestionKind::Color, 0}]), "blue");
    EXPECT_EQ((answers[{QuestionKind::Shape, 1}]), "disc");
    EXPECT_EQ((answers[{QuestionKind::Cell, 0}]), "right");
    EXPECT_EQ((answers[{QuestionKind::Direction, 0}]), "right");
    EXPECT_EQ((answers[{QuestionKind::Direction, 1}]), "down");
    EXPECT_EQ((answers[{QuestionKind::EndCell, 1}]), "centre");
    EXPECT_EQ((answers[{QuestionKind::FirstWall, 0}]), "right");
    EXPECT_EQ((answers[{QuestionKind::FirstWall, 1}]), "none");
}

TEST(SceneQuestions, MotionIsNotAskedWhileAShapeMeetsAWall)
{
    const auto kindsOf = [](double framesToWall) {
        Scene scene;
        scene.shapes.push_back(
            moveShape(ShapeColor::Blue, ShapeKind::Square, {kHighestCentre - 5 * framesToWall, 32}, {5, 0}));
        RandomSource random(1);
        std::set<QuestionKind> out;
        for (const SceneQuestion& question : questionsOf(scene, random))
            out.insert(question.kind);
        return out;
    };
    EXPECT_TRUE(kindsOf(0.6).contains(QuestionKind::Direction));
    EXPECT_TRUE(kindsOf(0.6).contains(QuestionKind::FirstWall));
    EXPECT_FALSE(kindsOf(0.4).contains(QuestionKind::Direction));
    EXPECT_FALSE(kindsOf(0.4).contains(QuestionKind::FirstWall));
    EXPECT_TRUE(kindsOf(0.4).contains(QuestionKind::EndCell)) << "the last frame is clear all the same";
}

TEST(SceneQuestions, TheStillTellsWhatItTellsAndNoMore)
{
    Scene scene;
    scene.shapes.push_back(moveShape(ShapeColor::Blue, ShapeKind::Square, {32, 32}, {3, 0}));
    const auto best = [&scene](QuestionKind kind) { return bestFromStill(scene, {kind, "", "", 0}, {}); };
    EXPECT_EQ(best(QuestionKind::Color), 1);
    EXPECT_NEAR(best(QuestionKind::Direction), 0.125, 0.02);
    EXPECT_LT(best(QuestionKind::EndCell), 0.5);
    EXPECT_EQ(best(QuestionKind::FirstWall), 1) << "from the centre no wall is reached in four frames";
    scene.shapes[0] = moveShape(ShapeColor::Blue, ShapeKind::Square, {32, 8}, {3, 0});
    EXPECT_LT(best(QuestionKind::FirstWall), 0.9) << "at a wall it hangs on the direction";
}

TEST(SceneRenderer, ShapesAreFoundWhereTheyAre)
{
    RandomSource random(11);
    for (int i = 0; i < 40; ++i) {
        const Scene scene = drawScene(random);
        const Clip clip = renderClip(scene, static_cast<std::uint64_t>(i));
        ASSERT_EQ(clip.frames.size(), static_cast<std::size_t>(kFrames));
        const auto found = findShapes(clip.frames[kNow], scene);
        for (std::size_t shape = 0; shape < scene.shapes.size(); ++shape) {
            ASSERT_TRUE(found[shape]);
            EXPECT_NEAR(found[shape]->x, scene.shapes[shape].centres[kNow].x, 1.0);
            EXPECT_NEAR(found[shape]->y, scene.shapes[shape].centres[kNow].y, 1.5)
                << "a triangle's centre of mass lies lower";
        }
    }
    const Image empty = renderClip({}, 1).frames[0];
    EXPECT_FALSE(findShapes(empty, drawScene(random))[0]);
}

}  // namespace
}  // namespace armillary::test
