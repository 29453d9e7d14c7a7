#include "golden/tiny_gemma.h"
#include "language/generator.h"

#include <stop_token>

namespace armillary::test {
namespace {

using tensors::TapPoint;

struct Answer {
    std::vector<std::int64_t> ids;
    std::vector<at::Tensor> logits;
    StopReason reason = StopReason::Cancelled;
    KeepingTaps taps;
};

Answer answerTo(const TinyGemma& tiny, const at::Tensor& embeds, const language::ImageBlocks& blocks,
                const SamplingOptions& sampling, const std::vector<std::int64_t>& stopIds,
                const std::stop_token& stop = {}, std::stop_source* stopAfterThree = nullptr)
{
    Answer answer;
    SilentObserver observer;
    language::KvCache cache = tiny.gemma->makeCache();
    const at::Tensor hidden = valueOrThrow(tiny.gemma->forward(embeds, cache, blocks, answer.taps, observer, {}));
    const language::GeneratorInput input{tiny.gemma.get(), &cache, hidden.slice(0, -1), sampling, {},
                                         stopIds,          0,      &answer.taps};
    const auto onToken = [&](const language::ChosenToken& chosen) {
        answer.ids.push_back(chosen.id);
        answer.logits.push_back(chosen.logits);
        if (stopAfterThree != nullptr && answer.ids.size() == 3)
            stopAfterThree->request_stop();
    };
    answer.reason = valueOrThrow(language::generate(input, onToken, stop));
    return answer;
}

SamplingOptions greedy(int tokens, bool ignoreEos)
{
    SamplingOptions sampling;
    sampling.maxNewTokens = tokens;
    sampling.ignoreEos = ignoreEos;
    return sampling;
}

// The embeddings of image_text's prompt, which generate_24 continues.
at::Tensor picturePrompt(const TinyGemma& tiny, const GoldenCase& golden)
{
    const GoldenCase picture = GoldenCase::open("cases/gemma/image_text");
    tensors::NoTaps taps;
    return promptEmbeds(tiny, golden.tensor("input_ids"), imageFeatures(tiny, picture.tensor("pixel_values"), taps));
}

TEST(GenerateGolden, GreedyFromPictureAndQuestion)
{
    const GoldenCase golden = GoldenCase::open("cases/gemma/generate_24");
    const TinyGemma tiny = loadTinyGemma("models/gemma-tiny");
    const language::ImageBlocks blocks = blocksFrom(golden.tensor("token_type_ids"));
    const Answer answer = answerTo(tiny, picturePrompt(tiny, golden), blocks, greedy(24, true), tiny.config.eosIds);
    EXPECT_EQ(answer.ids, idsFrom(golden.tensor("generated_ids")));
    EXPECT_EQ(answer.reason, StopReason::TokenLimit);
    EXPECT_TRUE(matches(golden, "step_logits", at::cat(answer.logits)));

    // The last row that went through the model is the 23rd generated token's. The reference's local cache has dropped the
    // keys before the window.
    const at::Tensor global = attentionFromTaps(tiny, answer.taps, 5, blocks).slice(1, -1);
    EXPECT_TRUE(matches(golden, "last_step.attention.5", global));
    const at::Tensor local = attentionFromTaps(tiny, answer.taps, 0, blocks).slice(1, -1);
    const std::int64_t window = tiny.config.text.slidingWindow;
    EXPECT_TRUE(matches(golden, "last_step.attention.0", local.slice(2, -window)));
    EXPECT_EQ(local.slice(2, 0, -window).abs().max().item<float>(), 0.F);
}

TEST(GenerateGolden, GreedyFromTextLongerThanTheWindow)
{
    const GoldenCase golden = GoldenCase::open("cases/gemma/generate_text_40");
    const TinyGemma tiny = loadTinyGemma("models/gemma-tiny");
    const at::Tensor ids = GoldenCase::open("cases/gemma/text_long").tensor("input_ids");
    const Answer answer = answerTo(tiny, promptEmbeds(tiny, ids, {}), {}, greedy(40, true), tiny.config.eosIds);
    EXPECT_EQ(answer.ids, idsFrom(golden.tensor("generated_ids")));
    std::vector<at::Tensor> every;
    for (std::size_t step = 0; step < 40; step += 8)
        every.push_back(answer.logits[step]);
    EXPECT_TRUE(matches(golden, "step_logits", at::cat(every)));
}

TEST(GenerateGolden, EndsAtAnEndTokenAndKeepsIt)
{
    const GoldenCase golden = GoldenCase::open("cases/gemma/generate_24");
    const TinyGemma tiny = loadTinyGemma("models/gemma-tiny");
    const std::vector<std::int64_t> all = idsFrom(golden.tensor("generated_ids"));
    const std::int64_t end = all[4];
    const auto first = static_cast<std::size_t>(std::find(all.begin(), all.end(), end) - all.begin());
    const Answer answer = answerTo(tiny, picturePrompt(tiny, golden), blocksFrom(golden.tensor("token_type_ids")),
                                   greedy(24, false), {end});
    EXPECT_EQ(answer.ids, std::vector<std::int64_t>(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(first) + 1));
    EXPECT_EQ(answer.reason, StopReason::EndOfTurn);
}

TEST(GenerateGolden, AStopKeepsWhatWasMade)
{
    const GoldenCase golden = GoldenCase::open("cases/gemma/generate_24");
    const TinyGemma tiny = loadTinyGemma("models/gemma-tiny");
    std::stop_source source;
    const Answer answer = answerTo(tiny, picturePrompt(tiny, golden), blocksFrom(golden.tensor("token_type_ids")),
                                   greedy(24, true), {}, source.get_token(), &source);
    const std::vector<std::int64_t> all = idsFrom(golden.tensor("generated_ids"));
    EXPECT_EQ(answer.ids, std::vector<std::int64_t>(all.begin(), all.begin() + 3));
    EXPECT_EQ(answer.reason, StopReason::Cancelled);
}

TEST(GenerateGolden, ASeedRepeatsItsAnswer)
{
    const GoldenCase golden = GoldenCase::open("cases/gemma/generate_24");
    const TinyGemma tiny = loadTinyGemma("models/gemma-tiny");
    const at::Tensor prompt = picturePrompt(tiny, golden);
    SamplingOptions sampling = greedy(12, true);
    sampling.temperature = 1.5;
    const auto answer = [&](std::uint64_t seed) {
        sampling.seed = seed;
        return answerTo(tiny, prompt, {}, sampling, {}).ids;
    };
    EXPECT_EQ(answer(7), answer(7));
    EXPECT_NE(answer(7), answer(8));
}

}  // namespace
}  // namespace armillary::test
