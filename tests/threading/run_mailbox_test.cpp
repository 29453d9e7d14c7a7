// RunMailbox: one wake-up at a time, bounded, nothing lost within the bound, nothing of another run.
#include "app/run_mailbox.h"

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
