// armillary-cli record-demo makes sessions that hold what the window shows of them.
#include "cli_program.h"

#include "session/session.h"

#include <gmock/gmock.h>

#include <filesystem>

namespace armillary::test {
namespace {

TEST(RecordDemo, TheFirstSessionHoldsBothRunsAndWhatWasComputed)
{
    const std::string folder = makeTemporaryFolder();
    const Finished made = runCli({"record-demo", "--theworld", dataPath("models/theworld-tiny/spatial-mlp"), "--device",
                                  "cpu", "--out", folder, "--tries", "1", "--only", "1"});
    ASSERT_EQ(made.exitCode, 0) << made.messages;
    const auto session = session::Session::open(folder + "/1 What comes next.armillary");
    ASSERT_TRUE(session) << session.error().message;
    EXPECT_THAT((*session)->problems(), testing::IsEmpty());
    const auto& runs = (*session)->runs();
    ASSERT_EQ(runs.size(), 2U);
    const auto without = (*session)->record(runs[0].id);
    const auto with = (*session)->record(runs[1].id);
    ASSERT_TRUE(without && with);
    EXPECT_EQ((*without)->layout->count(TokenKind::World), 0);
    EXPECT_GT((*with)->layout->count(TokenKind::World), 0);
    EXPECT_EQ((*with)->question.turns.back().text, (*without)->question.turns.back().text);
    EXPECT_THAT((*with)->question.media.front().frames, testing::SizeIs(5));
    EXPECT_EQ((*session)->analyses(runs[1].id).size(), 7U);
    EXPECT_THAT((*session)->state().selection, testing::HasSubstr(runs[1].id));
    EXPECT_FALSE(std::filesystem::exists(folder + "/theworld-broken"));
}

// Into a folder that is not there yet; the checkpoint that was given stays whole.
TEST(RecordDemo, ABrokenCheckpointIsACopyThatGoesAgain)
{
    const std::string folder = makeTemporaryFolder() + "/new";
    const std::string given = sourcePath("resources/demo/theworld");
    const std::string before = fileText(given + "/model.safetensors");
    const Finished made =
        runCli({"record-demo", "--theworld", given, "--device", "cpu", "--out", folder, "--tries", "1", "--only", "4"});
    ASSERT_EQ(made.exitCode, 0) << made.messages;
    EXPECT_EQ(fileText(given + "/model.safetensors"), before);
    const auto session = session::Session::open(folder + "/4 A broken checkpoint.armillary");
    ASSERT_TRUE(session) << session.error().message;
    EXPECT_EQ((*session)->runs().size(), 1U);
    EXPECT_FALSE(std::filesystem::exists(folder + "/theworld-broken"));
}

}  // namespace
}  // namespace armillary::test
