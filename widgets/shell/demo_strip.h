// One line across the window that says what the program carries and what real models would add, with what a person can do at once.
// Not modal; it can be closed.
// Thread rule: GUI thread.
#pragma once

#include <QFrame>
#include <QString>

class QAction;
class QHBoxLayout;
class QLabel;
class QToolButton;

namespace armillary::widgets {

class DemoStrip : public QFrame {
    Q_OBJECT
public:
    explicit DemoStrip(QWidget* parent = nullptr);

    void setLine(const QString& line);
    [[nodiscard]] QString line() const;
    // A button for the action, in the order of the calls.
    QToolButton* offer(QAction* action);
    [[nodiscard]] QToolButton* closeButton() const { return m_close; }

Q_SIGNALS:
    // A person has closed it.
    void dismissed();

private:
    QHBoxLayout* m_row = nullptr;
    QLabel* m_line = nullptr;
    QToolButton* m_close = nullptr;
};

}  // namespace armillary::widgets
