#include "widgets/shell/fitting_label.h"

#include <QEvent>

namespace armillary::widgets {

FittingLabel::FittingLabel(QWidget* parent) : QLabel(parent)
{
    setTextFormat(Qt::PlainText);
}

void FittingLabel::setWordings(const QStringList& wordings)
{
    if (wordings == m_wordings)
        return;
    m_wordings = wordings;
    choose();
    updateGeometry();
}

int FittingLabel::widthOf(const QString& wording) const
{
    const QMargins around = contentsMargins();
    return fontMetrics().horizontalAdvance(wording) + around.left() + around.right() + 2;
}

QString FittingLabel::within(int pixels) const
{
    for (const QString& wording : m_wordings) {
        if (widthOf(wording) <= pixels)
            return wording;
    }
    return m_wordings.isEmpty() ? QString() : m_wordings.back();
}

int FittingLabel::widthWithin(int pixels) const
{
    return widthOf(within(pixels));
}

QSize FittingLabel::minimumSizeHint() const
{
    return {m_wordings.isEmpty() ? 0 : widthOf(m_wordings.back()), QLabel::sizeHint().height()};
}

void FittingLabel::choose()
{
    const QString wording = within(width());
    if (wording != text())
        setText(wording);
}

void FittingLabel::resizeEvent(QResizeEvent* event)
{
    QLabel::resizeEvent(event);
    choose();
}

void FittingLabel::changeEvent(QEvent* event)
{
    QLabel::changeEvent(event);
    if (event->type() == QEvent::FontChange || event->type() == QEvent::StyleChange) {
        choose();
        updateGeometry();
    }
}

}  // namespace armillary::widgets
