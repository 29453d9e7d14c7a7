// The account of a question before it runs against the run itself: every count must be the run's.
#include "support/engine_fixture.h"

#include "language/kv_cache.h"
#include "pipeline/question_budget.h"
#include "records/temporal_grid.h"

#include <gmock/gmock.h>

#include <thread>

namespace armillary {
namespace {

constexpr auto kModel = "models/gemma-tiny";
constexpr auto kTheWorld = "models/theworld-tiny/spatial-mlp";
constexpr auto kWorld = "models/cosmos-tiny";

TokenBudget budgetOf(const Engine& engine, const Question& question)
{
    const auto budgeter = engine.budgeter();
    EXPECT_NE(budgeter, nullptr);
    const Result<TokenBudget> budget = budgeter->budget(question);
    EXPECT_TRUE(budget) << budget.error().message;
    return budget.value_or(TokenBudget{});
}

// Asks, and compares the run's layout with what was counted before.
void expectTheRunsCounts(Engine& engine, const Question& question, const std::string& what)
{
    SCOPED_TRACE(what);
    const TokenBudget budget = budgetOf(engine, question);
    const auto record = test::answered(engine, question);
    ASSERT_NE(record, nullptr);
    TokenCounts ran = countTokens(*record->layout, 0, record->layout->size());
    EXPECT_EQ(budget.conversation.prompt(), record->layout->size());
    ran.answer = question.sampling.maxNewTokens;
    EXPECT_EQ(budget.conversation, ran);
    EXPECT_EQ(static_cast<std::int64_t>(record->generated.size()), budget.conversation.answer);
}

TEST(TokenBudget, NothingLoadedHasNoBudgeter)
{
    EXPECT_EQ(makeEngine()->budgeter(), nullptr);
}

TEST(TokenBudget, GemmaIsCountedAsItRuns)
{
    const auto engine = test::loadedEngine(kModel);
    expectTheRunsCounts(*engine, test::questionAbout({}, "Only words."), "words");
    expectTheRunsCounts(*engine, test::questionAbout({"media/coffee.png", "media/tiny.png"}, "Two."), "two pictures");
    Question crops = test::questionAbout({"media/wide.png"}, "Wide?");
    // Crops are at least 256 pixels high.
    crops.media[0].frames[0] = Image(300, 900, std::vector<std::uint8_t>(300 * 900 * 3, 128));
    crops.panAndScan = true;
    expectTheRunsCounts(*engine, crops, "crops");
    EXPECT_GT(budgetOf(*engine, crops).conversation.crops, 0);
    Question grid = test::questionAbout({"media/clip_frame_000.png", "media/clip_frame_007.png",
                                         "media/clip_frame_039.png", "media/chelsea.png"},
                                        "?");
    Clip clip;
    for (const Clip& each : grid.media)
        clip.frames.push_back(each.frames.front());
    clip.grid = std::make_shared<TemporalGrid>();
    grid.media = {clip};
    grid.turns.front().mediaIndices = {0};
    grid.panAndScan = true;
    expectTheRunsCounts(*engine, grid, "grid");
}

TEST(TokenBudget, EveryFusionIsCountedAsItRuns)
{
    const auto engine = test::loadedEngine(kModel, kTheWorld, kWorld);
    for (const FusionOption fusion : {FusionOption::None, FusionOption::Prepend, FusionOption::Repeated,
                                      FusionOption::Pooled, FusionOption::Indexed, FusionOption::Brackets}) {
        Question question = test::questionAbout({"media/tiny.png"}, "Where?", 2);
        question.world.fusion = fusion;
        question.world.heightPixels = question.world.widthPixels = 64;
        expectTheRunsCounts(*engine, question, "fusion " + std::to_string(static_cast<int>(fusion)));
    }
    Question clip = test::questionAbout({"media/tiny.png"}, "Where?", 2);
    clip.media[0].frames.assign(5, clip.media[0].frames[0]);
    clip.world.source = WorldSource::Clip;
    clip.world.heightPixels = clip.world.widthPixels = 64;
    expectTheRunsCounts(*engine, clip, "clip");
}

TEST(TokenBudget, TheLastTurnIsWhatItAdds)
{
    const auto engine = test::loadedEngine(kModel);
    Question question = test::questionAbout({"media/tiny.png"}, "What is this?");
    const TokenBudget first = budgetOf(*engine, question);
    EXPECT_EQ(first.question, first.conversation);
    question.turns.push_back({ChatRole::Model, {}, "A cup."});
    question.turns.push_back({ChatRole::User, {}, "And now?"});
    const TokenBudget second = budgetOf(*engine, question);
    EXPECT_EQ(second.question.image, 0);
    EXPECT_EQ(second.conversation.image, first.conversation.image);
    EXPECT_LT(second.question.prompt(), second.conversation.prompt());
    // Without the earlier turns the last one has the same tokens, and <bos> in front.
    const TokenBudget alone = budgetOf(*engine, test::questionAbout({}, "And now?"));
    EXPECT_EQ(second.question.text, alone.conversation.text);
    EXPECT_EQ(second.question.control + 1, alone.conversation.control);
}

TEST(TokenBudget, NanoVlmIsCountedAsItRuns)
{
    const auto engine = test::loadedEngine("models/nanovlm-tiny");
    Question question = test::questionAbout({"media/tiny.png"}, "What is this?", 2);
    expectTheRunsCounts(*engine, question, "tiles");
    const TokenBudget budget = budgetOf(*engine, question);
    EXPECT_EQ(budget.localWindow, 0) << "all of its layers are global";
    EXPECT_TRUE(budget.windowSentence().empty());
    EXPECT_EQ(budget.conversation.world, 0);
}

TEST(TokenBudget, SaysWhatIsExceededAndByHowMuch)
{
    // The tiny model: a context of 2,048, a window of 32 in six of seven layers.
    const auto engine = test::loadedEngine(kModel);
    Question question = test::questionAbout({"media/tiny.png"}, "What is this?", 8);
    TokenBudget budget = budgetOf(*engine, question);
    EXPECT_EQ(budget.contextLength, 2048);
    EXPECT_EQ(budget.localWindow, 32);
    EXPECT_EQ(budget.overContext(), 0);
    EXPECT_TRUE(budget.contextSentence().empty());
    EXPECT_EQ(budget.overWindow(), budget.conversation.total() - 32);
    EXPECT_THAT(budget.windowSentence(), testing::HasSubstr("local window of 32"));

    question.sampling.maxNewTokens = 4096;
    budget = budgetOf(*engine, question);
    EXPECT_EQ(budget.overContext(), budget.conversation.total() - 2048);
    EXPECT_THAT(budget.contextSentence(), testing::HasSubstr("context of 2,048"));
    EXPECT_FALSE(budget.isRefused()) << "the reference runs on past its trained length";
}

TEST(TokenBudget, MoreThanCanBeAskedIsCountedTooAndSaidToBeRefused)
{
    const auto engine = test::loadedEngine(kModel);
    std::string words;
    for (int i = 0; i < 140000; ++i)
        words += "a ";
    const Question question = test::questionAbout({}, words);
    const TokenBudget budget = budgetOf(*engine, question);
    EXPECT_TRUE(budget.isRefused());
    EXPECT_THAT(budget.contextSentence(), testing::HasSubstr("131,072"));
    SilentObserver observer;
    EXPECT_FALSE(engine->ask(question, observer, {}));
}

TEST(TokenBudget, UnseenTokensAreThoseBehindTheWindow)
{
    const auto engine = test::loadedEngine(kModel);
    const TokenBudget budget = budgetOf(*engine, test::questionAbout({"media/tiny.png"}, "What is this?", 8));
    // The first answer token comes out of the last row, which sees 32 positions, itself among them.
    EXPECT_EQ(budget.unseenAtFirst.prompt(), budget.conversation.prompt() - 32);
    EXPECT_EQ(budget.unseenAtLast.prompt(), budget.conversation.prompt() - 32 + 7);
}

TEST(TokenBudget, KeysAndValuesAreWhatTheCacheAllocates)
{
    for (const std::int64_t prompt : {1, 63, 300, 1200}) {
        for (const std::int64_t answer : {0, 1, 63, 64, 65, 200}) {
            language::KvCache cache(1);
            cache.append(0, at::zeros({1, prompt, 1}), at::zeros({1, prompt, 1}));
            cache.advance(prompt);
            for (std::int64_t i = 0; i < answer; ++i) {
                cache.append(0, at::zeros({1, 1, 1}), at::zeros({1, 1, 1}));
                cache.advance(1);
            }
            EXPECT_EQ(pipeline::cachedPositions(prompt, prompt + answer) * 8, cache.bytes()) << prompt << "+" << answer;
        }
    }
    const auto engine = test::loadedEngine(kModel);
    const TokenBudget budget = budgetOf(*engine, test::questionAbout({}, "Hi", 5));
    const std::int64_t positions =
        pipeline::cachedPositions(budget.conversation.prompt(), budget.conversation.prompt() + 4);
    EXPECT_EQ(budget.memory.keyValueBytes, positions * budget.memory.bytesPerToken);
    EXPECT_GT(budget.memory.weightBytes, 0);
    EXPECT_GT(budget.memory.peakBytes(), budget.memory.weightBytes + budget.memory.keyValueBytes);
}

TEST(TokenBudget, MayBeAskedElsewhereWhileTheEngineWorksAndAfterIt)
{
    auto engine = test::loadedEngine(kModel);
    const Question question = test::questionAbout({"media/tiny.png"}, "What is this?", 20);
    const auto budgeter = engine->budgeter();
    std::vector<std::int64_t> totals;
    std::thread other([&] {
        for (int i = 0; i < 20; ++i)
            totals.push_back(budgeter->budget(question)->conversation.total());
    });
    const auto record = test::answered(*engine, question);
    other.join();
    engine.reset();
    totals.push_back(budgeter->budget(question)->conversation.total());
    ASSERT_NE(record, nullptr);
    EXPECT_THAT(totals, testing::Each(record->layout->size() + 20));
}

TEST(TokenBudget, WhatCannotBeAskedIsTheSameSentence)
{
    const auto engine = test::loadedEngine(kModel);
    Question question = test::questionAbout({"media/tiny.png"}, "Where?");
    question.world.fusion = FusionOption::Brackets;
    const auto budget = engine->budgeter()->budget(question);
    SilentObserver observer;
    const auto asked = engine->ask(question, observer, {});
    ASSERT_FALSE(budget);
    ASSERT_FALSE(asked);
    EXPECT_EQ(budget.error().message, asked.error().message);
}

}  // namespace
}  // namespace armillary
