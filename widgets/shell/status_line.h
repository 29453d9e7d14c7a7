// One line of text in the status bar that shortens itself, shows errors in their colour, and for the moment gives way to
// what the pointer is on.
// Thread rule: GUI thread.
#pragma once

#include "widgets/models/message_list_model.h"

#include <QWidget>

namespace armillary::widgets {

class StatusLine : public QWidget {
    Q_OBJECT
public:
    explicit StatusLine(QWidget* parent = nullptr);

    void setMessage(MessageKind kind, const QString& text);
    // Takes a message back, unless another one has come since.
    void takeBack(const QString& text);
    // Shown in place of the message until it is set to nothing.
    void setPointed(const QString& text);
    // What is to be read now.
    [[nodiscard]] QString text() const { return m_pointed.isEmpty() ? m_message : m_pointed; }

    [[nodiscard]] QSize sizeHint() const override;
    [[nodiscard]] QSize minimumSizeHint() const override { return {80, sizeHint().height()}; }

Q_SIGNALS:
    // Clicked: the reader wants the whole of it.
    void opened();

protected:
    void paintEvent(QPaintEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;

private:
    MessageKind m_kind = MessageKind::Note;
    QString m_message;
    QString m_pointed;
};

}  // namespace armillary::widgets
