#include "window_support/event_loop_watch.h"

#include <QCoreApplication>
#include <QMetaEnum>

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <sstream>
#include <string>

#include <sys/mman.h>

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

// Brings the programs' and libraries' pages in: a first call of code that the system has not read from the disk yet, or has
// dropped, takes milliseconds that are the disk's. What cannot be brought in is left.
void readCode()
{
    std::ifstream maps("/proc/self/maps");
    for (std::string line; std::getline(maps, line);) {
        std::istringstream words(line);
        std::string range, access, offset, device, node, path;
        words >> range >> access >> offset >> device >> node >> path;
        const std::size_t dash = range.find('-');
        if (access.substr(0, 1) != "r" || access.find('w') != std::string::npos || path.substr(0, 1) != "/" ||
            dash == std::string::npos)
            continue;
        const std::uintptr_t begin = std::stoull(range.substr(0, dash), nullptr, 16);
        const std::uintptr_t end = std::stoull(range.substr(dash + 1), nullptr, 16);
        madvise(reinterpret_cast<void*>(begin), end - begin, MADV_POPULATE_READ);  // NOLINT(performance-no-int-to-ptr)
    }
}

}  // namespace

EventLoopWatch::EventLoopWatch(QObject* parent) : QObject(parent)
{
    m_timer.setTimerType(Qt::PreciseTimer);
    m_timer.setInterval(kBeatMilliseconds);
    connect(&m_timer, &QTimer::timeout, this, &EventLoopWatch::beat);
    QCoreApplication::instance()->installEventFilter(this);
    readCode();
    restart();
}

void EventLoopWatch::restart()
{
    m_longestBlock = m_longestGap = 0;
    m_beats = 0;
    m_handled.clear();
    m_culprits.clear();
    m_waitedBefore = waitedForCoreMilliseconds();
    m_sinceBeat.start();
    m_timer.start();
}

bool EventLoopWatch::eventFilter(QObject* watched, QEvent* event)
{
    m_handled.push_back(
        {watched->metaObject()->className(), event->type(), static_cast<double>(m_sinceBeat.nsecsElapsed()) / 1e6});
    return false;
}

// An event lasts until the next one begins, which counts what it caused in between.
QString EventLoopWatch::slowestEvents(double endMilliseconds) const
{
    std::vector<std::pair<double, QString>> lasting;
    for (std::size_t i = 0; i < m_handled.size(); ++i) {
        const double end = i + 1 < m_handled.size() ? m_handled[i + 1].atMilliseconds : endMilliseconds;
        const char* type = QMetaEnum::fromType<QEvent::Type>().valueToKey(m_handled[i].type);
        lasting.emplace_back(end - m_handled[i].atMilliseconds,
                             QStringLiteral("%1 to %2").arg(QLatin1String(type), QLatin1String(m_handled[i].receiver)));
    }
    std::sort(lasting.begin(), lasting.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
    QStringList words;
    for (std::size_t i = 0; i < std::min<std::size_t>(lasting.size(), 3); ++i)
        words << QStringLiteral("%1 ms %2").arg(lasting[i].first, 0, 'f', 1).arg(lasting[i].second);
    return words.join(QStringLiteral(", "));
}

void EventLoopWatch::beat()
{
    const double gap = static_cast<double>(m_sinceBeat.nsecsElapsed()) / 1e6 - kBeatMilliseconds;
    const double waitedNow = waitedForCoreMilliseconds();
    const double block = gap - (waitedNow - m_waitedBefore);
    m_longestGap = std::max(m_longestGap, gap);
    if (block > m_longestBlock) {
        m_longestBlock = block;
        m_culprits = slowestEvents(gap + kBeatMilliseconds);
    }
    m_handled.clear();
    m_waitedBefore = waitedNow;
    m_sinceBeat.start();
    ++m_beats;
}

QString EventLoopWatch::summary() const
{
    return QStringLiteral("longest block %1 ms (wall %2 ms) over %3 beats; longest: %4")
        .arg(m_longestBlock, 0, 'f', 1)
        .arg(m_longestGap, 0, 'f', 1)
        .arg(m_beats)
        .arg(m_culprits);
}

}  // namespace armillary::test
