// An answer with a given beginning, through the real program.
#include "cli_program.h"

#include <gmock/gmock.h>

namespace armillary::test {
namespace {

using nlohmann::json;
using testing::HasSubstr;

TEST(CliAnswerPrefix, TheRunsOwnBeginningChangesNothing)
{
    const Finished first = runCli(askWords({"--json"}));
    ASSERT_EQ(first.exitCode, 0) << first.messages;
    const json free = first.json();
    const std::string ids = std::to_string(free["generated"][0]["id"].get<int>()) + "," +
                            std::to_string(free["generated"][1]["id"].get<int>());
    const Finished second = runCli(askWords({"--json", "--answer-prefix-ids", ids}));
    ASSERT_EQ(second.exitCode, 0) << second.messages;
    const json forced = second.json();
    EXPECT_EQ(forced["generated"], free["generated"]);
    EXPECT_EQ(forced["answer"], free["answer"]);
    EXPECT_EQ(forced["settings"]["answer_prefix"], ids);
    EXPECT_EQ(forced["question_settings"]["answer_prefix"].size(), 2u);
    EXPECT_FALSE(free["settings"].contains("answer_prefix"));
}

TEST(CliAnswerPrefix, WhatCannotBeIsASentence)
{
    const Finished finished = runCli(askWords({"--answer-prefix-ids", "5,999999"}));
    EXPECT_EQ(finished.exitCode, 3);
    EXPECT_THAT(finished.messages, HasSubstr("token 999999"));
}

}  // namespace
}  // namespace armillary::test
