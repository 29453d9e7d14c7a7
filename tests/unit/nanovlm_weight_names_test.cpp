#include "nanovlm/weight_names.h"

#include "support/test_data.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

namespace armillary::nanovlm {
namespace {

TEST(NanoVlmWeightNames, BringsEveryPartToItsSharedName)
{
    const auto name = [](const std::string& stored) { return canonicalNanoVlmName(stored, false); };
    EXPECT_EQ(name("decoder.blocks.11.norm1.weight"), "language_model.layers.11.input_layernorm.weight");
    EXPECT_EQ(name("decoder.blocks.0.norm2.weight"), "language_model.layers.0.pre_feedforward_layernorm.weight");
    EXPECT_EQ(name("decoder.blocks.0.attn.q_proj.weight"), "language_model.layers.0.self_attn.q_proj.weight");
    EXPECT_EQ(name("decoder.blocks.0.attn.out_proj.weight"), "language_model.layers.0.self_attn.o_proj.weight");
    EXPECT_EQ(name("decoder.blocks.0.mlp.gate_proj.weight"), "language_model.layers.0.mlp.gate_proj.weight");
    EXPECT_EQ(name("decoder.norm.weight"), "language_model.norm.weight");
    EXPECT_EQ(name("decoder.token_embedding.weight"), "language_model.embed_tokens.weight");
    EXPECT_EQ(name("decoder.rotary_embd.inv_freq"), "");
    EXPECT_EQ(name("vision_encoder.blocks.3.ln2.bias"), "vision_tower.encoder.layers.3.layer_norm2.bias");
    EXPECT_EQ(name("vision_encoder.blocks.3.attn.out_proj.bias"),
              "vision_tower.encoder.layers.3.self_attn.out_proj.bias");
    EXPECT_EQ(name("vision_encoder.blocks.3.mlp.fc1.bias"), "vision_tower.encoder.layers.3.mlp.fc1.bias");
    EXPECT_EQ(name("vision_encoder.patch_embedding.conv.bias"), "vision_tower.embeddings.patch_embedding.bias");
    EXPECT_EQ(name("vision_encoder.layer_norm.weight"), "vision_tower.post_layernorm.weight");
    EXPECT_EQ(name("MP.proj.weight"), kProjectionName);
    EXPECT_EQ(name("something.else"), "something.else");
}

TEST(NanoVlmWeightNames, TheHeadStandsForTheTableWhereTheFileDropsIt)
{
    EXPECT_EQ(canonicalNanoVlmName("decoder.head.weight", true), "language_model.embed_tokens.weight");
    EXPECT_EQ(canonicalNanoVlmName("decoder.head.weight", false), "language_model.lm_head.weight");
    const auto folder = io::openModelFolder(test::dataPath("models/nanovlm-tiny"));
    ASSERT_TRUE(folder) << folder.error().message;
    EXPECT_TRUE(nanoVlmWeights(*folder, true)->has("language_model.embed_tokens.weight"));
    EXPECT_FALSE(nanoVlmWeights(*folder, false)->has("language_model.embed_tokens.weight"));
}

TEST(NanoVlmWeightNames, FusedProjectionsAreTakenApart)
{
    const auto folder = io::openModelFolder(test::dataPath("models/nanovlm-tiny"));
    ASSERT_TRUE(folder) << folder.error().message;
    const auto weights = nanoVlmWeights(*folder, true);
    EXPECT_FALSE(weights->has("vision_tower.encoder.layers.0.self_attn.qkv_proj.weight"));
    const io::TensorView* fused = folder->files.front()->find("vision_encoder.blocks.0.attn.qkv_proj.weight");
    ASSERT_NE(fused, nullptr);
    const at::Tensor whole = tensors::tensorFromView(*fused, folder->files.front());
    std::vector<at::Tensor> parts;
    for (const char* part : {"q_proj", "k_proj", "v_proj"})
        parts.push_back(
            weights->take(std::string("vision_tower.encoder.layers.0.self_attn.") + part + ".weight", {32, 32}));
    EXPECT_TRUE(at::equal(at::cat(parts), whole));
    EXPECT_TRUE(weights->take("vision_tower.embeddings.position_embedding.weight", {16, 32}).defined());
}

}  // namespace
}  // namespace armillary::nanovlm
