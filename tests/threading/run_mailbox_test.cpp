// RunMailbox: one wake-up at a time, bounded, nothing lost within the bound, nothing of another run.
#include "app/inference/run_mailbox.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace armillary::app {
namespace {

TokenPiece tokenAt(std::int64_t position)
{
    TokenPiece piece;
    piece.position = position;
    return piece;
}

TEST(RunMailbox, WakesOnceUntilTaken)
{
    RunMailbox mailbox;
    mailbox.open(1, 10);
    EXPECT_TRUE(mailbox.putStage(1, {"SigLIP", 0, 4}));
    EXPECT_FALSE(mailbox.putStage(1, {"SigLIP", 1, 4}));
    EXPECT_FALSE(mailbox.putToken(1, tokenAt(0)));
    const RunUpdate update = mailbox.take();
    ASSERT_TRUE(update.stage);
    EXPECT_EQ(update.stage->done, 1);
    EXPECT_EQ(update.tokens.size(), 1U);
    EXPECT_TRUE(mailbox.putToken(1, tokenAt(1)));
}

TEST(RunMailbox, AppendsTokensAndOverwritesTheRest)
{
    RunMailbox mailbox;
    mailbox.open(3, 100);
    for (int i = 0; i < 5; ++i) {
        (void)mailbox.putToken(3, tokenAt(i));
        (void)mailbox.putStage(3, {"Answer", i, 5});
    }
    const auto layout = std::make_shared<const TokenLayout>();
    (void)mailbox.putLayout(3, layout);
    const RunUpdate update = mailbox.take();
    EXPECT_EQ(update.id, 3U);
    EXPECT_EQ(update.layout, layout);
    ASSERT_EQ(update.tokens.size(), 5U);
    EXPECT_EQ(update.tokens[4].position, 4);
    EXPECT_EQ(update.stage->done, 4);
    EXPECT_TRUE(mailbox.take().empty());
}

TEST(RunMailbox, IsBoundedByTheTokenLimit)
{
    RunMailbox mailbox;
    mailbox.open(1, 3);
    for (int i = 0; i < 10; ++i)
        (void)mailbox.putToken(1, tokenAt(i));
    EXPECT_EQ(mailbox.take().tokens.size(), 3U);
    EXPECT_EQ(mailbox.droppedTokens(), 7U);
    // The bound is the run's, not one take()'s.
    EXPECT_FALSE(mailbox.putToken(1, tokenAt(10)));
    EXPECT_TRUE(mailbox.take().tokens.empty());
}

TEST(RunMailbox, AppendsEachStepOnceAndKeepsTheNewestPreview)
{
    RunMailbox mailbox;
    mailbox.open(1, 0, 3);
    EXPECT_TRUE(mailbox.putMemoryPlan(1, {8, {{"VAE", 4, "cpu", "kept", -1}}}));
    const auto first = std::make_shared<const Clip>();
    const auto second = std::make_shared<const Clip>();
    EXPECT_FALSE(mailbox.putRolloutStep(1, {0, 5, 80, 0.1, nullptr}));
    (void)mailbox.putRolloutStep(1, {0, 5, 80, 0.1, first});  // the same step, now with its preview
    (void)mailbox.putRolloutStep(1, {1, 5, 40, 0.1, second});
    RunUpdate update = mailbox.take();
    ASSERT_TRUE(update.plan);
    EXPECT_EQ(update.plan->rows.at(0).part, "VAE");
    ASSERT_EQ(update.steps.size(), 2U);
    EXPECT_EQ(update.steps[1].sigma, 40);
    EXPECT_EQ(update.steps[0].preview, nullptr) << "a preview is handed over once, beside the steps";
    EXPECT_EQ(update.preview, second);
    EXPECT_EQ(update.previewStep, 1);
    // Beyond the limit steps are dropped; another run's never come.
    EXPECT_TRUE(mailbox.putRolloutStep(1, {2, 5, 20, 0.1, nullptr}));
    (void)mailbox.putRolloutStep(1, {3, 5, 10, 0.1, nullptr});
    (void)mailbox.putRolloutStep(2, {4, 5, 5, 0.1, first});
    update = mailbox.take();
    EXPECT_EQ(update.steps.size(), 1U);
    EXPECT_EQ(update.preview, nullptr);
}

TEST(RunMailbox, KeepsOnlySoManyWarnings)
{
    RunMailbox mailbox;
    mailbox.open(1, 3);
    for (std::size_t i = 0; i < 2 * RunMailbox::kMostWarnings; ++i)
        (void)mailbox.putWarning(1, "w");
    EXPECT_EQ(mailbox.take().warnings.size(), RunMailbox::kMostWarnings);
}

TEST(RunMailbox, DropsWhatBelongsToAnotherRun)
{
    RunMailbox mailbox;
    mailbox.open(1, 10);
    (void)mailbox.putToken(1, tokenAt(0));
    mailbox.open(2, 10);
    EXPECT_FALSE(mailbox.putToken(1, tokenAt(1)));
    EXPECT_FALSE(mailbox.putStage(1, {"late", 0, 0}));
    EXPECT_FALSE(mailbox.putLayout(1, nullptr));
    EXPECT_FALSE(mailbox.putWarning(1, "late"));
    const RunUpdate update = mailbox.take();
    EXPECT_EQ(update.id, 2U);
    EXPECT_TRUE(update.empty());
}

TEST(RunMailbox, LosesNothingBetweenTwoThreads)
{
    constexpr int kTokens = 20000;
    RunMailbox mailbox;
    mailbox.open(1, kTokens);
    std::atomic<int> wakes = 0;
    std::atomic<bool> done = false;
    std::thread writer([&] {
        for (int i = 0; i < kTokens; ++i) {
            if (mailbox.putToken(1, tokenAt(i)))
                ++wakes;
        }
        done = true;
    });
    std::int64_t next = 0;
    int takes = 0;
    for (bool last = false; !last;) {
        last = done;
        const RunUpdate update = mailbox.take();
        ++takes;
        for (const TokenPiece& piece : update.tokens)
            ASSERT_EQ(piece.position, next++);
    }
    writer.join();
    EXPECT_EQ(next, kTokens);
    EXPECT_LE(wakes, takes + 1);
}

}  // namespace
}  // namespace armillary::app
