// armillary-cli rollout, and ask about a rolled-out future: what comes out, and one sentence for every wrong folder.
#include "cli_program.h"

#include <gmock/gmock.h>

#include <filesystem>

namespace armillary::test {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::HasSubstr;

std::vector<std::string> rolloutWords(const std::string& world, const std::vector<std::string>& more = {})
{
    std::vector<std::string> words = {"rollout",  "--world", world,     "--media",    dataPath("media/tiny.png"),
                                      "--frames", "5",       "--steps", "2",          "--height",
                                      "32",       "--width", "48",      "--guidance", "1",
                                      "--device", "cpu",     "--dtype", "float32"};
    words.insert(words.end(), more.begin(), more.end());
    return words;
}

// A copy of the tiny pipeline that a test may break.
std::string copyOfWorld()
{
    const std::string folder = makeTemporaryFolder() + "/world";
    fs::copy(fs::canonical(dataPath("models/cosmos-tiny")), folder, fs::copy_options::recursive);
    return folder;
}

// Fails with one sentence that has both parts, and writes nothing.
void expectRefused(const std::vector<std::string>& words, const std::string& what, const std::string& file)
{
    const std::string record = makeTemporaryFolder() + "/r.safetensors";
    std::vector<std::string> all = words;
    all.insert(all.end(), {"--record", record});
    const Finished done = runCli(all);
    EXPECT_EQ(done.exitCode, 3) << done.messages;
    EXPECT_THAT(done.messages, HasSubstr(what));
    EXPECT_THAT(done.messages, HasSubstr(file));
    EXPECT_EQ(done.output, "");
    EXPECT_FALSE(fs::exists(record));
}

TEST(CliRollout, WritesARecordAndAVideo)
{
    const std::string folder = makeTemporaryFolder();
    const Finished done =
        runCli(rolloutWords(dataPath("models/cosmos-tiny"),
                            {"--record", folder + "/r.safetensors", "--video", folder + "/r.mp4", "--seed", "7"}));
    ASSERT_EQ(done.exitCode, 0) << done.messages;
    EXPECT_GT(fs::file_size(folder + "/r.mp4"), 100u);
    const Finished again = runCli(
        rolloutWords(dataPath("models/cosmos-tiny"), {"--record", folder + "/again.safetensors", "--seed", "7"}));
    ASSERT_EQ(again.exitCode, 0) << again.messages;
    const Finished other = runCli(
        rolloutWords(dataPath("models/cosmos-tiny"), {"--record", folder + "/other.safetensors", "--seed", "8"}));
    ASSERT_EQ(other.exitCode, 0) << other.messages;
    const Finished compared = runPython(
        "from safetensors.numpy import load_file as f\n"
        "a,b,c=[f(n+'.safetensors') for n in ('r','again','other')]\n"
        "print((a['world.latents']==b['world.latents']).all(), (a['world.latents']==c['world.latents']).all(), "
        "list(a['rollout.frames'].shape))",
        folder);
    ASSERT_EQ(compared.exitCode, 0) << compared.messages;
    EXPECT_EQ(compared.output, "True False [5, 32, 48, 3]\n") << "bit-identical for the same seed, not for another";
}

TEST(CliRollout, WrongFoldersGetOneSentence)
{
    expectRefused(rolloutWords(dataPath("media")), "there is no such model folder", dataPath("media/vae"));
    for (const char* part : {"transformer", "vae", "scheduler"}) {
        const std::string world = copyOfWorld();
        fs::remove_all(world + "/" + part);
        expectRefused(rolloutWords(world, {"--prompt", "a cup"}), part, world);
    }
    const std::string noEncoder = copyOfWorld();
    fs::remove_all(noEncoder + "/text_encoder");
    expectRefused(rolloutWords(noEncoder, {"--prompt", "never encoded before: 4711"}), "text encoder", noEncoder);
}

TEST(CliRollout, ATransformerThatDoesNotFitTheVaeIsNamed)
{
    const std::string world = copyOfWorld();
    const std::string path = world + "/transformer/config.json";
    json config = json::parse(fileText(path));
    config["in_channels"] = 13;
    config["out_channels"] = 12;
    writeText(path, config.dump());
    expectRefused(rolloutWords(world), "channels", world);
}

TEST(CliRollout, SizesAndClipsThatCannotBeAreNamed)
{
    std::vector<std::string> odd = rolloutWords(dataPath("models/cosmos-tiny"));
    *(std::find(odd.begin(), odd.end(), "32")) = "33";
    expectRefused(odd, "33", "");
    std::vector<std::string> missing = rolloutWords(dataPath("models/cosmos-tiny"));
    *(std::find(missing.begin(), missing.end(), dataPath("media/tiny.png"))) = "/no/such.png";
    expectRefused(missing, "/no/such.png", "");
    expectRefused(rolloutWords(dataPath("models/cosmos-tiny"), {"--noise", dataPath("media/tiny.png")}),
                  "this is no safetensors file", "tiny.png");
}

TEST(CliRollout, AClipShorterThanItsConditionIsRefused)
{
    std::vector<std::string> words = rolloutWords(dataPath("models/cosmos-tiny"));
    *(std::find(words.begin(), words.end(), dataPath("media/tiny.png"))) = dataPath("media/clip.mp4");
    words.insert(words.end(), {"--condition-frames", "400"});
    expectRefused(words, "400", "40");
}

TEST(CliRollout, AskUsesThePredictedFuture)
{
    std::vector<std::string> words =
        askWords({"--theworld", dataPath("models/theworld-tiny/spatial-mlp"), "--world", dataPath("models/cosmos-tiny"),
                  "--world-source", "rollout", "--frames", "5", "--steps", "2", "--height", "32", "--width", "48",
                  "--guidance", "1", "--json"});
    const Finished done = runCli(words);
    ASSERT_EQ(done.exitCode, 0) << done.messages;
    const json object = done.json();
    EXPECT_EQ(object["settings"]["world_source"], "rollout");
    EXPECT_EQ(object["settings"]["rollout_steps"], "2");
    EXPECT_EQ(object["settings"]["latent_scale"], "normalised");
}

}  // namespace
}  // namespace armillary::test
