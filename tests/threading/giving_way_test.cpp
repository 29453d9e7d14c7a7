#include "app/giving_way.h"

#include <gtest/gtest.h>

#include <QThread>

#include <thread>

#include <sys/resource.h>

namespace armillary::test {
namespace {

int niceness()
{
    return getpriority(PRIO_PROCESS, 0);  // of the calling thread, on Linux
}

// Models start threads of their own on the thread they work on.
TEST(GivingWay, AThreadAndThoseItStartsGiveWayAndNoOthers)
{
    const int before = niceness();
    int own = before;
    int itsThreads = before;
    struct Worker : QThread {
        std::function<void()> work;
        void run() override { work(); }
    } thread;
    thread.work = [&] {
        own = niceness();
        std::thread([&] { itsThreads = niceness(); }).join();
    };
    app::giveWay(thread);
    thread.start();
    ASSERT_TRUE(thread.wait(10'000));
    EXPECT_GT(own, before);
    EXPECT_EQ(itsThreads, own);
    EXPECT_EQ(niceness(), before);
}

}  // namespace
}  // namespace armillary::test
