// armillary-cli verify through the real program.
#include "cli_program.h"

#include <gmock/gmock.h>

#include <map>
#include <set>

namespace armillary::test {
namespace {

using nlohmann::json;
using testing::HasSubstr;

std::vector<std::string> verifyWords(const std::vector<std::string>& more = {})
{
    std::vector<std::string> words = {"verify",
                                      "--theworld",
                                      dataPath("models/theworld-tiny/spatial-mlp"),
                                      "--device",
                                      "cpu",
                                      "--question",
                                      "What will the red car do next?",
                                      "--media",
                                      dataPath("media/coffee.png"),
                                      "--world-size",
                                      "64x64"};
    words.insert(words.end(), more.begin(), more.end());
    return words;
}

std::map<std::string, json> checksOf(const Finished& done)
{
    std::map<std::string, json> out;
    const json result = done.json();  // outlives the loop
    for (const json& check : result["checks"])
        out[check["id"].get<std::string>()] = check;
    return out;
}

TEST(CliVerify, EveryCheckAsJson)
{
    const Finished done = runCli(verifyWords({"--json"}));
    ASSERT_EQ(done.exitCode, 0) << done.messages;
    const auto checks = checksOf(done);
    ASSERT_EQ(checks.size(), 23U);
    const std::set<std::string> verdicts{"pass", "warn", "fail", "skip"};
    for (const auto& [id, check] : checks) {
        EXPECT_TRUE(verdicts.contains(check["verdict"].get<std::string>())) << check;
        EXPECT_TRUE(check["threshold"].is_number()) << check;
        EXPECT_EQ(check["value"].is_null(), check["verdict"] == "skip") << check;
        EXPECT_FALSE(check["reason"].get<std::string>().empty()) << check;
        EXPECT_TRUE(check["positions"].is_array()) << check;
    }
    EXPECT_EQ(checks.at("V6")["verdict"], "warn");
    EXPECT_THAT(checks.at("V6")["reason"].get<std::string>(), HasSubstr("causal"));
    EXPECT_EQ(checks.at("W5")["verdict"], "warn");
    EXPECT_THAT(checks.at("W5")["reason"].get<std::string>(), HasSubstr("0..255"));
    EXPECT_EQ(checks.at("W9")["verdict"], "pass");
    EXPECT_EQ(done.json()["counts"]["fail"], 0);
}

TEST(CliVerify, AFailedCheckIsExitCodeOne)
{
    const Finished done = runCli(verifyWords({"--json", "--checks", "V1,V3,W5", "--thresholds", "V3=50,W5=10"}));
    EXPECT_EQ(done.exitCode, 1) << done.messages;
    const auto checks = checksOf(done);
    ASSERT_EQ(checks.size(), 3U);
    EXPECT_EQ(checks.at("V1")["verdict"], "pass");
    EXPECT_EQ(checks.at("V3")["verdict"], "fail");
    EXPECT_EQ(checks.at("V3")["threshold"], 50);
    EXPECT_EQ(checks.at("W5")["verdict"], "pass");
}

TEST(CliVerify, TableForPeopleAndWrongWords)
{
    const Finished done = runCli(verifyWords({"--checks", "V5,W10"}));
    EXPECT_EQ(done.exitCode, 0) << done.messages;
    EXPECT_THAT(done.output, HasSubstr("V5   pass"));
    EXPECT_THAT(done.output, HasSubstr("W10  skip"));
    for (const std::string wrong : {"W17=1", "W5", "W5=x", "w5=1"})
        EXPECT_EQ(runCli(verifyWords({"--thresholds", wrong})).exitCode, 2) << wrong;
    EXPECT_EQ(runCli(verifyWords({"--checks", "V8"})).exitCode, 2);
}

TEST(CliVerify, WritesTheRunItVerifiedWhenAsked)
{
    const std::string path = makeTemporaryFolder() + "/run.safetensors";
    const Finished done =
        runCli(verifyWords({"--json", "--checks", "W16", "--record", path, "--max-new-tokens", "3", "--ignore-eos"}));
    EXPECT_EQ(done.exitCode, 0) << done.messages;
    EXPECT_EQ(checksOf(done).at("W16")["verdict"], "pass");
    EXPECT_FALSE(fileText(path).empty());
}

}  // namespace
}  // namespace armillary::test
