#include "io/model_folder.h"

#include "support/derived_models.h"
#include "support/test_data.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <set>

namespace armillary::io {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

void writeText(const std::string& path, const std::string& text)
{
    std::ofstream(path, std::ios::binary) << text;
}

void writeTensors(const std::string& path, const std::vector<std::string>& names, std::uint8_t value = 1,
                  std::size_t count = 4)
{
    std::map<std::string, TensorSnapshot> tensors;
    for (const std::string& name : names)
        tensors[name] = {ElementType::UInt8,
                         {static_cast<std::int64_t>(count)},
                         std::make_shared<const std::vector<std::uint8_t>>(count, value)};
    ASSERT_TRUE(writeSafetensors(path, tensors, {}).has_value());
}

// A folder with a config and, when given, an index.
std::string makeFolder(const std::string& index = "")
{
    std::string folder = test::makeTemporaryFolder();
    writeText(folder + "/config.json", R"({"model_type":"test"})");
    if (!index.empty())
        writeText(folder + "/model.safetensors.index.json", index);
    return folder;
}

TEST(ModelFolder, OpensOneFile)
{
    const Result<ModelFolder> folder = openModelFolder(test::dataPath("models/gemma-tiny"));
    ASSERT_TRUE(folder.has_value()) << folder.error().message;
    EXPECT_EQ(folder->config["model_type"], "gemma3");
    ASSERT_EQ(folder->files.size(), 1U);
    EXPECT_THAT(folder->problems, IsEmpty());
    EXPECT_TRUE(folder->hasFile("tokenizer.json"));
    EXPECT_FALSE(folder->hasFile("no such file"));
    EXPECT_EQ(folder->file("x"), test::dataPath("models/gemma-tiny") + "/x");
}

TEST(ModelFolder, OpensShardsOfTheSameWeights)
{
    const Result<ModelFolder> whole = openModelFolder(test::dataPath("models/gemma-tiny"));
    const Result<ModelFolder> shards = openModelFolder(test::derivedModelPath("gemma-tiny-hub"));
    ASSERT_TRUE(whole.has_value()) << whole.error().message;
    ASSERT_TRUE(shards.has_value()) << shards.error().message;
    EXPECT_EQ(shards->files.size(), 2U);
    EXPECT_THAT(shards->problems, IsEmpty());
    EXPECT_EQ(shards->files[0]->tensors().size() + shards->files[1]->tensors().size(),
              whole->files[0]->tensors().size());
}

TEST(ModelFolder, TriesStemsInOrder)
{
    const std::string folder = makeFolder();
    writeTensors(folder + "/diffusion_pytorch_model.safetensors", {"d"});
    const Result<ModelFolder> diffusion = openModelFolder(folder);
    ASSERT_TRUE(diffusion.has_value()) << diffusion.error().message;
    EXPECT_EQ(diffusion->files[0]->tensors()[0].name, "d");
    writeTensors(folder + "/model.safetensors", {"m"});
    EXPECT_EQ(openModelFolder(folder)->files[0]->tensors()[0].name, "m");
    EXPECT_EQ(openModelFolder(folder, {"diffusion_pytorch_model"})->files[0]->tensors()[0].name, "d");
}

TEST(ModelFolder, SaysWhatIsMissing)
{
    const std::string bare = test::makeTemporaryFolder();
    const std::string pickled = makeFolder();
    writeText(pickled + "/pytorch_model.bin", "x");
    const std::string noIndex = makeFolder();
    writeTensors(noIndex + "/model-00001-of-00002.safetensors", {"a"});
    const std::string badConfig = makeFolder();
    writeText(badConfig + "/config.json", "[]");
    const std::string lostShard = makeFolder(R"({"weight_map":{"a":"one.safetensors","b":"two.safetensors"}})");
    writeTensors(lostShard + "/one.safetensors", {"a"});
    const std::string brokenWeights = makeFolder();
    writeText(brokenWeights + "/model.safetensors", "short");
    const std::pair<std::string, std::string> cases[] = {
        {bare + "/nothing", "no such model folder"},
        {bare, "no config.json"},
        {makeFolder(), "no weights in the folder (model.safetensors is missing)"},
        {pickled, "only there as \"pytorch_model.bin\", a pickle that would run code when read; save"},
        {noIndex, "holds \"model-00001-of-00002.safetensors\" but neither model.safetensors nor its index"},
        {badConfig, "must be a JSON object"},
        {lostShard,
         "1 of 2 weight files named in model.safetensors.index.json is missing, the first is two.safetensors"},
        {brokenWeights, "the file has 5 bytes"},
        {makeFolder("{}"), "has no \"weight_map\""},
        {makeFolder(R"({"weight_map":[]})"), "has no \"weight_map\""},
        {makeFolder(R"({"weight_map":{}})"), "has no \"weight_map\""},
        {makeFolder(R"([1])"), "has no \"weight_map\""},
        {makeFolder(R"({"weight_map":{"a":7}})"), "sends tensor \"a\" to 7, which is no file name"},
        {makeFolder(R"({"weight_map":{"a":"../secret.safetensors"}})"), "which is no file name"},
        {makeFolder(R"({"weight_map":{"a":".."}})"), "which is no file name"},
    };
    for (const auto& [path, sentence] : cases) {
        const Result<ModelFolder> folder = openModelFolder(path);
        ASSERT_FALSE(folder.has_value()) << sentence;
        EXPECT_EQ(folder.error().code, ErrorCode::FileRead);
        EXPECT_THAT(folder.error().message, HasSubstr(sentence));
        EXPECT_THAT(folder.error().message, HasSubstr(path));
    }
}

TEST(ModelFolder, ComparesTheIndexWithTheShards)
{
    const std::string folder =
        makeFolder(R"({"weight_map":{"a":"one.safetensors","moved":"one.safetensors","lost":"two.safetensors",)"
                   R"("twice":"one.safetensors"}})");
    writeTensors(folder + "/one.safetensors", {"a", "twice"});
    writeTensors(folder + "/two.safetensors", {"moved", "twice", "surplus"});
    const Result<ModelFolder> opened = openModelFolder(folder);
    ASSERT_TRUE(opened.has_value()) << opened.error().message;
    EXPECT_THAT(opened->problems,
                ::testing::UnorderedElementsAre(
                    "tensor \"twice\" lies in two shards, one.safetensors and two.safetensors; the first one is used",
                    "tensor \"surplus\" of two.safetensors is not in the index",
                    "the index promises tensor \"lost\" in two.safetensors, where it is not",
                    "the index promises tensor \"moved\" in one.safetensors, but it lies in two.safetensors"));
}

std::string hashWith(const std::function<void(const std::string&)>& fill)
{
    const std::string folder = makeFolder();
    fill(folder);
    const Result<ModelFolder> opened = openModelFolder(folder);
    EXPECT_TRUE(opened.has_value()) << opened.error().message;
    return opened ? contentHash(*opened) : "";
}

TEST(ContentHash, TellsContentsApart)
{
    const auto plain = [](const std::string& folder) { writeTensors(folder + "/model.safetensors", {"a", "b"}); };
    const std::string reference = hashWith(plain);
    EXPECT_EQ(reference.size(), 16U);
    EXPECT_EQ(reference.find_first_not_of("0123456789abcdef"), std::string::npos);
    EXPECT_EQ(hashWith(plain), reference);

    std::set<std::string> all{reference};
    all.insert(hashWith([](const std::string& folder) { writeTensors(folder + "/model.safetensors", {"a", "c"}); }));
    all.insert(hashWith([](const std::string& folder) { writeTensors(folder + "/model.safetensors", {"a", "b"}, 2); }));
    all.insert(hashWith([](const std::string& folder) {
        writeTensors(folder + "/model.safetensors", {"a", "b"}, 1, 5);
    }));
    all.insert(hashWith([](const std::string& folder) { writeTensors(folder + "/model.safetensors", {"a"}); }));
    all.insert(hashWith([&](const std::string& folder) {
        plain(folder);
        writeText(folder + "/config.json", R"({"model_type":"other"})");
    }));
    EXPECT_EQ(all.size(), 6U);
}

TEST(ContentHash, DoesNotDependOnSharding)
{
    const std::string whole = hashWith([](const std::string& folder) {
        writeTensors(folder + "/model.safetensors", {"a", "b"});
    });
    const std::string sharded = hashWith([](const std::string& folder) {
        writeText(folder + "/model.safetensors.index.json",
                  R"({"weight_map":{"b":"one.safetensors","a":"two.safetensors"}})");
        writeTensors(folder + "/one.safetensors", {"b"});
        writeTensors(folder + "/two.safetensors", {"a"});
    });
    EXPECT_EQ(whole, sharded);
}

TEST(ContentHash, SamplesLargeTensorsAtBothEndsAndInTheMiddle)
{
    constexpr std::size_t kBytes = 200'000;
    const auto hashWithByteAt = [&](std::size_t changed) {
        return hashWith([&](const std::string& folder) {
            auto bytes = std::make_shared<std::vector<std::uint8_t>>(kBytes, std::uint8_t{1});
            if (changed < kBytes)
                (*bytes)[changed] = 2;
            ASSERT_TRUE(writeSafetensors(folder + "/model.safetensors",
                                         {{"w", {ElementType::UInt8, {static_cast<std::int64_t>(kBytes)}, bytes}}}, {})
                            .has_value());
        });
    };
    const std::string reference = hashWithByteAt(kBytes);
    EXPECT_NE(hashWithByteAt(0), reference);
    EXPECT_NE(hashWithByteAt(kBytes / 2 + 10), reference);
    EXPECT_NE(hashWithByteAt(kBytes - 1), reference);
}

}  // namespace
}  // namespace armillary::io
