// armillary-cli inspect of folders that are only opened, and times of runs, through the real program.
#include "cli_program.h"

#include "io/safetensors_file.h"

#include <gmock/gmock.h>

#include <cstring>
#include <limits>
#include <map>

namespace armillary::test {
namespace {

using nlohmann::json;
using testing::HasSubstr;

// The rows of a table of a result, by their first column.
std::map<std::string, std::map<std::string, json>> tableOf(const json& result, const std::string& name)
{
    std::map<std::string, std::map<std::string, json>> out;
    for (const json& table : result["tables"]) {
        if (table["name"] != name)
            continue;
        for (const json& row : table["rows"]) {
            for (std::size_t column = 0; column < row.size(); ++column)
                out[row[0].get<std::string>()][table["columns"][column].get<std::string>()] = row[column];
        }
    }
    return out;
}

double numberOf(const json& result, const std::string& name)
{
    for (const json& number : result["numbers"]) {
        if (number["name"] == name)
            return number["value"].get<double>();
    }
    return std::numeric_limits<double>::quiet_NaN();
}

std::string madeFolder(const std::vector<float>& values)
{
    const std::string folder = makeTemporaryFolder();
    writeText(folder + "/config.json", R"({"model_type":"made-up"})");
    auto bytes = std::make_shared<std::vector<std::uint8_t>>(values.size() * sizeof(float));
    std::memcpy(bytes->data(), values.data(), bytes->size());
    EXPECT_TRUE(
        io::writeSafetensors(folder + "/model.safetensors",
                             {{"part.w",
                               {ElementType::Float32, {2, static_cast<std::int64_t>(values.size()) / 2}, bytes}}},
                             {})
            .has_value());
    return folder;
}

TEST(CliInspect, OpensAFolderWithoutLoadingIt)
{
    const Finished done = runCli({"inspect", dataPath("models/gemma-tiny"), "--depth", "9", "--tensors"});
    ASSERT_EQ(done.exitCode, 0) << done.messages;
    EXPECT_THAT(done.output, HasSubstr("Gemma3ForConditionalGeneration"));
    EXPECT_THAT(done.output, HasSubstr("371968"));
    EXPECT_THAT(done.output, HasSubstr("language_model"));
    EXPECT_THAT(done.output, HasSubstr("lm_head.weight has no tensor of its own"));
    EXPECT_THAT(done.output, HasSubstr("float32 1088x64")) << done.output;
    EXPECT_THAT(runCli({"inspect", dataPath("models/cosmos-tiny")}).output, HasSubstr("vae [AutoencoderKLWan]"));
}

TEST(CliInspect, EverythingAsJson)
{
    const std::string folder = dataPath("models/gemma-tiny");
    const Finished done = runCli({"inspect", folder, "--weights", "--memory", "--against", folder, "--json"});
    ASSERT_EQ(done.exitCode, 0) << done.messages;
    const json result = done.json();
    ASSERT_TRUE(result.is_object()) << done.output;
    EXPECT_EQ(numberOf(result, "parameters"), 371'968);
    EXPECT_EQ(numberOf(result, "tensors with faults"), 0);
    EXPECT_EQ(numberOf(result, "equal tensors"), 132);
    auto memory = tableOf(result, "memory");
    EXPECT_EQ(memory.at("all")["float32"], 1'487'872);
    EXPECT_EQ(memory.at("all")["bfloat16"], 743'936);
    EXPECT_EQ(memory.at("vision_tower")["parameters"], 40'128);
    auto parts = tableOf(result, "parts");
    EXPECT_EQ(parts.at("multi_modal_projector")["numbers"], 2'080);
    auto weights = tableOf(result, "weights");
    ASSERT_EQ(weights.size(), 132U);
    EXPECT_EQ(weights.at("language_model.model.embed_tokens.weight")["verdict"], "pass");
    EXPECT_EQ(tableOf(result, "differences").at("language_model.model.norm.weight")["equal share"], 1);
    EXPECT_EQ(tableOf(result, "tied").at("lm_head.weight")["stands in"], "language_model.model.embed_tokens.weight");
}

TEST(CliInspect, BrokenWeightsAreExitCodeOne)
{
    const std::string good = madeFolder({1, 2, 3, -4});
    const std::string bad = madeFolder({1, std::numeric_limits<float>::quiet_NaN(), 3, -4});
    EXPECT_EQ(runCli({"inspect", good, "--weights"}).exitCode, 0);
    const Finished broken = runCli({"inspect", bad, "--weights"});
    EXPECT_EQ(broken.exitCode, 1);
    EXPECT_THAT(broken.output, HasSubstr("1 NaN"));
    const Finished against = runCli({"inspect", good, "--against", bad, "--csv", "--table", "differences"});
    EXPECT_EQ(against.exitCode, 0) << against.messages;
    EXPECT_THAT(against.output, HasSubstr("part.w,,compared,float32,float32,2x2,2x2,0,0,1,0.75,1"));
}

TEST(CliInspect, WrongWordsAndFoldersAreSentences)
{
    EXPECT_EQ(runCli({"inspect"}).exitCode, 2);
    EXPECT_EQ(runCli({"inspect", "--weights"}).exitCode, 2);
    EXPECT_EQ(runCli({"inspect", dataPath("models/gemma-tiny"), "--model", dataPath("models/gemma-tiny")}).exitCode, 2);
    const Finished missing = runCli({"inspect", "/no such folder"});
    EXPECT_EQ(missing.exitCode, 3);
    EXPECT_THAT(missing.messages, HasSubstr("/no such folder"));
    const std::string cut = madeFolder({1, 2, 3, 4});
    writeText(cut + "/model.safetensors", fileText(cut + "/model.safetensors").substr(0, 30));
    const Finished broken = runCli({"inspect", cut, "--weights"});
    EXPECT_EQ(broken.exitCode, 3);
    EXPECT_THAT(broken.messages, HasSubstr("breaks off inside its header"));
}

TEST(CliTimes, RepeatedRunsAndTheirTrace)
{
    const std::string folder = makeTemporaryFolder();
    const std::string session = folder + "/times.armillary";
    const Finished asked = runCli(askWords({"--repeat", "3", "--trace", folder + "/trace.json", "--session", session}));
    ASSERT_EQ(asked.exitCode, 0) << asked.messages;
    EXPECT_THAT(asked.output, HasSubstr("Prefill"));
    const json trace = json::parse(fileText(folder + "/trace.json"), nullptr, false);
    ASSERT_TRUE(trace.is_object());
    int layers = 0;
    for (const json& event : trace["traceEvents"])
        layers += event["ph"] == "X" && event["cat"] == "layers" ? 1 : 0;
    // Of three runs: two layers of SigLIP, seven of the prefill, seven of each decoded token after the first.
    EXPECT_EQ(layers, 3 * (2 + 7 + 2 * 7));

    const Finished times = runCli({"times", "--session", session, "--trace", folder + "/again.json", "--json"});
    ASSERT_EQ(times.exitCode, 0) << times.messages;
    const json result = times.json();
    EXPECT_EQ(numberOf(result, "runs"), 1) << "the last of the repeated runs is kept";
    EXPECT_GT(numberOf(result, "median"), 0);
    EXPECT_GT(tableOf(result, "stages").at("Prefill")["median s"].get<double>(), 0);
    EXPECT_EQ(json::parse(fileText(folder + "/again.json"), nullptr, false)["displayTimeUnit"], "ms");
    EXPECT_EQ(runCli({"times"}).exitCode, 2);
    EXPECT_EQ(runCli({"times", "--session", folder + "/none"}).exitCode, 3);
}

}  // namespace
}  // namespace armillary::test
