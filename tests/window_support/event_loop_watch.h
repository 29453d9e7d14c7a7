// Measures how long the interface thread was kept from its event loop: the longest time one event took to handle.
//
// What the system gave to other programs meanwhile is not ours: the time the thread stood ready to run without getting a
// core (Linux' schedstat) is taken off, and reported beside.
// Thread rule: made and read on the GUI thread.
#pragma once

#include <QElapsedTimer>
#include <QObject>
#include <QString>
#include <QTimer>

namespace armillary::test {

class EventLoopWatch : public QObject {
    Q_OBJECT
public:
    explicit EventLoopWatch(QObject* parent = nullptr);

    void restart();
    // The longest gap between two turns of the event loop, less the time the thread waited for a core.
    [[nodiscard]] double longestBlockMilliseconds() const { return m_longestBlock; }
    // The longest gap as a clock on the wall saw it.
    [[nodiscard]] double longestGapMilliseconds() const { return m_longestGap; }
    [[nodiscard]] qint64 beats() const { return m_beats; }
    [[nodiscard]] QString summary() const;

private:
    void beat();

    QTimer m_timer;
    QElapsedTimer m_sinceBeat;
    double m_longestBlock = 0;
    double m_longestGap = 0;
    double m_waitedBefore = 0;
    qint64 m_beats = 0;
};

}  // namespace armillary::test
