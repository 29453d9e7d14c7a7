// TheWorld's fused forward pass for every kind of checkpoint, whole: from the picture through Engine::ask to the answer's ids.

#include "support/engine_fixture.h"

#include "fusion/training_labels.h"
#include "language/loss.h"

#include <algorithm>

namespace armillary {
namespace {

using test::GoldenCase;
using test::matches;

struct Checkpoint {
    std::string name;
    bool allPositions = false;  // the case holds logits and attention of every position, not of the last four only
    bool atSixtyFour = true;    // the VAE sees 64x64; otherwise the checkpoint's own 512x512
};

class TheWorld : public ::testing::TestWithParam<Checkpoint> {
protected:
    static Question question(ImageAttention attention)
    {
        Question out = test::questionAbout({"media/coffee.png"}, "What will the red car do next?", 12);
        if (GetParam().atSixtyFour)
            out.world.heightPixels = out.world.widthPixels = 64;
        out.imageAttention = attention;
        out.capture.parts = {Capture::Embeds, Capture::PromptLogits, Capture::Logits, Capture::Attention,
                             Capture::Pixels};
        return out;
    }

    static void compare(const GoldenCase& golden, const std::string& mode, const RunRecord& record)
    {
        const at::Tensor promptLogits = test::recorded(record, "logits.prompt");
        const std::int64_t length = promptLogits.size(0);
        if (golden.has(mode + ".logits")) {
            EXPECT_TRUE(matches(golden, mode + ".logits", promptLogits));
        }
        if (golden.has(mode + ".logits_last")) {
            EXPECT_TRUE(matches(golden, mode + ".logits_last", promptLogits.slice(0, length - 4)));
        }
        for (const std::string layer : {"0", "5"}) {
            const at::Tensor maps =
                test::recorded(record, "attention." + layer).slice(1, 0, length).slice(2, 0, length);
            if (golden.has(mode + ".attention." + layer)) {
                EXPECT_TRUE(matches(golden, mode + ".attention." + layer, maps));
            }
            if (golden.has(mode + ".attention_last." + layer)) {
                EXPECT_TRUE(matches(golden, mode + ".attention_last." + layer, maps.slice(1, length - 4)));
            }
        }
        EXPECT_TRUE(matches(golden, mode + ".generated_ids", test::generatedIds(record)));
        EXPECT_TRUE(matches(golden, mode + ".step_logits_last", test::recorded(record, "logits").slice(0, 11)));
    }
};

TEST_P(TheWorld, FusedForwardAndAnswerAreTheReferences)
{
    const GoldenCase golden = GoldenCase::open("cases/theworld/" + GetParam().name);
    const auto engine = test::loadedEngine("", "models/theworld-tiny/" + GetParam().name);

    const auto causal = test::answered(*engine, question(ImageAttention::Causal));
    ASSERT_TRUE(causal);
    EXPECT_TRUE(matches(golden, "latents", test::recorded(*causal, "world.latents").squeeze(1)));
    EXPECT_TRUE(matches(golden, "world_embeds", test::recorded(*causal, "world.embeds")));
    if (golden.has("vae_input")) {
        EXPECT_TRUE(
            matches(golden, "vae_input",
                    test::recorded(*causal, "media.0.vae_input").select(1, 0).permute({1, 2, 0}).to(at::kByte)));
    }
    if (golden.has("combined_embeds")) {
        EXPECT_TRUE(matches(golden, "combined_embeds", test::recorded(*causal, "inputs.embeds")));
    }

    std::vector<std::int64_t> promptIds;
    for (const std::int64_t id : causal->layout->ids) {
        if (id >= 0)
            promptIds.push_back(id);
    }
    EXPECT_TRUE(matches(golden, "injected_ids", at::tensor(promptIds, at::kLong)));
    compare(golden, "causal", *causal);
    if (golden.has("combined_labels")) {
        const at::Tensor labels =
            at::tensor(fusion::trainingLabels(*causal->layout, fusion::LabelRule::PromptIds), at::kLong);
        EXPECT_TRUE(matches(golden, "combined_labels", labels));
        EXPECT_TRUE(matches(golden, "loss",
                            language::teacherForcedLoss(test::recorded(*causal, "logits.prompt"), labels).mean));
    }

    const auto aligned = test::answered(*engine, question(ImageAttention::Bidirectional));
    ASSERT_TRUE(aligned);
    std::vector<std::int64_t> types;
    for (const TokenKind kind : aligned->layout->kinds)
        types.push_back(kind == TokenKind::Image ? 1 : 0);
    EXPECT_TRUE(matches(golden, "aligned.token_type_ids", at::tensor(types, at::kLong)));
    compare(golden, "aligned", *aligned);
}

// The original runs VAE and projector in bfloat16; its tensors tell whether ours in bfloat16 lands as near.
TEST_P(TheWorld, BFloat16WorldLandsWhereTheOriginalDoes)
{
    const GoldenCase golden = GoldenCase::open("cases/theworld/" + GetParam().name);
    const auto engine = test::loadedEngine("", "models/theworld-tiny/" + GetParam().name, "", NumberFormat::BFloat16);
    const auto record = test::answered(*engine, question(ImageAttention::Causal));
    ASSERT_TRUE(record);
    EXPECT_TRUE(matches(golden, "ref.latents", test::recorded(*record, "world.latents").squeeze(1).to(at::kBFloat16)));
    EXPECT_TRUE(matches(golden, "ref.world_embeds", test::recorded(*record, "world.embeds").to(at::kBFloat16)));
    const at::Tensor promptLogits = test::recorded(*record, "logits.prompt");
    EXPECT_TRUE(matches(golden, "ref.logits_last", promptLogits.slice(0, promptLogits.size(0) - 4)));
}

INSTANTIATE_TEST_SUITE_P(Checkpoints, TheWorld,
                         ::testing::Values(Checkpoint{"spatial-mlp", true}, Checkpoint{"spatial-mlp_no_final_gelu"},
                                           Checkpoint{"spatial-linear"}, Checkpoint{"spatial-mlp-language"},
                                           Checkpoint{"channel-mlp", true, false},
                                           Checkpoint{"channel-linear", false, false}),
                         [](const auto& info) {
                             std::string name = info.param.name;
                             std::replace(name.begin(), name.end(), '-', '_');
                             return name;
                         });

TEST(TheWorldFullSize, FourThousandWorldTokens)
{
    const GoldenCase golden = GoldenCase::open("cases/theworld/spatial-linear-512");
    const auto engine = test::loadedEngine("", "models/theworld-tiny/spatial-linear");
    for (const ImageAttention attention : {ImageAttention::Causal, ImageAttention::Bidirectional}) {
        const std::string mode = attention == ImageAttention::Causal ? "causal" : "aligned";
        Question question = test::questionAbout({"media/astronaut.png"}, "What will the red car do next?", 1);
        question.imageAttention = attention;
        question.capture.parts = {Capture::PromptLogits};
        const auto record = test::answered(*engine, question);
        ASSERT_TRUE(record);
        ASSERT_EQ(record->layout->size(), 4138);
        EXPECT_TRUE(matches(golden, "latents", test::recorded(*record, "world.latents").squeeze(1)));
        const at::Tensor world = test::recorded(*record, "world.embeds");
        EXPECT_TRUE(matches(golden, "world_embeds_first", world.slice(0, 0, 64)));
        EXPECT_TRUE(matches(golden, "world_embeds_last", world.slice(0, 4032)));
        EXPECT_TRUE(matches(golden, mode + ".logits_last", test::recorded(*record, "logits.prompt").slice(0, 4134)));
    }
}

}  // namespace
}  // namespace armillary
