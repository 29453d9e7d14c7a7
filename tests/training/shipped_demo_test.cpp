// The demo that the program carries is what its card says: its size, its chance levels, its numbers on scenes of another seed, and
// the goals that it claims.
#include "demo_fixture.h"

#include "io/json_file.h"
#include "scenes/scene_exam.h"
#include "training/evaluation.h"

#include <cmath>

namespace armillary::training {
namespace {

using namespace test;

// Two-sided, one in a thousand for each of some thirty comparisons.
constexpr double kDeviations = 3.29;
constexpr std::int64_t kScenes = 200;
constexpr std::int64_t kPictured = 32;
constexpr std::uint64_t kSeed = 77;

std::string shippedDemo()
{
    return armillary::test::sourcePath("resources/demo");
}

nlohmann::json card()
{
    const auto json = io::readJsonFile(shippedDemo() + "/card.json");
    EXPECT_TRUE(json) << (json ? "" : json.error().message);
    return json ? *json : nlohmann::json();
}

// How far two shares of the same kind may be apart when both count the same model: pooled, with the two added successes and
// failures of Agresti and Coull, since shares near 1 have next to no variance of their own.
double allowed(double first, double firstCount, double second, double secondCount)
{
    const double share = (first * firstCount + second * secondCount + 2) / (firstCount + secondCount + 4);
    return kDeviations * std::sqrt(share * (1 - share) * (1 / firstCount + 1 / secondCount));
}

const nlohmann::json* rowOf(const nlohmann::json& measured, const nlohmann::json& kind)
{
    for (const nlohmann::json& row : measured.at("questions")) {
        if (row.at("kind") == kind)
            return &row;
    }
    return nullptr;
}

TEST(ShippedDemo, IsSmall)
{
    std::uintmax_t bytes = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(shippedDemo()))
        bytes += entry.is_regular_file() ? entry.file_size() : 0;
    EXPECT_GT(bytes, 1'000'000U);
    EXPECT_LE(bytes, 12'000'000U);
}

TEST(ShippedDemo, TheCardsChanceLevelsFollowFromItsScenes)
{
    const nlohmann::json measured = card().at("measured");
    const auto count = measured.at("scenes").get<std::int64_t>();
    EXPECT_GE(count, 1000);
    scenes::ExamTally tally;
    for (std::int64_t i = 0; i < count; ++i) {
        const scenes::ExamScene scene = scenes::examScene(measured.at("seed").get<std::uint64_t>(), i);
        for (const scenes::SceneQuestion& question : scene.questions)
            tally.ask(question, scenes::bestFromStill(scene.scene, question, {}));
    }
    const auto rows = tally.rows();
    ASSERT_EQ(measured.at("questions").size(), rows.size());
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const nlohmann::json& row = measured.at("questions")[i];
        EXPECT_EQ(row.at("kind"), scenes::kindName(rows[i].kind));
        EXPECT_EQ(row.at("asked"), rows[i].asked);
        EXPECT_NEAR(row.at("chance").get<double>(), rows[i].chance, 1e-9);
        EXPECT_NEAR(row.at("best_from_still").get<double>(), rows[i].bestFromStill, 1e-9);
    }
}

TEST(ShippedDemo, TheCardsGoalsAreJudgedByItsNumbers)
{
    const nlohmann::json whole = card();
    ASSERT_GE(whole.at("goals").size(), 20U);
    for (const nlohmann::json& goal : whole.at("goals")) {
        const nlohmann::json* row = rowOf(whole.at("measured"), goal.at("kind"));
        ASSERT_NE(row, nullptr) << goal;
        const auto share = row->at("accuracy").at(goal.at("world").get<std::string>()).get<double>();
        EXPECT_DOUBLE_EQ(goal.at("measured").get<double>(), share);
        const bool isMet = goal.contains("at_least") ? share >= goal.at("at_least").get<double>()
                                                     : share <= goal.at("at_most").get<double>();
        EXPECT_EQ(goal.at("met").get<bool>(), isMet) << goal;
    }
}

// 200 scenes that neither the training nor the card has seen.
TEST(ShippedDemo, AnswersFreshScenesAsItsCardSays)
{
    const nlohmann::json whole = card();
    const nlohmann::json& claimed = whole.at("measured");
    ASSERT_NE(claimed.at("seed"), kSeed);
    const auto measured = evaluateSnapshot(
        shippedDemo(), kScenes, kSeed, [](const std::string&) {}, kPictured);
    ASSERT_TRUE(measured) << measured.error().message;
    const auto widthOf = [](const nlohmann::json& said, const nlohmann::json& now, const std::string& world) {
        return allowed(said.at("accuracy").at(world), said.at("asked"), now.at("accuracy").at(world), now.at("asked"));
    };
    for (const nlohmann::json& said : claimed.at("questions")) {
        const nlohmann::json* now = rowOf(*measured, said.at("kind"));
        ASSERT_NE(now, nullptr) << said;
        for (const auto& [world, share] : said.at("accuracy").items())
            EXPECT_NEAR(now->at("accuracy").at(world).get<double>(), share.get<double>(), widthOf(said, *now, world))
                << said.at("kind") << ", world " << world << ", " << now->at("asked") << " asked";
    }
    for (const nlohmann::json& goal : whole.at("goals")) {
        if (!goal.at("met").get<bool>())
            continue;
        const std::string world = goal.at("world");
        const nlohmann::json& now = *rowOf(*measured, goal.at("kind"));
        const double reached = now.at("accuracy").at(world),
                     width = widthOf(*rowOf(claimed, goal.at("kind")), now, world);
        if (goal.contains("at_least"))
            EXPECT_GE(reached + width, goal.at("at_least").get<double>()) << goal;
        else
            EXPECT_LE(reached - width, goal.at("at_most").get<double>()) << goal;
    }
    EXPECT_NEAR(measured->at("vae").at("psnr_db").get<double>(), claimed.at("vae").at("psnr_db").get<double>(), 0.5);
    const nlohmann::json &rollout = measured->at("rollout"), &said = claimed.at("rollout");
    EXPECT_NEAR(rollout.at("within_4px").get<double>(), said.at("within_4px").get<double>(),
                allowed(said.at("within_4px"), said.at("shapes"), rollout.at("within_4px"), rollout.at("shapes")));
    EXPECT_NEAR(rollout.at("median_px").get<double>(), said.at("median_px").get<double>(), 0.3);
}

}  // namespace
}  // namespace armillary::training
