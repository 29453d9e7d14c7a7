#include "gemma/weight_names.h"

#include "language/weight_names.h"

#include <gtest/gtest.h>

namespace armillary::gemma {
namespace {

TEST(WeightNames, AllNamingsBecomeOne)
{
    for (const char* stored :
         {"language_model.model.layers.3.mlp.up_proj.weight", "model.language_model.layers.3.mlp.up_proj.weight"})
        EXPECT_EQ(canonicalGemmaName(stored), "language_model.layers.3.mlp.up_proj.weight");
    for (const char* stored :
         {"vision_tower.vision_model.encoder.layers.0.mlp.fc1.bias", "vision_tower.encoder.layers.0.mlp.fc1.bias",
          "model.vision_tower.vision_model.encoder.layers.0.mlp.fc1.bias",
          "model.vision_tower.encoder.layers.0.mlp.fc1.bias"})
        EXPECT_EQ(canonicalGemmaName(stored), "vision_tower.encoder.layers.0.mlp.fc1.bias");
    for (const char* stored :
         {"multi_modal_projector.mm_soft_emb_norm.weight", "model.multi_modal_projector.mm_soft_emb_norm.weight"})
        EXPECT_EQ(canonicalGemmaName(stored), "multi_modal_projector.mm_soft_emb_norm.weight");
    for (const char* stored : {"lm_head.weight", "language_model.lm_head.weight"})
        EXPECT_EQ(canonicalGemmaName(stored), language::kHeadName);
    EXPECT_EQ(canonicalGemmaName("language_model.model.embed_tokens.weight"), language::kEmbeddingName);
}

TEST(WeightNames, OtherNamesStay)
{
    for (const char* stored :
         {"world_projector.projection.0.weight", "model.decoder.weight", "language_modelling.weight", ""})
        EXPECT_EQ(canonicalGemmaName(stored), stored);
}

}  // namespace
}  // namespace armillary::gemma
