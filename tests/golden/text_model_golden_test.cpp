#include "golden/tiny_gemma.h"
#include "nn/rotary.h"
#include "support/derived_models.h"

#include <fmt/format.h>

namespace armillary::test {
namespace {

using tensors::TapPoint;

struct TextRun {
    KeepingTaps taps;
    at::Tensor logits;  // [S,V]
};

// Hidden states, queries and keys of a text, run in pieces that end at `cuts` behind one cache.
TextRun runText(const TinyGemma& tiny, const at::Tensor& ids, std::vector<std::int64_t> cuts = {})
{
    TextRun run;
    SilentObserver observer;
    language::KvCache cache = tiny.gemma->makeCache();
    const at::Tensor embeds = promptEmbeds(tiny, ids, {});
    cuts.push_back(embeds.size(0));
    std::vector<at::Tensor> hidden;
    for (const std::int64_t cut : cuts)
        hidden.push_back(
            valueOrThrow(tiny.gemma->forward(embeds.slice(0, cache.length(), cut), cache, {}, run.taps, observer, {})));
    EXPECT_EQ(cache.length(), embeds.size(0));
    run.logits = tiny.gemma->logits(at::cat(hidden));
    return run;
}

void expectText(const GoldenCase& golden, const TinyGemma& tiny, const TextRun& run)
{
    const auto layers = static_cast<int>(tiny.config.text.layerCount);
    for (int layer = 0; layer <= layers; ++layer)
        EXPECT_TRUE(matches(golden, fmt::format("hidden.{}", layer), run.taps.get(TapPoint::Hidden, layer)));
    for (int layer = 0; layer < layers; ++layer)
        EXPECT_TRUE(matches(golden, fmt::format("attention.{}", layer), attentionFromTaps(tiny, run.taps, layer, {})));
    EXPECT_TRUE(matches(golden, "logits", run.logits));
}

TEST(TextModelGolden, ShortText)
{
    const GoldenCase golden = GoldenCase::open("cases/gemma/text_short");
    const TinyGemma tiny = loadTinyGemma("models/gemma-tiny");
    expectText(golden, tiny, runText(tiny, golden.tensor("input_ids")));
}

TEST(TextModelGolden, TextLongerThanTheWindow)
{
    const GoldenCase golden = GoldenCase::open("cases/gemma/text_long");
    const TinyGemma tiny = loadTinyGemma("models/gemma-tiny");
    ASSERT_GT(golden.tensor("input_ids").size(1), tiny.config.text.slidingWindow);
    expectText(golden, tiny, runText(tiny, golden.tensor("input_ids")));
}

TEST(TextModelGolden, ContinuingACacheGivesTheSame)
{
    const GoldenCase golden = GoldenCase::open("cases/gemma/text_long");
    const TinyGemma tiny = loadTinyGemma("models/gemma-tiny");
    expectText(golden, tiny, runText(tiny, golden.tensor("input_ids"), {1, 20, 21, 45}));
}

TEST(TextModelGolden, PublishedNamesAndSparseConfig)
{
    const GoldenCase golden = GoldenCase::open("cases/gemma/text_long");
    const TinyGemma tiny = loadTinyGemmaFrom(derivedModelPath("gemma-tiny-hub"));
    expectText(golden, tiny, runText(tiny, golden.tensor("input_ids")));
}

TEST(TextModelGolden, RotaryAngles)
{
    const GoldenCase golden = GoldenCase::open("cases/gemma/text_long");
    const language::DecoderConfig text = loadTinyGemma("models/gemma-tiny").config.text;
    const struct {
        const char* name;
        double theta, factor;
    } kinds[] = {{"full_attention", text.globalTheta, text.globalFactor},
                 {"sliding_attention", text.localTheta, text.localFactor}};
    for (const auto& kind : kinds) {
        const std::string name = fmt::format("rope.{}.", kind.name);
        const at::Tensor frequencies = nn::inverseFrequencies(text.headWidth, kind.theta, kind.factor);
        EXPECT_TRUE(matches(golden, name + "inv_freq", frequencies));
        const nn::RotaryTable table = nn::rotaryTable(frequencies, 0, golden.tensor("input_ids").size(1), at::kCPU);
        // The reference writes each angle twice, once for each half.
        EXPECT_TRUE(matches(golden, name + "cos", at::cat({table.cosine, table.cosine}, 1)));
        EXPECT_TRUE(matches(golden, name + "sin", at::cat({table.sine, table.sine}, 1)));
    }
}

TEST(TextModelGolden, Bfloat16WeightsLandAtLeastAsNearToFloat32AsTheReference)
{
    const GoldenCase golden = GoldenCase::open("cases/gemma/text_long_bf16");
    const GoldenCase exact = GoldenCase::open("cases/gemma/text_long");
    const TinyGemma tiny = loadTinyGemmaFrom(derivedModelPath("gemma-tiny-bf16"), at::kBFloat16);
    const at::Tensor ids = golden.tensor("input_ids");
    EXPECT_TRUE(matches(golden, "embeddings", tiny.gemma->embed(idsFrom(ids)).to(at::kBFloat16)));
    const TextRun run = runText(tiny, ids);
    EXPECT_TRUE(matches(golden, "logits", run.logits));
    const double reference = golden.tolerance("logits").absolute;
    EXPECT_TRUE(matches(exact, "logits", run.logits, {0, reference, false}));
}

}  // namespace
}  // namespace armillary::test
