#include "golden/tiny_gemma.h"
#include "language/loss.h"
#include "records/tensor_snapshot.h"

#include <fmt/format.h>

#include <stop_token>

namespace armillary::test {
namespace {

using tensors::TapPoint;

struct FusedRun {
    KeepingTaps taps;
    language::ImageBlocks blocks;
    at::Tensor logits;  // [S,V]
};

// A prompt with pictures. Without `bidirectional` image tokens attend like text.
FusedRun runCase(const TinyGemma& tiny, const GoldenCase& golden, bool bidirectional)
{
    FusedRun run;
    SilentObserver observer;
    tensors::NoTaps noTaps;
    const at::Tensor embeds =
        promptEmbeds(tiny, golden.tensor("input_ids"), imageFeatures(tiny, golden.tensor("pixel_values"), noTaps));
    if (bidirectional)
        run.blocks = blocksFrom(golden.tensor("token_type_ids"));
    language::KvCache cache = tiny.gemma->makeCache();
    run.logits =
        tiny.gemma->logits(valueOrThrow(tiny.gemma->forward(embeds, cache, run.blocks, run.taps, observer, {})));
    return run;
}

TEST(GemmaGolden, PictureAndQuestion)
{
    const GoldenCase golden = GoldenCase::open("cases/gemma/image_text");
    const TinyGemma tiny = loadTinyGemma("models/gemma-tiny");
    const FusedRun run = runCase(tiny, golden, true);
    ASSERT_EQ(run.blocks.size(), 1U);
    const auto layers = static_cast<int>(tiny.config.text.layerCount);
    for (int layer = 0; layer <= layers; ++layer)
        EXPECT_TRUE(matches(golden, fmt::format("hidden.{}", layer), run.taps.get(TapPoint::Hidden, layer)));
    for (int layer = 0; layer < layers; ++layer)
        EXPECT_TRUE(
            matches(golden, fmt::format("attention.{}", layer), attentionFromTaps(tiny, run.taps, layer, run.blocks)));
    EXPECT_TRUE(matches(golden, "logits", run.logits));
}

TEST(GemmaGolden, WithoutTokenTypesImageTokensAreCausal)
{
    const GoldenCase golden = GoldenCase::open("cases/gemma/image_text");
    const TinyGemma tiny = loadTinyGemma("models/gemma-tiny");
    const FusedRun run = runCase(tiny, golden, false);
    for (const int layer : {0, 5})
        EXPECT_TRUE(matches(golden, fmt::format("no_token_types.attention.{}", layer),
                            attentionFromTaps(tiny, run.taps, layer, {})));
    EXPECT_TRUE(matches(golden, "no_token_types.logits", run.logits));
}

TEST(GemmaGolden, TwoPicturesAreBlocksOfTheirOwn)
{
    const GoldenCase golden = GoldenCase::open("cases/gemma/two_images");
    const TinyGemma tiny = loadTinyGemma("models/gemma-tiny");
    const FusedRun run = runCase(tiny, golden, true);
    ASSERT_EQ(run.blocks.size(), 2U);
    for (const int layer : {0, 5})
        EXPECT_TRUE(
            matches(golden, fmt::format("attention.{}", layer), attentionFromTaps(tiny, run.taps, layer, run.blocks)));
    EXPECT_TRUE(matches(golden, "logits", run.logits));
}

TEST(GemmaGolden, PanAndScanCropsAreBlocksOfTheirOwn)
{
    const TinyGemma tiny = loadTinyGemma("models/gemma-tiny");
    for (const char* name : {"pan_and_scan_wide", "pan_and_scan_tall"}) {
        const GoldenCase golden = GoldenCase::open(fmt::format("cases/gemma/{}", name));
        const FusedRun run = runCase(tiny, golden, true);
        ASSERT_EQ(run.blocks.size(), 4U) << name;
        EXPECT_TRUE(matches(golden, "attention.5", attentionFromTaps(tiny, run.taps, 5, run.blocks))) << name;
        EXPECT_TRUE(matches(golden, "logits_last", run.logits[-1].unsqueeze(0))) << name;
    }
}

TEST(GemmaGolden, ACacheCutBetweenPicturesGivesTheSame)
{
    const GoldenCase golden = GoldenCase::open("cases/gemma/two_images");
    const TinyGemma tiny = loadTinyGemma("models/gemma-tiny");
    tensors::NoTaps taps;
    SilentObserver observer;
    const at::Tensor embeds =
        promptEmbeds(tiny, golden.tensor("input_ids"), imageFeatures(tiny, golden.tensor("pixel_values"), taps));
    const language::ImageBlocks blocks = blocksFrom(golden.tensor("token_type_ids"));
    language::KvCache cache = tiny.gemma->makeCache();
    const std::int64_t cut = blocks[1].begin - 1;
    const auto run = [&](std::int64_t end) {
        return valueOrThrow(
            tiny.gemma->forward(embeds.slice(0, cache.length(), end), cache, blocks, taps, observer, {}));
    };
    const at::Tensor first = run(cut);
    // Other rows behind the cut, then back to the shared prefix, as a second question does.
    static_cast<void>(run(embeds.size(0)));
    cache.truncate(cut);
    EXPECT_TRUE(matches(golden, "logits", tiny.gemma->logits(at::cat({first, run(embeds.size(0))}))));
}

TEST(GemmaGolden, LossOfTeacherForcing)
{
    const GoldenCase golden = GoldenCase::open("cases/gemma/loss");
    const FusedRun run = runCase(loadTinyGemma("models/gemma-tiny"), golden, true);
    for (const std::string kind : {"answer_only", "all_text"}) {
        const language::TeacherForcedLoss loss =
            language::teacherForcedLoss(run.logits, golden.tensor(kind + ".labels").squeeze(0));
        EXPECT_TRUE(matches(golden, kind + ".loss", loss.mean));
        EXPECT_TRUE(matches(golden, kind + ".token_losses", loss.perToken));
    }
}

TEST(GemmaGolden, ParametersByPart)
{
    const GoldenCase golden = GoldenCase::open("cases/gemma/parameters");
    const io::ModelFolder folder =
        valueOrThrow(io::openModelFolder(dataPath(golden.json()["model"].get<std::string>())));
    std::map<std::string, std::int64_t> counts;
    for (const auto& file : folder.files)
        for (const io::TensorView& view : file->tensors()) {
            const std::string name = gemma::canonicalGemmaName(view.name);
            counts[name.substr(0, name.find('.'))] +=
                static_cast<std::int64_t>(view.bytes.size()) / elementBytes(view.type);
        }
    const std::map<std::string, std::int64_t> want = golden.json()["components"];
    EXPECT_EQ(counts, want);
}

TEST(GemmaGolden, AStoppedPassLeavesTheCacheAsItWas)
{
    const GoldenCase golden = GoldenCase::open("cases/gemma/text_short");
    const TinyGemma tiny = loadTinyGemma("models/gemma-tiny");
    const at::Tensor embeds = promptEmbeds(tiny, golden.tensor("input_ids"), {});
    tensors::NoTaps taps;
    language::KvCache cache = tiny.gemma->makeCache();
    std::stop_source source;
    // Stops in the middle of the second piece.
    struct StopAtLayer final : RunObserver {
        std::stop_source* source = nullptr;
        void onStage(std::string_view, std::int64_t done, std::int64_t) override
        {
            if (source != nullptr && done == 3)
                source->request_stop();
        }
    } observer;
    const at::Tensor first = valueOrThrow(tiny.gemma->forward(embeds.slice(0, 0, 2), cache, {}, taps, observer, {}));
    observer.source = &source;
    const auto stopped = tiny.gemma->forward(embeds.slice(0, 2), cache, {}, taps, observer, source.get_token());
    ASSERT_FALSE(stopped);
    EXPECT_EQ(stopped.error().code, ErrorCode::Cancelled);
    EXPECT_EQ(cache.length(), 2);
    observer.source = nullptr;
    const at::Tensor rest = valueOrThrow(tiny.gemma->forward(embeds.slice(0, 2), cache, {}, taps, observer, {}));
    EXPECT_TRUE(matches(golden, "logits", tiny.gemma->logits(at::cat({first, rest}))));
}

}  // namespace
}  // namespace armillary::test
