// Parameter counts and bytes of whole folders, as the reference counts them: read from headers alone.
#include "inspect/weight_memory.h"
#include "io/snapshot_reader.h"
#include "support/derived_models.h"
#include "support/golden_case.h"
#include "support/test_data.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>

namespace armillary::test {
namespace {

const SnapshotModule* childOf(const SnapshotModule& module, const std::string& name)
{
    for (const SnapshotModule& child : module.modules) {
        if (child.name == name)
            return &child;
    }
    return nullptr;
}

void checkCounts(const std::string& folder)
{
    const nlohmann::json want = GoldenCase::open("cases/gemma/parameters").json();
    const auto contents = io::readSnapshotContents(folder);
    ASSERT_TRUE(contents.has_value()) << contents.error().message;
    EXPECT_EQ((*contents)->parameters(), want["total_unique"].get<std::int64_t>());
    const auto memory = inspect::weightMemory(**contents, {});
    std::map<std::string, std::int64_t> parts;
    for (std::size_t i = 0; i + 1 < memory.size(); ++i)
        parts[memory[i].part] = memory[i].parameters;
    EXPECT_EQ(parts, (want["components"].get<std::map<std::string, std::int64_t>>()));
    EXPECT_EQ(memory.back().float32, want["bytes"]["float32"].get<std::int64_t>());
    EXPECT_EQ(memory.back().bfloat16, want["bytes"]["bfloat16"].get<std::int64_t>());
    EXPECT_EQ(!(*contents)->tied.empty(), want["lm_head_shares_the_embedding_table"].get<bool>());

    const SnapshotModule* text = childOf((*contents)->root, "language_model");
    ASSERT_NE(text, nullptr);
    const SnapshotModule* model = childOf(*text, "model");
    ASSERT_NE(model, nullptr);
    EXPECT_EQ(childOf(*model, "embed_tokens")->elements, want["embedding_table"].get<std::int64_t>());
    const SnapshotModule* layers = childOf(*model, "layers");
    ASSERT_NE(layers, nullptr);
    ASSERT_EQ(layers->modules.size(), want["layers"].size());
    for (const nlohmann::json& layer : want["layers"]) {
        const SnapshotModule& got = layers->modules.at(layer["index"].get<std::size_t>());
        EXPECT_EQ(got.elements, layer["total"].get<std::int64_t>()) << layer;
        EXPECT_EQ(childOf(got, "self_attn")->elements, layer["attention"].get<std::int64_t>()) << layer;
        EXPECT_EQ(childOf(got, "mlp")->elements, layer["mlp"].get<std::int64_t>()) << layer;
        EXPECT_EQ(got.isLocal, std::optional(layer["type"] == "sliding_attention")) << layer;
    }
}

TEST(ParametersGolden, LibraryNaming)
{
    checkCounts(dataPath("models/gemma-tiny"));
}

TEST(ParametersGolden, PublishedNamingInShards)
{
    checkCounts(derivedModelPath("gemma-tiny-hub"));
}

TEST(ParametersGolden, BFloat16)
{
    checkCounts(derivedModelPath("gemma-tiny-bf16"));
}

// The published shapes of gemma-3-4b-it in a file whose numbers are a hole: nothing of its 8.6 GB is on the disk.
TEST(ParametersGolden, Gemma3OfFourBillion)
{
    nlohmann::json header = nlohmann::json::object();
    std::uint64_t at = 0;
    const auto add = [&](const std::string& name, const std::vector<std::uint64_t>& shape) {
        std::uint64_t bytes = 2;
        for (const std::uint64_t size : shape)
            bytes *= size;
        header[name] = {{"dtype", "BF16"}, {"shape", shape}, {"data_offsets", {at, at + bytes}}};
        at += bytes;
    };
    constexpr std::uint64_t D = 2560, H = 8 * 256, K = 4 * 256, F = 10240, V = 262208, Dv = 1152, Fv = 4304;
    const std::string text = "language_model.model.", vision = "vision_tower.vision_model.";
    add(text + "embed_tokens.weight", {V, D});
    add(text + "norm.weight", {D});
    for (int layer = 0; layer < 34; ++layer) {
        const std::string root = text + "layers." + std::to_string(layer) + ".";
        add(root + "self_attn.q_proj.weight", {H, D});
        add(root + "self_attn.k_proj.weight", {K, D});
        add(root + "self_attn.v_proj.weight", {K, D});
        add(root + "self_attn.o_proj.weight", {D, H});
        add(root + "self_attn.q_norm.weight", {256});
        add(root + "self_attn.k_norm.weight", {256});
        for (const char* name : {"gate_proj", "up_proj"})
            add(root + "mlp." + name + ".weight", {F, D});
        add(root + "mlp.down_proj.weight", {D, F});
        for (const char* name :
             {"input_layernorm", "post_attention_layernorm", "pre_feedforward_layernorm", "post_feedforward_layernorm"})
            add(root + name + ".weight", {D});
    }
    const auto linear = [&](const std::string& name, std::uint64_t out, std::uint64_t in) {
        add(name + ".weight", {out, in});
        add(name + ".bias", {out});
    };
    const auto norm = [&](const std::string& name) {
        add(name + ".weight", {Dv});
        add(name + ".bias", {Dv});
    };
    add(vision + "embeddings.patch_embedding.weight", {Dv, 3, 14, 14});
    add(vision + "embeddings.patch_embedding.bias", {Dv});
    add(vision + "embeddings.position_embedding.weight", {4096, Dv});
    norm(vision + "post_layernorm");
    for (int layer = 0; layer < 27; ++layer) {
        const std::string root = vision + "encoder.layers." + std::to_string(layer) + ".";
        norm(root + "layer_norm1");
        norm(root + "layer_norm2");
        for (const char* name : {"q_proj", "k_proj", "v_proj", "out_proj"})
            linear(root + "self_attn." + name, Dv, Dv);
        linear(root + "mlp.fc1", Fv, Dv);
        linear(root + "mlp.fc2", Dv, Fv);
    }
    add("multi_modal_projector.mm_input_projection_weight", {Dv, D});
    add("multi_modal_projector.mm_soft_emb_norm.weight", {Dv});

    const std::string folder = makeTemporaryFolder();
    std::ofstream(folder + "/config.json")
        << R"({"architectures":["Gemma3ForConditionalGeneration"],"model_type":"gemma3",
        "text_config":{"model_type":"gemma3_text","num_hidden_layers":34,"sliding_window":1024}})";
    const std::string json = header.dump();
    {
        std::ofstream file(folder + "/model.safetensors", std::ios::binary);
        const std::uint64_t length = json.size();
        file.write(reinterpret_cast<const char*>(&length), sizeof length);
        file << json;
    }
    std::filesystem::resize_file(folder + "/model.safetensors", 8 + json.size() + at);

    const auto contents = io::readSnapshotContents(folder);
    ASSERT_TRUE(contents.has_value()) << contents.error().message;
    // As transformers counts gemma-3-4b-it: not "4 billion", and 256 tokens a picture add none.
    EXPECT_EQ((*contents)->parameters(), 4'300'079'472);
    const auto memory = inspect::weightMemory(**contents, {});
    std::map<std::string, std::int64_t> parts;
    for (const inspect::WeightMemoryRow& row : memory)
        parts[row.part] = row.parameters;
    EXPECT_EQ(parts["language_model"], 3'880'263'168);
    EXPECT_EQ(parts["vision_tower"], 416'866'032);
    EXPECT_EQ(parts["multi_modal_projector"], 2'950'272);
    EXPECT_EQ(memory.back().stored, 2 * std::int64_t{4'300'079'472});
    EXPECT_EQ((*contents)->tied.size(), 1U);
    // Half a byte a number, two bytes for 128 of a row, vectors in bfloat16.
    EXPECT_NEAR(static_cast<double>(memory.back().int4), 4'300'079'472 * (0.5 + 2.0 / 128), 0.002 * 4'300'079'472);
    std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace armillary::test
