// What stands in the place of numbers that a person has to ask for: what they would say, and a button that computes them.
// Thread rule: GUI thread.
#pragma once

#include <QPushButton>
#include <QString>
#include <QWidget>

class QAction;
class QLabel;

namespace armillary::widgets {

class OfferPage : public QWidget {
    Q_OBJECT
public:
    // The button stands for `start` and is away while that is disabled.
    OfferPage(const QString& title, const QString& text, QAction* start, QWidget* parent = nullptr);

    void setText(const QString& title, const QString& text);
    [[nodiscard]] QPushButton* button() const { return m_button; }
    // It takes what room there is; what stands beside it in a stack must not wait for its lines.
    [[nodiscard]] bool hasHeightForWidth() const override { return false; }

private:
    QLabel* m_title = nullptr;
    QLabel* m_text = nullptr;
    QPushButton* m_button = nullptr;
};

}  // namespace armillary::widgets
