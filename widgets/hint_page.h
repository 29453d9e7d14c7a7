// What an empty panel says: what belongs here and how to get it, with a button where one click does it.
// Thread rule: GUI thread.
#pragma once

#include <QPushButton>
#include <QString>
#include <QWidget>

namespace armillary::widgets {

class HintPage : public QWidget {
    Q_OBJECT
public:
    // An empty `buttonText` leaves the button out.
    HintPage(const QString& title, const QString& text, const QString& buttonText, QWidget* parent = nullptr);

    [[nodiscard]] QPushButton* button() const { return m_button; }
    // It takes what room there is; what stands beside it in a stack must not wait for its lines.
    [[nodiscard]] bool hasHeightForWidth() const override { return false; }

private:
    QPushButton* m_button = nullptr;
};

}  // namespace armillary::widgets
