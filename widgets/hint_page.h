// What an empty panel says: what belongs here and how to get it, with a button where one click does it.
// Thread rule: GUI thread.
#pragma once

#include <QPushButton>
#include <QString>
#include <QWidget>

class QImage;
class QLabel;

namespace armillary::widgets {

class HintPage : public QWidget {
    Q_OBJECT
public:
    // An empty `buttonText` leaves the button out.
    HintPage(const QString& title, const QString& text, const QString& buttonText, QWidget* parent = nullptr);

    [[nodiscard]] QPushButton* button() const { return m_button; }
    [[nodiscard]] QLabel* titleLabel() const { return m_title; }
    [[nodiscard]] QLabel* textLabel() const { return m_text; }
    void setWords(const QString& title, const QString& text);
    // A small picture above the words; a null one goes.
    void setPicture(const QImage& picture);
    // It takes what room there is; what stands beside it in a stack must not wait for its lines.
    [[nodiscard]] bool hasHeightForWidth() const override { return false; }

protected:
    void resizeEvent(QResizeEvent* event) override;

private:
    // Cut lines help nobody: in a low panel the text goes into the tooltip.
    void fit();

    QLabel* m_picture = nullptr;
    QLabel* m_title = nullptr;
    QLabel* m_text = nullptr;
    QPushButton* m_button = nullptr;
};

}  // namespace armillary::widgets
