// Waiting in tests: the event loop turns until something holds or the time is up.
// Thread rule: GUI thread.
#pragma once

#include <QCoreApplication>
#include <QDeadlineTimer>
#include <QEventLoop>
#include <QTimer>

#include <chrono>

namespace armillary::test {

// True as soon as `holds` does; false when `limit` has passed.
template <class Condition>
[[nodiscard]] bool waitUntil(Condition holds, std::chrono::milliseconds limit = std::chrono::seconds(30))
{
    QDeadlineTimer deadline(limit);
    while (!holds()) {
        if (deadline.hasExpired())
            return false;
        QEventLoop loop;
        QTimer::singleShot(5, &loop, &QEventLoop::quit);
        loop.exec();
    }
    return true;
}

inline void turnFor(std::chrono::milliseconds time)
{
    QEventLoop loop;
    QTimer::singleShot(time, &loop, &QEventLoop::quit);
    loop.exec();
}

}  // namespace armillary::test
