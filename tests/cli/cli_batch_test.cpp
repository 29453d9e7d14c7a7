// armillary-cli batch: manifests, resuming, shards, and lines that fail.
#include "cli_program.h"

#include "session/session.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <map>
#include <sstream>

namespace armillary::test {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::HasSubstr;

std::vector<json> linesOf(const std::string& path)
{
    std::vector<json> out;
    std::istringstream stream(fileText(path));
    for (std::string line; std::getline(stream, line);)
        out.push_back(json::parse(line, nullptr, false));
    return out;
}

// A folder with a manifest of `count` good questions about a picture beside it.
std::string folderWithManifest(int count, const std::string& more = {})
{
    std::string folder = makeTemporaryFolder();
    fs::copy(dataPath("media/tiny.png"), folder + "/tiny.png");
    std::string manifest;
    for (int i = 0; i < count; ++i)
        manifest += json{{"id", "q" + std::to_string(i)},
                         {"media", {"tiny.png"}},
                         {"question", "Number " + std::to_string(i) + "?"}}
                        .dump() +
                    "\n";
    writeText(folder + "/m.jsonl", manifest + more);
    return folder;
}

Finished runBatch(const std::string& folder, const std::vector<std::string>& more = {})
{
    std::vector<std::string> words = {"batch",
                                      "--manifest",
                                      folder + "/m.jsonl",
                                      "--out",
                                      folder + "/out.jsonl",
                                      "--model",
                                      dataPath("models/gemma-tiny"),
                                      "--device",
                                      "cpu",
                                      "--max-new-tokens",
                                      "2",
                                      "--ignore-eos"};
    for (std::size_t i = 0; i < more.size(); ++i) {
        if (more[i] == "--out")
            words[4] = more[++i];
        else
            words.push_back(more[i]);
    }
    return runCli(words);
}

TEST(CliBatch, AnswersWhatAskAnswers)
{
    const std::string folder = folderWithManifest(0, json{{"id", "x"},
                                                          {"media", "tiny.png"},
                                                          {"question", "What is this?"},
                                                          {"options", {{"max-new-tokens", 3}}}}
                                                             .dump() +
                                                         "\n");
    const Finished batch = runBatch(folder);
    ASSERT_EQ(batch.exitCode, 0) << batch.messages;
    const Finished asked = runCli(askWords({"--json"}));
    ASSERT_EQ(asked.exitCode, 0) << asked.messages;
    const auto lines = linesOf(folder + "/out.jsonl");
    ASSERT_EQ(lines.size(), 1u);
    EXPECT_EQ(lines[0]["id"], "x");
    EXPECT_EQ(lines[0]["answer"], asked.json()["answer"]);
    EXPECT_EQ(lines[0]["generated"].size(), 3u);
    EXPECT_EQ(lines[0]["settings"]["max_new_tokens"], "3");
}

TEST(CliBatch, GoesOnWhereItStopped)
{
    const std::string folder = folderWithManifest(3);
    ASSERT_EQ(runBatch(folder).exitCode, 0);
    const std::string whole = fileText(folder + "/out.jsonl");
    // As a kill leaves it: the second line cut in the middle.
    const std::size_t second = whole.find('\n') + 1;
    writeText(folder + "/out.jsonl", whole.substr(0, second + 40));
    const Finished again = runBatch(folder);
    ASSERT_EQ(again.exitCode, 0) << again.messages;
    EXPECT_THAT(again.messages, HasSubstr("3 questions, 1 of them finished before"));
    const auto lines = linesOf(folder + "/out.jsonl");
    ASSERT_EQ(lines.size(), 3u);
    for (int i = 0; i < 3; ++i)
        EXPECT_EQ(lines[static_cast<std::size_t>(i)]["id"], "q" + std::to_string(i));
    EXPECT_EQ(fileText(folder + "/out.jsonl").substr(0, second), whole.substr(0, second));
    // Finished: nothing is asked, no model is loaded.
    const std::string finished = fileText(folder + "/out.jsonl");
    const Finished third = runBatch(folder);
    EXPECT_EQ(third.exitCode, 0);
    EXPECT_THAT(third.messages, testing::Not(HasSubstr("Gemma")));
    EXPECT_EQ(fileText(folder + "/out.jsonl"), finished);
}

TEST(CliBatch, OneFailingLineDoesNotStopTheRest)
{
    const std::string folder =
        folderWithManifest(1, "nonsense\n"
                              "{\"id\":\"lost\",\"media\":\"nowhere.png\",\"question\":\"?\"}\n"
                              "\n"
                              "{\"id\":\"q0\",\"question\":\"again?\"}\n"
                              "{\"id\":\"option\",\"question\":\"?\",\"options\":{\"colour\":\"red\"}}\n"
                              "{\"id\":\"field\",\"question\":\"?\",\"colour\":\"red\"}\n"
                              "{\"id\":\"none\"}\n"
                              "{\"id\":7,\"question\":\"?\"}\n"
                              "{\"id\":\"good\",\"question\":\"-v?\"}\n");
    const Finished batch = runBatch(folder);
    EXPECT_EQ(batch.exitCode, 1) << batch.messages;
    std::map<std::string, json> byId;
    for (const json& line : linesOf(folder + "/out.jsonl"))
        byId[line["id"]] = line;
    EXPECT_TRUE(byId.at("q0").contains("answer"));
    EXPECT_TRUE(byId.at("good").contains("answer"));
    const std::map<std::string, std::string> problems = {{"line-2", "line 2"}, {"lost", "nowhere.png"},
                                                         {"line-5", "'q0'"},   {"option", "colour"},
                                                         {"field", "colour"},  {"none", "nothing asked"},
                                                         {"line-9", "line 9"}};
    for (const auto& [id, words] : problems) {
        ASSERT_TRUE(byId.contains(id)) << id;
        EXPECT_THAT(byId[id]["error"].get<std::string>(), HasSubstr(words)) << id;
        EXPECT_EQ(byId[id]["exit_code"], 3) << id;
    }
    EXPECT_EQ(byId.size(), problems.size() + 2);
    // What failed is tried again, what was answered is not.
    fs::copy(dataPath("media/tiny.png"), folder + "/nowhere.png");
    ASSERT_EQ(runBatch(folder).exitCode, 1);
    const auto lines = linesOf(folder + "/out.jsonl");
    EXPECT_TRUE(std::any_of(lines.begin(), lines.end(),
                            [](const json& line) { return line["id"] == "lost" && line.contains("answer"); }));
    EXPECT_EQ(std::count_if(lines.begin(), lines.end(), [](const json& line) { return line["id"] == "q0"; }), 1);
}

TEST(CliBatch, ShardsShareTheWorkWithoutOverlap)
{
    const std::string folder = folderWithManifest(5);
    std::multiset<std::string> ids;
    for (const std::string& shard : {std::string("0/2"), std::string("1/2")}) {
        ASSERT_EQ(runBatch(folder, {"--shard", shard}).exitCode, 0);
        for (const json& line : linesOf(folder + "/out." + shard.substr(0, 1) + "-of-2.jsonl"))
            ids.insert(line["id"].get<std::string>());
    }
    EXPECT_THAT(ids, testing::ElementsAre("q0", "q1", "q2", "q3", "q4"));
    EXPECT_FALSE(fs::exists(folder + "/out.jsonl"));
    for (const char* wrong : {"2/2", "1", "-1/2", "0/0", "a/b", "0/2x"}) {
        const Finished finished = runBatch(folder, {std::string("--shard=") + wrong});
        EXPECT_EQ(finished.exitCode, 2) << wrong;
        EXPECT_THAT(finished.messages, HasSubstr(wrong));
    }
}

TEST(CliBatch, AFolderHoldsOneFileAResultAndASessionTheRuns)
{
    const std::string folder = folderWithManifest(2, "{\"id\":\"../escape\",\"question\":\"?\"}\n");
    const std::string session = folder + "/s.armillary";
    const Finished batch = runBatch(folder, {"--out", folder + "/results", "--session", session, "--full"});
    EXPECT_EQ(batch.exitCode, 1) << batch.messages;
    EXPECT_THAT(batch.messages, HasSubstr("../escape"));
    EXPECT_TRUE(fs::exists(folder + "/results/line-3.json"));
    const json result = json::parse(fileText(folder + "/results/q1.json"));
    EXPECT_TRUE(result.contains("rendered_prompt"));
    const auto runs = session::Session::open(session);
    ASSERT_TRUE(runs);
    EXPECT_EQ((*runs)->runs()[1].id, result["run"]);
    EXPECT_THAT(runBatch(folder, {"--out", folder + "/results"}).messages,
                HasSubstr("3 questions, 2 of them finished before"));
}

TEST(CliBatch, ABatchWithoutAManifestOrModelIsASentence)
{
    const std::string folder = makeTemporaryFolder();
    const Finished lost = runBatch(folder);
    EXPECT_EQ(lost.exitCode, 3);
    EXPECT_THAT(lost.messages, HasSubstr(folder + "/m.jsonl"));
    EXPECT_EQ(runCli({"batch", "--manifest", "x", "--out", "y"}).exitCode, 2);
    EXPECT_EQ(runCli({"batch"}).exitCode, 2);
}

}  // namespace
}  // namespace armillary::test
