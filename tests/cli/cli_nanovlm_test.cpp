// A nanoVLM snapshot at the terminal: the same commands as for Gemma 3.
#include "cli_program.h"

#include <gmock/gmock.h>

namespace armillary::test {
namespace {

using nlohmann::json;
using testing::HasSubstr;

const std::string& model()
{
    static const std::string kFolder = dataPath("models/nanovlm-tiny");
    return kFolder;
}

TEST(CliNanoVlm, AsksAboutAPicture)
{
    const std::string record = makeTemporaryFolder() + "/run.safetensors";
    const Finished done =
        runCli({"ask", "--model", model(), "--media", dataPath("media/wide.png"), "--question",
                "What is happening in this image?", "--max-new-tokens", "16", "--json", "--record", record});
    ASSERT_EQ(done.exitCode, 0) << done.messages;
    const json result = done.json();
    EXPECT_THAT(result["rendered_prompt"].get<std::string>(), HasSubstr("<|global_image|><|image|>"));
    EXPECT_THAT(result["settings"]["tiles.0"].get<std::string>(), HasSubstr("1x3 of 64 pixels"));
    EXPECT_EQ(result["grids"].size(), 4u);
    EXPECT_EQ(result["grids"][3]["tile"], (json{0, 2}));
    // The record opens without a model, and analyses read it.
    const Finished analysed = runCli({"analyze", "--record", record, "--analysis", "segment-mass", "--json"});
    EXPECT_EQ(analysed.exitCode, 0) << analysed.messages;
}

TEST(CliNanoVlm, VerifiesThatThePictureWasSeen)
{
    const Finished done = runCli(
        {"verify", "--model", model(), "--media", dataPath("media/wide.png"), "--question", "What is this?", "--json"});
    EXPECT_EQ(done.exitCode, 0) << done.messages;
    EXPECT_THAT(done.output, HasSubstr("as nanoVLM was trained"));
}

TEST(CliNanoVlm, TokenizesTextAndChats)
{
    const Finished text = runCli({"tokenize", "--model", model(), "--json", "<row_1_col_2><|image|>Hi"});
    ASSERT_EQ(text.exitCode, 0) << text.messages;
    EXPECT_EQ(text.json()["ids"], (json{603, 600, 42, 75}));
    const std::string chat = makeTemporaryFolder() + "/chat.json";
    writeText(chat, R"([{"role": "user", "content": "What is happening in this image?"}])");
    const Finished turns = runCli({"tokenize", "--model", model(), "--json", "--chat", chat});
    ASSERT_EQ(turns.exitCode, 0) << turns.messages;
    EXPECT_EQ(turns.json()["text"],
              "<|im_start|>user\nWhat is happening in this image?<|im_end|>\n<|im_start|>assistant\n");
    EXPECT_EQ(turns.json()["ids"].size(), 21u);
    writeText(chat, R"([{"role": "user", "content": [{"type": "image"}, {"type": "text", "text": "?"}]}])");
    EXPECT_THAT(runCli({"tokenize", "--model", model(), "--chat", chat}).messages, HasSubstr("depends on its size"));
}

TEST(CliNanoVlm, InspectsLoadedAndOpened)
{
    const Finished loaded = runCli({"inspect", "--model", model(), "--json"});
    ASSERT_EQ(loaded.exitCode, 0) << loaded.messages;
    EXPECT_THAT(loaded.output, HasSubstr("nanoVLM"));
    const Finished opened = runCli({"inspect", model(), "--json"});
    ASSERT_EQ(opened.exitCode, 0) << opened.messages;
    EXPECT_THAT(opened.output, HasSubstr("qkv_proj"));
}

}  // namespace
}  // namespace armillary::test
