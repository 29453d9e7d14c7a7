// The Python example of the README, word for word, on a session that armillary-cli wrote: the safetensors package and NumPy read
// it without any code of ours.
#include "cli_program.h"

#include "session/session.h"

#include <gmock/gmock.h>

namespace armillary::test {
namespace {

using testing::HasSubstr;

// The blocks of a language in a Markdown file.
std::vector<std::string> blocksOf(const std::string& markdown, const std::string& language)
{
    std::vector<std::string> out;
    const std::string open = "```" + language + "\n";
    for (std::size_t at = markdown.find(open); at != std::string::npos; at = markdown.find(open, at)) {
        at += open.size();
        const std::size_t end = markdown.find("```", at);
        out.push_back(markdown.substr(at, end - at));
    }
    return out;
}

TEST(Readme, ThePythonExampleReadsASession)
{
    const auto examples = blocksOf(fileText(sourcePath("README.md")), "python");
    ASSERT_EQ(examples.size(), 1u);
    const std::string folder = makeTemporaryFolder();
    const std::string path = folder + "/cup.armillary";
    const Finished asked = runCli({"ask", "--theworld", dataPath("models/theworld-tiny/spatial-mlp"), "--device", "cpu",
                                   "--media", dataPath("media/tiny.png"), "--question", "What falls?",
                                   "--max-new-tokens", "2", "--ignore-eos", "--capture", "qkv", "--session", path});
    ASSERT_EQ(asked.exitCode, 0) << asked.messages;
    const auto session = session::Session::open(path);
    ASSERT_TRUE(session) << session.error().message;
    const auto record = (*session)->record((*session)->runs().at(0).id);
    ASSERT_TRUE(record) << record.error().message;
    const TokenLayout& layout = *(*record)->layout;
    ASSERT_GT(layout.count(TokenKind::World), 0);

    const Finished python = runPython(examples[0], folder);
    ASSERT_EQ(python.exitCode, 0) << python.messages;
    EXPECT_THAT(python.output, HasSubstr("What falls? -> " + (*record)->answer));
    EXPECT_THAT(python.output, HasSubstr(std::to_string(layout.count(TokenKind::World)) + " world tokens, " +
                                         std::to_string(layout.count(TokenKind::Image)) + " image tokens"));
    for (const auto& [name, tensor] : (*record)->tensors) {
        std::string shape;
        for (const std::int64_t side : tensor.shape)
            shape += (shape.empty() ? "" : ", ") + std::to_string(side);
        EXPECT_THAT(python.output, HasSubstr(name + " [" + shape + "]\n"));
    }
    EXPECT_THAT(python.output, HasSubstr(session::contentKey((*record)->question.media[0].frames[0]) + ".png"));
}

TEST(Readme, TheManifestLineIsOne)
{
    const std::string markdown = fileText(sourcePath("README.md"));
    const auto lines = blocksOf(markdown, "json");
    ASSERT_EQ(lines.size(), 1u);
    const auto line = nlohmann::json::parse(lines[0], nullptr, false);
    ASSERT_TRUE(line.is_object());
    EXPECT_EQ(line["id"], "cup-17");
}

TEST(Readme, TheJobArrayIsAScript)
{
    const auto scripts = blocksOf(fileText(sourcePath("README.md")), "bash");
    ASSERT_EQ(scripts.size(), 1u);
    // A scheduler's srun that says what it was given.
    const std::string folder = makeTemporaryFolder();
    writeText(folder + "/job", "srun() { printf '%s\\n' \"$@\"; }\nSLURM_ARRAY_TASK_ID=3\n" + scripts[0]);
    const Finished job = runProgram("bash", {folder + "/job"});
    ASSERT_EQ(job.exitCode, 0) << job.messages;
    EXPECT_THAT(job.output, HasSubstr("armillary-cli\nbatch\n"));
    EXPECT_THAT(job.output, HasSubstr("--shard\n3/8\n"));
}

}  // namespace
}  // namespace armillary::test
