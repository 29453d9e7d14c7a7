// armillary-cli ask --grid and --dry-run: the grid reaches record and session, and the account is the run's.
#include "cli_program.h"

#include <gmock/gmock.h>

#include <filesystem>

namespace armillary::test {
namespace {

using nlohmann::json;
using testing::HasSubstr;

std::vector<std::string> askClip(const std::vector<std::string>& more)
{
    std::vector<std::string> words = {"ask",
                                      "--model",
                                      dataPath("models/gemma-tiny"),
                                      "--device",
                                      "cpu",
                                      "--media",
                                      dataPath("media/clip.mp4"),
                                      "--question",
                                      "What moved?",
                                      "--max-new-tokens",
                                      "3",
                                      "--ignore-eos"};
    words.insert(words.end(), more.begin(), more.end());
    return words;
}

TEST(CliGrid, MomentsFilterAndLetterboxReachTheRecord)
{
    const std::string session = makeTemporaryFolder() + "/session";
    const Finished asked = runCli(askClip({"--grid", "0,4,8,12", "--grid-filter", "nearest", "--grid-cell", "40x60",
                                           "--grid-letterbox", "128", "--session", session, "--json"}));
    ASSERT_EQ(asked.exitCode, 0) << asked.messages;
    const json run = asked.json();
    EXPECT_EQ(run["settings"]["grid.0"], "frames 0, 4, 8, 12 in cells of 60x40 by nearest, within 128x128");
    // The session keeps the four frames and the picture made of them.
    std::size_t pictures = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(session))
        pictures += entry.path().extension() == ".png" ? 1 : 0;
    EXPECT_EQ(pictures, 5u);
}

TEST(CliGrid, EvenSpacingGoesUpToTheFrame)
{
    const Finished asked = runCli(askClip({"--grid", "even", "--frame", "9", "--json"}));
    ASSERT_EQ(asked.exitCode, 0) << asked.messages;
    EXPECT_THAT(asked.json()["settings"]["grid.0"].get<std::string>(), HasSubstr("frames 0, 3, 6, 9 "));
}

TEST(CliGrid, WhatCannotBeIsASentence)
{
    const Finished letters = runCli(askClip({"--grid", "0,4,eight,12"}));
    EXPECT_EQ(letters.exitCode, 3);
    EXPECT_THAT(letters.messages, HasSubstr("0,4,8,12"));
    const Finished tooFar = runCli(askClip({"--grid", "0,4,8,4000"}));
    EXPECT_EQ(tooFar.exitCode, 3);
    EXPECT_THAT(tooFar.messages, HasSubstr("no frame 4000"));
    const Finished still = runCli(askWords({"--grid", "even"}));
    EXPECT_EQ(still.exitCode, 3);
    EXPECT_THAT(still.messages, HasSubstr("a picture has one"));
    const Finished filter = runCli(askClip({"--grid", "even", "--grid-filter", "best"}));
    EXPECT_EQ(filter.exitCode, 2);
}

TEST(CliDryRun, CountsWhatTheRunThenHas)
{
    const Finished counted = runCli(askWords({"--dry-run", "--json"}));
    ASSERT_EQ(counted.exitCode, 0) << counted.messages;
    const json budget = counted.json();
    const Finished asked = runCli(askWords({"--json"}));
    ASSERT_EQ(asked.exitCode, 0) << asked.messages;
    const json& tokens = budget["conversation"];
    EXPECT_EQ(tokens["total"].get<int>() - tokens["answer"].get<int>(), asked.json()["prefill_tokens"].get<int>());
    EXPECT_EQ(tokens["answer"], 3);
    EXPECT_EQ(budget["window"]["length"], 32);
    EXPECT_GT(budget["memory"]["keys_and_values"].get<int>(), 0);
    EXPECT_EQ(budget["refused"], false);
}

TEST(CliDryRun, SaysInWordsWhatIsExceeded)
{
    const Finished counted =
        runCli({"ask", "--model", dataPath("models/gemma-tiny"), "--device", "cpu", "--question", "What?", "--media",
                dataPath("media/tiny.png"), "--dry-run", "--max-new-tokens", "5000"});
    ASSERT_EQ(counted.exitCode, 0) << counted.messages;
    EXPECT_THAT(counted.output, HasSubstr("image tokens"));
    EXPECT_THAT(counted.output, HasSubstr("more than the context of 2,048"));
    EXPECT_THAT(counted.output, HasSubstr("local window of 32"));
}

}  // namespace
}  // namespace armillary::test
