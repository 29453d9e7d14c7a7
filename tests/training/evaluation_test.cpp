#include "training/evaluation.h"

#include "demo_fixture.h"

namespace armillary::training {
namespace {

using namespace test;

TEST(TrainingEvaluation, UntrainedSnapshotIsMeasuredAndItsCardWritten)
{
    const auto measured = evaluateSnapshot(exportedDemo(), 4, 5, [](const std::string&) {});
    ASSERT_TRUE(measured) << measured.error().message;
    EXPECT_EQ(measured->at("scenes"), 4);
    ASSERT_GE(measured->at("questions").size(), 5U);
    for (const auto& row : measured->at("questions")) {
        EXPECT_GT(row.at("asked").get<int>(), 0);
        for (const auto& [world, accuracy] : row.at("accuracy").items())
            EXPECT_LT(accuracy.get<double>(), 0.9) << world;
    }
    ASSERT_TRUE(writeModelCard(exportedDemo(), *measured, {{"seed", 1}}));
    EXPECT_TRUE(fileExists(exportedDemo() + "/README.md"));
    EXPECT_TRUE(fileExists(exportedDemo() + "/card.json"));
    EXPECT_FALSE(evaluateSnapshot(exportedDemo(), 1, 5, [](const std::string&) {}));
}

TEST(TrainingEvaluation, ExportedWeightsAreSmall)
{
    std::uintmax_t bytes = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(exportedDemo()))
        bytes += entry.is_regular_file() ? entry.file_size() : 0;
    EXPECT_LT(bytes, std::uintmax_t{12} << 20);
}

}  // namespace
}  // namespace armillary::training
