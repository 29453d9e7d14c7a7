// The row above a view whose numbers take reading gigabytes: a button that starts, a bar that tells how far it is, a Stop, and what went
// wrong in a sentence.
// Thread rule: GUI thread.
#pragma once

#include <QWidget>

class QLabel;
class QProgressBar;
class QPushButton;

namespace armillary::widgets {

class WorkRow : public QWidget {
    Q_OBJECT
public:
    WorkRow(const QString& startText, const QString& startTip, QWidget* parent = nullptr);

    // A field that stands before the button.
    void addField(QWidget* field);
    void setStartEnabled(bool enabled);
    void begin();
    void setProgress(qint64 doneBytes, qint64 totalBytes);
    void end();
    // Empty: none.
    void setProblem(const QString& sentence);
    [[nodiscard]] bool isWorking() const { return m_isWorking; }
    [[nodiscard]] QPushButton* startButton() const { return m_start; }
    [[nodiscard]] QPushButton* stopButton() const { return m_stop; }
    [[nodiscard]] QProgressBar* bar() const { return m_bar; }
    [[nodiscard]] QLabel* problem() const { return m_problem; }

Q_SIGNALS:
    void startWanted();
    void stopWanted();

private:
    void show(bool isWorking);

    QPushButton* m_start = nullptr;
    QPushButton* m_stop = nullptr;
    QProgressBar* m_bar = nullptr;
    QLabel* m_problem = nullptr;
    bool m_isWorking = false;
    int m_fields = 0;
};

}  // namespace armillary::widgets
