#include "intervention/comparison_mcnemar.h"

#include <gtest/gtest.h>

namespace armillary::intervention {
namespace {

// Answers with these counts of the four outcomes, in that order.
McNemar testOf(int both, int neither, int onlyFirst, int onlySecond)
{
    std::vector<bool> first, second;
    const auto add = [&](int count, bool a, bool b) {
        first.insert(first.end(), static_cast<std::size_t>(count), a);
        second.insert(second.end(), static_cast<std::size_t>(count), b);
    };
    add(both, true, true);
    add(neither, false, false);
    add(onlyFirst, true, false);
    add(onlySecond, false, true);
    return mcNemar(first, second);
}

TEST(McNemar, IsTheHandCheckedTable)
{
    const McNemar test = testOf(20, 5, 1, 9);
    EXPECT_EQ(test.both, 20);
    EXPECT_EQ(test.neither, 5);
    EXPECT_EQ(test.onlyFirst, 1);
    EXPECT_EQ(test.onlySecond, 9);
    EXPECT_NEAR(test.exactP, 22.0 / 1024, 1e-12);  // 2 (C(10,0) + C(10,1)) / 2^10
    EXPECT_NEAR(test.midP, 12.0 / 1024, 1e-12);    // less C(10,1) / 2^10
    EXPECT_NEAR(test.chiSquared, 4.9, 1e-12);      // (|1 - 9| - 1)^2 / 10
    EXPECT_NEAR(testOf(0, 0, 9, 1).exactP, test.exactP, 1e-12);
}

TEST(McNemar, FivePairsOneWayAreNotEnough)
{
    EXPECT_NEAR(testOf(3, 3, 0, 5).exactP, 0.0625, 1e-12);
    EXPECT_NEAR(testOf(3, 3, 0, 6).exactP, 0.03125, 1e-12);
}

TEST(McNemar, EvenSplitsAndNoPairsSayNothing)
{
    EXPECT_EQ(testOf(7, 2, 4, 4).exactP, 1);
    EXPECT_EQ(testOf(7, 2, 4, 4).chiSquared, 0);
    EXPECT_EQ(testOf(7, 2, 0, 0).exactP, 1);
    EXPECT_EQ(testOf(7, 2, 0, 0).midP, 1);
    EXPECT_EQ(mcNemar({}, {}).exactP, 1);
}

TEST(McNemar, ManyPairsDoNotOverflow)
{
    // 2 * P(X <= 450) of 1000 fair coins: 0.00173054 (exact sum).
    EXPECT_NEAR(testOf(0, 0, 450, 550).exactP, 0.0017305, 1e-6);
    EXPECT_ANY_THROW(static_cast<void>(mcNemar({true}, {})));
}

}  // namespace
}  // namespace armillary::intervention
