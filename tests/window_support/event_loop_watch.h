// Measures how long the interface thread was kept from its event loop: the longest time one event took to handle.
//
// What the system gave to other programs meanwhile is not ours: the time the thread stood ready to run without getting a
// core (Linux' schedstat) is taken off, and reported beside. Nor is the disk: code is read in before the watch begins.
// Thread rule: made and read on the GUI thread.
#pragma once

#include <QElapsedTimer>
#include <QEvent>
#include <QObject>
#include <QString>
#include <QTimer>

#include <vector>

namespace armillary::test {

// What no turn of the event loop may exceed.
inline constexpr double kLongestBlockMilliseconds = 50;

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

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void beat();
    [[nodiscard]] QString slowestEvents(double endMilliseconds) const;

    QTimer m_timer;
    QElapsedTimer m_sinceBeat;
    // The events handled since the last beat, with when they began: what to look at when a beat comes late.
    struct Handled {
        const char* receiver = "";
        QEvent::Type type = QEvent::None;
        double atMilliseconds = 0;
    };

    std::vector<Handled> m_handled;
    QString m_culprits;
    double m_longestBlock = 0;
    double m_longestGap = 0;
    double m_waitedBefore = 0;
    qint64 m_beats = 0;
};

}  // namespace armillary::test
