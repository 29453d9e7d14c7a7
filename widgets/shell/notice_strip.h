// One line across the window that says what a person must know about the state of things, such as that the loaded model
// is random; with a button that leads to the remedy.
// Thread rule: GUI thread.
#pragma once

#include <QFrame>
#include <QString>

class QLabel;
class QPushButton;

namespace armillary::widgets {

class NoticeStrip : public QFrame {
    Q_OBJECT
public:
    explicit NoticeStrip(QWidget* parent = nullptr);

    // Empty text hides the strip.
    void setNotice(const QString& text, const QString& buttonText);
    [[nodiscard]] QString text() const;
    [[nodiscard]] QPushButton* button() const { return m_button; }

private:
    QLabel* m_text = nullptr;
    QPushButton* m_button = nullptr;
};

}  // namespace armillary::widgets
