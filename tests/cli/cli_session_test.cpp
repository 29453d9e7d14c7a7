// armillary-cli ask --session, session, analyze: a run recorded, listed, exported and analysed.
#include "cli_program.h"

#include "session/session.h"

#include <gmock/gmock.h>

#include <filesystem>

namespace armillary::test {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::HasSubstr;

// One session with two runs, made once for the tests that only read it.
const std::string& sharedSession()
{
    static const std::string kPath = [] {
        std::string path = makeTemporaryFolder() + "/s.armillary";
        for (const char* capture : {"logits", "all"}) {
            const Finished asked = runCli(askWords({"--session", path, "--capture", capture}));
            EXPECT_EQ(asked.exitCode, 0) << asked.messages;
        }
        return path;
    }();
    return kPath;
}

TEST(CliSession, AskAppendsAndInfoLists)
{
    const Finished info = runCli({"session", "info", sharedSession(), "--json", "--tensors"});
    ASSERT_EQ(info.exitCode, 0) << info.messages;
    const json object = info.json();
    ASSERT_EQ(object["runs"].size(), 2u);
    const json& run = object["runs"][1];
    EXPECT_EQ(run["number"], 2);
    EXPECT_EQ(run["question"], "What is this?");
    EXPECT_EQ(run["generated_tokens"], 3);
    EXPECT_EQ(run["outcome"], "completed");
    EXPECT_EQ(run["media"], json::array({dataPath("media/tiny.png")}));
    EXPECT_EQ(run["problem"], "");
    bool hasQueries = false;
    for (const json& tensor : run["tensors"])
        hasQueries = hasQueries || (tensor["name"] == "query.0" && tensor["shape"].size() == 3);
    EXPECT_TRUE(hasQueries);
    EXPECT_EQ(object["problems"], json::array());
    const Finished forPeople = runCli({"session", "info", sharedSession()});
    EXPECT_EQ(forPeople.exitCode, 0);
    EXPECT_THAT(forPeople.output, HasSubstr("2 runs"));
}

TEST(CliSession, ARunOfTheRealEngineComesBackWhole)
{
    const auto session = session::Session::open(sharedSession());
    ASSERT_TRUE(session) << session.error().message;
    const auto record = (*session)->record((*session)->runs()[1].id);
    ASSERT_TRUE(record) << record.error().message;
    const Question& question = (*record)->question;
    ASSERT_EQ(question.media.size(), 1u);
    ASSERT_EQ(question.media[0].frames.size(), 1u);
    EXPECT_FALSE(question.media[0].frames[0].empty());
    EXPECT_EQ(question.sampling.maxNewTokens, 3);
    EXPECT_TRUE(question.sampling.ignoreEos);
    EXPECT_EQ(question.capture.parts.size(), 9u);
    EXPECT_EQ((*record)->model.layers, 7);
    EXPECT_TRUE((*record)->tensors.contains("logits"));
}

TEST(CliSession, ExportedFilesReadAlone)
{
    const std::string folder = makeTemporaryFolder() + "/out";
    const Finished exported = runCli({"session", "export", sharedSession(), "--run", "1", "--out", folder});
    ASSERT_EQ(exported.exitCode, 0) << exported.messages;
    EXPECT_TRUE(fs::exists(folder + "/media_0_00000.png"));
    const auto record = session::readRecord(folder + "/run.safetensors");
    ASSERT_TRUE(record) << record.error().message;
    EXPECT_EQ((*record)->generated.size(), 3u);
}

TEST(CliSession, WhatIsNotThereIsASentenceWithTheFile)
{
    const std::string nowhere = makeTemporaryFolder() + "/nowhere.armillary";
    for (const auto& words : std::vector<std::vector<std::string>>{
             {"session", "info", nowhere},
             {"session", "export", nowhere, "--out", nowhere + ".out"},
             {"analyze", "--session", nowhere, "--analysis", "segment-mass"},
             {"analyze", "--record", nowhere, "--analysis", "segment-mass"},
         }) {
        const Finished finished = runCli(words);
        EXPECT_EQ(finished.exitCode, 3) << words[0];
        EXPECT_EQ(finished.output, "");
        EXPECT_THAT(finished.messages, HasSubstr(nowhere));
        EXPECT_EQ(std::count(finished.messages.begin(), finished.messages.end(), '\n'), 1) << finished.messages;
    }
    EXPECT_EQ(runCli({"session", "export", sharedSession(), "--run", "7", "--out", nowhere}).exitCode, 3);
    EXPECT_EQ(runCli({"session"}).exitCode, 2);
    EXPECT_EQ(runCli({"session", "info"}).exitCode, 2);
}

TEST(CliSession, AFolderOfOtherThingsIsRefusedBeforeTheModelIsLoaded)
{
    const std::string folder = makeTemporaryFolder();
    writeText(folder + "/thesis.txt", "dear");
    const Finished asked = runCli(askWords({"--session", folder}));
    EXPECT_EQ(asked.exitCode, 3);
    EXPECT_THAT(asked.messages, HasSubstr(folder));
    EXPECT_THAT(asked.messages, testing::Not(HasSubstr("Gemma")));
    EXPECT_EQ(fileText(folder + "/thesis.txt"), "dear");
}

TEST(CliAnalyze, TheListNamesBothKinds)
{
    const Finished list = runCli({"analyze", "--list", "--json"});
    ASSERT_EQ(list.exitCode, 0) << list.messages;
    const json analyses = list.json()["analyses"];
    std::set<std::string> names;
    std::set<bool> needs;
    for (const json& entry : analyses) {
        EXPECT_TRUE(names.insert(entry["name"]).second) << entry["name"];
        needs.insert(entry["needs_model"].get<bool>());
        EXPECT_NE(entry["definition"], "");
    }
    EXPECT_EQ(needs.size(), 2u);
    EXPECT_TRUE(names.contains("segment-mass"));
}

TEST(CliAnalyze, EveryFormHoldsTheSameNumbers)
{
    const std::string npz = makeTemporaryFolder() + "/mass.npz";
    const std::vector<std::string> words = {"analyze", "--session",  sharedSession(), "--run",
                                            "2",       "--analysis", "segment-mass"};
    auto with = [&words](std::vector<std::string> more) {
        more.insert(more.begin(), words.begin(), words.end());
        return runCli(more);
    };
    const Finished asJson = with({"--json", "--args", "layer=0", "--npz", npz});
    ASSERT_EQ(asJson.exitCode, 0) << asJson.messages;
    const json result = asJson.json();
    EXPECT_EQ(result["arguments"]["layer"], "0");
    double image = -1;
    for (const json& number : result["numbers"])
        if (number["name"] == "mass image")
            image = number["value"];
    EXPECT_GT(image, 0);
    EXPECT_LT(image, 1);

    const Finished asCsv = with({"--csv", "--table", "numbers", "--args", "layer=0"});
    ASSERT_EQ(asCsv.exitCode, 0) << asCsv.messages;
    EXPECT_THAT(asCsv.output, testing::StartsWith("name,value,unit\r\n"));
    const std::size_t at = asCsv.output.find("\r\nmass image,");
    ASSERT_NE(at, std::string::npos) << asCsv.output;
    EXPECT_EQ(std::stod(asCsv.output.substr(at + 13)), image);

    const Finished python = runPython("import numpy, sys\n"
                                      "z = numpy.load('mass.npz')\n"
                                      "print(repr(float(z['numbers/mass image'])))\n"
                                      "print(z['mass'].shape, z['tables/segments/segment'].tolist())\n",
                                      fs::path(npz).parent_path());
    ASSERT_EQ(python.exitCode, 0) << python.messages;
    EXPECT_EQ(std::stod(python.output), image);
    EXPECT_THAT(python.output, HasSubstr("(1, 4, 6)"));
    EXPECT_THAT(python.output, HasSubstr("'image'"));
}

TEST(CliAnalyze, ASessionAndARecordsFileGiveTheSame)
{
    const std::string folder = makeTemporaryFolder() + "/out";
    ASSERT_EQ(runCli({"session", "export", sharedSession(), "--out", folder}).exitCode, 0);
    const Finished fromSession =
        runCli({"analyze", "--session", sharedSession(), "--analysis", "attention-entropy", "--json"});
    const Finished fromRecord =
        runCli({"analyze", "--record", folder + "/run.safetensors", "--analysis", "attention-entropy", "--json"});
    ASSERT_EQ(fromSession.exitCode, 0) << fromSession.messages;
    EXPECT_EQ(fromSession.output, fromRecord.output);
}

TEST(CliAnalyze, ModelsAreLoadedForThoseThatNeedThem)
{
    const std::vector<std::string> words = {"analyze",    "--session", sharedSession(),
                                            "--analysis", "surprisal", "--json"};
    const Finished without = runCli(words);
    EXPECT_EQ(without.exitCode, 2);
    EXPECT_THAT(without.messages, HasSubstr("--model"));
    std::vector<std::string> more = words;
    more.insert(more.end(), {"--model", dataPath("models/gemma-tiny"), "--device", "cpu"});
    const Finished with = runCli(more);
    ASSERT_EQ(with.exitCode, 0) << with.messages;
    EXPECT_EQ(with.json()["name"], "surprisal");
    EXPECT_FALSE(with.json()["numbers"].empty());
}

TEST(CliAnalyze, KeptResultsAreInTheSession)
{
    const std::string path = makeTemporaryFolder() + "/s.armillary";
    ASSERT_EQ(runCli(askWords({"--session", path})).exitCode, 0);
    const Finished kept = runCli({"analyze", "--session", path, "--analysis", "segment-mass", "--keep"});
    ASSERT_EQ(kept.exitCode, 0) << kept.messages;
    const auto session = session::Session::open(path);
    ASSERT_TRUE(session);
    const auto names = (*session)->analyses((*session)->runs()[0].id);
    ASSERT_EQ(names.size(), 1u);
    const auto result = (*session)->analysis(names[0]);
    ASSERT_TRUE(result) << result.error().message;
    EXPECT_EQ(result->request.name, "segment-mass");
}

TEST(CliAnalyze, WrongArgumentsAreNamed)
{
    const std::string& path = sharedSession();
    struct Case {
        std::vector<std::string> words;
        int exitCode;
        std::string sentence;
    };
    for (const Case& c : std::vector<Case>{
             {{"analyze", "--session", path}, 2, "--analysis"},
             {{"analyze", "--session", path, "--analysis", "nonsense"}, 2, "nonsense"},
             {{"analyze", "--analysis", "segment-mass"}, 2, "--session"},
             {{"analyze", "--session", path, "--analysis", "segment-mass", "--args", "layer"}, 2, "layer"},
             {{"analyze", "--session", path, "--analysis", "segment-mass", "--args", "colour=red"}, 3, "colour"},
             {{"analyze", "--session", path, "--analysis", "segment-mass", "--args", "layer=99"}, 3, "layer"},
             {{"analyze", "--session", path, "--run", "9", "--analysis", "segment-mass"}, 3, "run 9"},
             {{"analyze", "--session", path, "--run", "1", "--analysis", "attention-rollout"}, 3, "qkv"},
             {{"analyze", "--session", path, "--analysis", "segment-mass", "--npz", path + "/no/such/x.npz"},
              3,
              "x.npz"},
             {{"analyze", "--session", path, "--json", "--csv", "--analysis", "segment-mass"}, 2, "--csv"},
         }) {
        const Finished finished = runCli(c.words);
        EXPECT_EQ(finished.exitCode, c.exitCode) << finished.messages;
        EXPECT_THAT(finished.messages, HasSubstr(c.sentence));
    }
}

}  // namespace
}  // namespace armillary::test
