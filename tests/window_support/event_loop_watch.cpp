#include "window_support/event_loop_watch.h"

#include <algorithm>
#include <cstdint>
#include <fstream>

namespace armillary::test {
namespace {

constexpr int kBeatMilliseconds = 4;

// Milliseconds this thread has stood ready to run without a core; 0 where the kernel does not say.
double waitedForCoreMilliseconds()
{
    std::ifstream file("/proc/thread-self/schedstat");
    std::uint64_t ran = 0;
    std::uint64_t waited = 0;
    file >> ran >> waited;
    return file ? static_cast<double>(waited) / 1e6 : 0;
}

}  // namespace

EventLoopWatch::EventLoopWatch(QObject* parent) : QObject(parent)
{
    m_timer.setTimerType(Qt::PreciseTimer);
    m_timer.setInterval(kBeatMilliseconds);
    connect(&m_timer, &QTimer::timeout, this, &EventLoopWatch::beat);
    restart();
}

void EventLoopWatch::restart()
{
    m_longestBlock = m_longestGap = 0;
    m_beats = 0;
    m_waitedBefore = waitedForCoreMilliseconds();
    m_sinceBeat.start();
    m_timer.start();
}

void EventLoopWatch::beat()
{
    const double gap = static_cast<double>(m_sinceBeat.nsecsElapsed()) / 1e6 - kBeatMilliseconds;
    const double waitedNow = waitedForCoreMilliseconds();
    const double block = gap - (waitedNow - m_waitedBefore);
    m_longestGap = std::max(m_longestGap, gap);
    m_longestBlock = std::max(m_longestBlock, block);
    m_waitedBefore = waitedNow;
    m_sinceBeat.start();
    ++m_beats;
}

QString EventLoopWatch::summary() const
{
    return QStringLiteral("longest block %1 ms (wall %2 ms) over %3 beats")
        .arg(m_longestBlock, 0, 'f', 1)
        .arg(m_longestGap, 0, 'f', 1)
        .arg(m_beats);
}

}  // namespace armillary::test
