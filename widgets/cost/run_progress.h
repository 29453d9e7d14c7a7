// The stage a run is in, how far it is, how long it has taken and will take, and the memory it holds: one row of the status bar.
// Thread rule: GUI thread.
#pragma once

#include <QElapsedTimer>
#include <QString>
#include <QTimer>
#include <QWidget>

class QLabel;
class QProgressBar;

namespace armillary::widgets {

class RunProgress : public QWidget {
    Q_OBJECT
public:
    explicit RunProgress(QWidget* parent = nullptr);

    void start(const QString& what);
    // `total` 0 = unknown: the bar moves without an end.
    void setStage(const QString& stage, qint64 done, qint64 total);
    void setTokens(qint64 count);
    // `summary` stays until the next start.
    void finish(const QString& summary);

    [[nodiscard]] QString text() const;
    [[nodiscard]] bool isRunning() const { return m_running; }

private:
    void showNumbers();
    void setStageText(const QString& text);

    QLabel* m_stage = nullptr;
    QProgressBar* m_bar = nullptr;
    QLabel* m_numbers = nullptr;
    QString m_stageText;  // whole; the label shortens it
    QElapsedTimer m_clock;
    QElapsedTimer m_stageClock;  // since the stage began
    QElapsedTimer m_tokenClock;  // since the first token
    QTimer m_tick;
    qint64 m_done = 0;
    qint64 m_total = 0;
    qint64 m_tokens = 0;
    bool m_running = false;
};

}  // namespace armillary::widgets
