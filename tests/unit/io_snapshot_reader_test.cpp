#include "io/snapshot_reader.h"

#include "io/model_folder.h"
#include "support/derived_models.h"
#include "support/test_data.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace armillary::io {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

const SnapshotModule* find(const SnapshotModule& module, const std::vector<std::string>& path)
{
    const SnapshotModule* at = &module;
    for (const std::string& name : path) {
        const SnapshotModule* next = nullptr;
        for (const SnapshotModule& child : at->modules) {
            if (child.name == name)
                next = &child;
        }
        if (next == nullptr)
            return nullptr;
        at = next;
    }
    return at;
}

TensorSnapshot floats(std::vector<std::int64_t> shape, std::uint8_t value, ElementType type = ElementType::Float32)
{
    std::size_t count = static_cast<std::size_t>(elementBytes(type));
    for (const std::int64_t size : shape)
        count *= static_cast<std::size_t>(size);
    return {type, std::move(shape), std::make_shared<const std::vector<std::uint8_t>>(count, value)};
}

TEST(SnapshotReader, CountsWhatTheShardsHold)
{
    const std::string path = test::dataPath("models/gemma-tiny");
    const auto contents = readSnapshotContents(path);
    ASSERT_TRUE(contents.has_value()) << contents.error().message;
    EXPECT_EQ((*contents)->architecture, "Gemma3ForConditionalGeneration");
    EXPECT_EQ((*contents)->tensorCount, 132);
    const auto folder = openModelFolder(path);
    ASSERT_TRUE(folder.has_value());
    std::int64_t bytes = 0;
    for (const TensorView& tensor : folder->files.front()->tensors())
        bytes += static_cast<std::int64_t>(tensor.bytes.size());
    EXPECT_EQ((*contents)->root.bytes, bytes);
    EXPECT_EQ((*contents)->root.elements, bytes / 4);
    EXPECT_THAT((*contents)->bytesByType, ElementsAre(Pair(ElementType::Float32, bytes)));
    EXPECT_THAT((*contents)->problems, IsEmpty());
    EXPECT_THAT((*contents)->facts, testing::Contains(Pair("text_config.hidden_size", "64")));
    // Parts sum up to the whole on every level.
    std::int64_t sum = 0;
    for (const SnapshotModule& child : (*contents)->root.modules)
        sum += child.elements;
    EXPECT_EQ(sum, (*contents)->root.elements);
}

TEST(SnapshotReader, ShardsGiveTheSameTree)
{
    const auto whole = readSnapshotContents(test::dataPath("models/gemma-tiny"));
    const auto shards = readSnapshotContents(test::derivedModelPath("gemma-tiny-hub"));
    ASSERT_TRUE(whole.has_value()) << whole.error().message;
    ASSERT_TRUE(shards.has_value()) << shards.error().message;
    EXPECT_EQ((*shards)->tensorCount, (*whole)->tensorCount);
    EXPECT_EQ((*shards)->root.elements, (*whole)->root.elements);
}

TEST(SnapshotReader, LayersAreInOrderAndMarked)
{
    const auto contents = readSnapshotContents(test::dataPath("models/gemma-tiny"));
    ASSERT_TRUE(contents.has_value()) << contents.error().message;
    const SnapshotModule* layers = find((*contents)->root, {"language_model", "model", "layers"});
    ASSERT_NE(layers, nullptr);
    ASSERT_EQ(layers->modules.size(), 7U);
    for (std::size_t i = 0; i < 7; ++i) {
        EXPECT_EQ(layers->modules[i].name, std::to_string(i));
        EXPECT_EQ(layers->modules[i].isLocal, std::optional(i != 5)) << i;
    }
    EXPECT_EQ((*contents)->root.isLocal, std::nullopt);
}

TEST(SnapshotReader, TiedHeadIsNamed)
{
    const auto contents = readSnapshotContents(test::dataPath("models/gemma-tiny"));
    ASSERT_TRUE(contents.has_value()) << contents.error().message;
    EXPECT_THAT((*contents)->tied, ElementsAre(Pair("lm_head.weight", "language_model.model.embed_tokens.weight")));
}

TEST(SnapshotReader, ConfigurationsThatLeaveOutDefaultsAreUnderstood)
{
    // Published Gemma 3 files say neither that the head is tied nor which layers are local.
    const std::string folder = test::makeTemporaryFolder();
    std::ofstream(folder + "/config.json") << R"({"model_type":"gemma3","text_config":{"model_type":"gemma3_text",
        "num_hidden_layers":6,"sliding_window":32}})";
    std::map<std::string, TensorSnapshot> tensors = {{"language_model.model.embed_tokens.weight", floats({3, 4}, 7)}};
    for (int layer = 0; layer < 6; ++layer)
        tensors["language_model.model.layers." + std::to_string(layer) + ".w"] = floats({2}, 1);
    ASSERT_TRUE(writeSafetensors(folder + "/model.safetensors", tensors, {}).has_value());
    const auto contents = readSnapshotContents(folder);
    ASSERT_TRUE(contents.has_value()) << contents.error().message;
    EXPECT_THAT((*contents)->tied, ElementsAre(Pair("lm_head.weight", "language_model.model.embed_tokens.weight")));
    const SnapshotModule* layers = find((*contents)->root, {"language_model", "model", "layers"});
    ASSERT_NE(layers, nullptr);
    for (std::size_t i = 0; i < 6; ++i)
        EXPECT_EQ(layers->modules[i].isLocal, std::optional(i != 5)) << i;
}

TEST(SnapshotReader, NanoVlmKeepsTheHeadAndDropsTheTable)
{
    const std::string folder = test::makeTemporaryFolder();
    std::ofstream(folder + "/config.json") << R"({"lm_tie_weights":true,"lm_n_blocks":1})";
    ASSERT_TRUE(writeSafetensors(folder + "/model.safetensors",
                                 {{"decoder.head.weight", floats({3, 4}, 7)}, {"MP.proj.weight", floats({2, 2}, 1)}},
                                 {})
                    .has_value());
    const auto contents = readSnapshotContents(folder);
    ASSERT_TRUE(contents.has_value()) << contents.error().message;
    EXPECT_THAT((*contents)->tied, ElementsAre(Pair("decoder.token_embedding.weight", "decoder.head.weight")));
    EXPECT_EQ((*contents)->parameters(), 16);
}

TEST(SnapshotReader, TablesKeptTwiceAreNamed)
{
    const std::string folder = test::makeTemporaryFolder();
    std::ofstream(folder + "/config.json") << R"({"model_type":"test","num_hidden_layers":11,"sliding_window":8,
        "sliding_window_pattern":2})";
    std::map<std::string, TensorSnapshot> tensors = {{"shared.weight", floats({3, 4}, 7)},
                                                     {"encoder.embed_tokens.weight", floats({3, 4}, 7)},
                                                     {"other.embed.weight", floats({3, 4}, 8)},
                                                     {"norm.weight", floats({5}, 1, ElementType::BFloat16)}};
    for (int layer = 0; layer < 11; ++layer)
        tensors["layers." + std::to_string(layer) + ".w"] = floats({2}, 1);
    ASSERT_TRUE(writeSafetensors(folder + "/model.safetensors", tensors, {}).has_value());
    const auto contents = readSnapshotContents(folder);
    ASSERT_TRUE(contents.has_value()) << contents.error().message;
    const SnapshotModule* twin = find((*contents)->root, {"encoder", "embed_tokens"});
    const SnapshotModule* shared = find((*contents)->root, {"shared"});
    ASSERT_TRUE(twin != nullptr && shared != nullptr);
    EXPECT_EQ(twin->tensors.front().sameAs + shared->tensors.front().sameAs,
              shared->tensors.front().sameAs.empty() ? "shared.weight" : "encoder.embed_tokens.weight");
    EXPECT_EQ(find((*contents)->root, {"other", "embed"})->tensors.front().sameAs, "");
    // Numbers stand by value: 10 behind 9.
    const SnapshotModule* layers = find((*contents)->root, {"layers"});
    EXPECT_EQ(layers->modules.back().name, "10");
    EXPECT_EQ(layers->modules[0].isLocal, std::optional(true));
    EXPECT_EQ(layers->modules[1].isLocal, std::optional(false));

    // 36 numbers in matrices, 5 + 22 in vectors.
    EXPECT_EQ((*contents)->matrixElements, 36);
    // One of the twins, 12 numbers, counts once.
    EXPECT_EQ((*contents)->repeatedElements, 12);
    EXPECT_EQ((*contents)->root.elements, 63);
    EXPECT_EQ((*contents)->parameters(), 51);
    EXPECT_EQ((*contents)->bytesByType.at(ElementType::BFloat16), 10);
}

TEST(SnapshotReader, PipelinesGiveOneModuleAPart)
{
    const auto contents = readSnapshotContents(test::dataPath("models/cosmos-tiny"));
    ASSERT_TRUE(contents.has_value()) << contents.error().message;
    EXPECT_EQ((*contents)->architecture, "Cosmos2VideoToWorldPipeline");
    const SnapshotModule* vae = find((*contents)->root, {"vae"});
    ASSERT_NE(vae, nullptr);
    EXPECT_EQ(vae->title, "AutoencoderKLWan");
    EXPECT_GT(vae->elements, 0);
    std::int64_t sum = 0;
    for (const SnapshotModule& part : (*contents)->root.modules)
        sum += part.elements;
    EXPECT_EQ(sum, (*contents)->root.elements);
}

TEST(SnapshotReader, FolderWithoutWeightsIsOneSentence)
{
    const auto nothing = readSnapshotContents(test::makeTemporaryFolder());
    ASSERT_FALSE(nothing.has_value());
    EXPECT_EQ(nothing.error().code, ErrorCode::FileRead);
    const auto missing = readSnapshotContents("/no such folder");
    ASSERT_FALSE(missing.has_value());
    EXPECT_THAT(missing.error().message, HasSubstr("/no such folder"));
}

}  // namespace
}  // namespace armillary::io
