// armillary-cli evaluate-demo counts what it asked: every question of the scenes that a seed means, in four worlds, beside chance.
#include "cli_program.h"

#include "scenes/scene_exam.h"

#include <gmock/gmock.h>

#include <cmath>

namespace armillary::test {
namespace {

constexpr std::int64_t kScenes = 3;
constexpr std::uint64_t kSeed = 41;

std::vector<std::string> evaluateWords(const std::string& seed)
{
    return {"evaluate-demo",
            "--theworld",
            sourcePath("resources/demo/theworld"),
            "--device",
            "cpu",
            "--scenes",
            "3",
            "--seed",
            seed,
            "--json"};
}

TEST(EvaluateDemo, CountsEveryQuestionOfEveryWorldBesideItsChance)
{
    const Finished done = runCli(evaluateWords("41"));
    ASSERT_EQ(done.exitCode, 0) << done.messages;
    const nlohmann::json json = done.json();
    ASSERT_TRUE(json.is_object()) << done.output;
    EXPECT_EQ(json.at("scenes"), kScenes);
    EXPECT_EQ(json.at("seed"), kSeed);

    scenes::ExamTally tally;
    for (std::int64_t i = 0; i < kScenes; ++i) {
        const scenes::ExamScene scene = scenes::examScene(kSeed, i);
        for (const scenes::SceneQuestion& question : scene.questions)
            tally.ask(question, scenes::bestFromStill(scene.scene, question, {}));
    }
    const auto rows = tally.rows();
    ASSERT_EQ(json.at("questions").size(), rows.size());
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const nlohmann::json& row = json.at("questions")[i];
        EXPECT_EQ(row.at("kind"), scenes::kindName(rows[i].kind));
        EXPECT_EQ(row.at("asked"), rows[i].asked);
        EXPECT_NEAR(row.at("chance").get<double>(), rows[i].chance, 1e-12);
        EXPECT_NEAR(row.at("best_from_still").get<double>(), rows[i].bestFromStill, 1e-12);
        const nlohmann::json& accuracy = row.at("accuracy");
        ASSERT_EQ(accuracy.size(), scenes::kWorldsGiven.size());
        for (const scenes::WorldGiven world : scenes::kWorldsGiven) {
            const double right =
                accuracy.at(std::string(scenes::worldName(world))).get<double>() * static_cast<double>(rows[i].asked);
            EXPECT_NEAR(right, std::round(right), 1e-9) << "a whole number of right answers";
            EXPECT_THAT(right, testing::AllOf(testing::Ge(0), testing::Le(static_cast<double>(rows[i].asked))));
        }
    }
}

TEST(EvaluateDemo, IsTheSameTwiceAndAnotherForAnotherSeed)
{
    const Finished first = runCli(evaluateWords("41")), again = runCli(evaluateWords("41"));
    ASSERT_EQ(first.exitCode, 0) << first.messages;
    EXPECT_EQ(first.output, again.output);
    EXPECT_NE(first.output, runCli(evaluateWords("42")).output);
}

TEST(EvaluateDemo, PrintsATableForPeople)
{
    std::vector<std::string> words = evaluateWords("41");
    words.pop_back();
    const Finished done = runCli(words);
    ASSERT_EQ(done.exitCode, 0) << done.messages;
    EXPECT_THAT(done.output, testing::AllOf(testing::HasSubstr("chance"), testing::HasSubstr("rollout"),
                                            testing::HasSubstr("end cell")));
    EXPECT_EQ(runCli({"evaluate-demo", "--theworld", sourcePath("resources/demo/theworld"), "--scenes", "1"}).exitCode,
              2)
        << "a foreign world needs a second scene";
}

}  // namespace
}  // namespace armillary::test
