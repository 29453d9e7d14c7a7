// armillary-cli compare, and the interventions by name in analyze, through the real program.
#include "cli_program.h"

#include <gmock/gmock.h>

#include <map>

namespace armillary::test {
namespace {

using nlohmann::json;
using testing::HasSubstr;

std::vector<std::string> compareWords(const std::string& question, const std::vector<std::string>& more = {})
{
    std::vector<std::string> words = {"compare",          "--theworld", dataPath("models/theworld-tiny/seed"),
                                      "--device",         "cpu",        "--question",
                                      question,           "--media",    dataPath("media/coffee.png"),
                                      "--max-new-tokens", "3",          "--ignore-eos",
                                      "--world-size",     "48x48"};
    words.insert(words.end(), more.begin(), more.end());
    return words;
}

TEST(CliCompare, RowsAndIdentitiesAsJson)
{
    const Finished done =
        runCli(compareWords("What will the red car do next?", {"--json", "--rows", "options,5-world-clip"}));
    ASSERT_EQ(done.exitCode, 0) << done.messages;
    const json result = done.json();
    ASSERT_TRUE(result.is_object()) << done.output;
    std::map<std::string, json> rows;
    for (const json& row : result["rows"])
        rows[row["variant"].get<std::string>()] = row;
    ASSERT_EQ(rows.size(), 8u);
    for (const std::string option : {"1", "2", "3", "4a", "4b", "4c", "5"})
        EXPECT_EQ(rows.at(option)["option"], option);
    const json& five = rows.at("5");
    EXPECT_TRUE(five["positions"].is_number_integer());
    EXPECT_EQ(five["next_token_kl_bits"], 0);
    EXPECT_EQ(five["answer_differs"], false);
    EXPECT_EQ(five["same_next_token"], true);
    EXPECT_TRUE(rows.at("3")["world_lift"].is_null());
    EXPECT_GT(rows.at("3")["next_token_kl_bits"].get<double>(), 0);
    EXPECT_EQ(rows.at("4a")["positions"].get<int>(), rows.at("4c")["positions"].get<int>() + 35);
    // What it cannot do is a row that says so.
    EXPECT_THAT(rows.at("5-world-clip")["reason"].get<std::string>(), HasSubstr("fewer than 5 frames"));
    EXPECT_TRUE(rows.at("5-world-clip")["positions"].is_null());
    ASSERT_EQ(result["identities"].size(), 7u);
    for (const json& identity : result["identities"]) {
        EXPECT_EQ(identity["holds"], true) << identity;
        EXPECT_EQ(identity["verdict"], "pass") << identity;
        EXPECT_TRUE(identity["difference"].is_number()) << identity;
    }
}

// The question holds the text of a bracket: with 5 it is a token, with 4a it is spelled out, so the two differ by more than they may.
TEST(CliCompare, ABrokenIdentityIsExitCodeOne)
{
    const Finished done = runCli(compareWords("Is <the_world_start> a word?", {"--json", "--rows", "5"}));
    EXPECT_EQ(done.exitCode, 1) << done.messages;
    const json result = done.json();
    int broken = 0;
    for (const json& identity : result["identities"]) {
        if (identity["holds"] != false)
            continue;
        ++broken;
        EXPECT_EQ(identity["name"], "option 4a = option 5 up to brackets and spaces");
        EXPECT_EQ(identity["verdict"], "fail");
    }
    EXPECT_EQ(broken, 1);
}

TEST(CliCompare, TableForPeopleAndWrongWords)
{
    const Finished done = runCli(compareWords("What next?", {"--rows", "3,5", "--no-identities"}));
    ASSERT_EQ(done.exitCode, 0) << done.messages;
    EXPECT_THAT(done.output, HasSubstr("knock-out"));
    EXPECT_THAT(done.output, HasSubstr("\n5 "));
    EXPECT_THAT(done.messages, HasSubstr("measured against variant 5"));
    EXPECT_EQ(runCli(compareWords("What next?", {"--rows", "6"})).exitCode, 3);
    EXPECT_EQ(runCli(compareWords("What next?", {"--answer-tokens", "0"})).exitCode, 2);
}

}  // namespace
}  // namespace armillary::test
