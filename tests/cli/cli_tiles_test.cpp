// armillary-cli tiles, through the real program: numbers of a size and of a picture, and sentences for what cannot be cut.
#include "cli_program.h"

#include <gmock/gmock.h>

namespace armillary::test {
namespace {

using nlohmann::json;
using testing::HasSubstr;

TEST(CliTiles, ASizeAsJson)
{
    const Finished done = runCli({"tiles", "240x160", "--json"});
    ASSERT_EQ(done.exitCode, 0) << done.messages;
    const json result = done.json();
    ASSERT_TRUE(result.is_object()) << done.output;
    EXPECT_THAT(done.output, HasSubstr("<row_3_col_4>"));
    EXPECT_THAT(done.output, HasSubstr("nanoVLM tiles"));
}

TEST(CliTiles, APictureOfTheDesignNotesTiles)
{
    const Finished done = runCli({"tiles", dataPath("media/coffee.png"), "--tile", "224", "--max-side", "224",
                                  "--shuffle", "2", "--csv", "--table", "ways"});
    ASSERT_EQ(done.exitCode, 0) << done.messages;
    EXPECT_THAT(done.output, HasSubstr("nanoVLM tiles,1,224 x 224,49,49,50"));
}

TEST(CliTiles, WhatCannotBeCutGetsASentence)
{
    const Finished uneven = runCli({"tiles", "240x160", "--tile", "500"});
    EXPECT_EQ(uneven.exitCode, 3);
    EXPECT_THAT(uneven.messages, HasSubstr("496 or 512"));
    const Finished missing = runCli({"tiles", "no-such-picture.png"});
    EXPECT_EQ(missing.exitCode, 3);
    EXPECT_THAT(missing.messages, HasSubstr("no-such-picture.png"));
    const Finished empty = runCli({"tiles", "0x160"});
    EXPECT_EQ(empty.exitCode, 3);
}

}  // namespace
}  // namespace armillary::test
