#include "widgets/shell/status_line.h"

#include "widgets/theme.h"

#include <QFontMetrics>
#include <QPainter>

namespace armillary::widgets {

StatusLine::StatusLine(QWidget* parent) : QWidget(parent)
{
    setObjectName(QStringLiteral("statusLine"));
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Preferred);
    setAccessibleName(tr("Status"));
}

QSize StatusLine::sizeHint() const
{
    return {400, fontMetrics().height() + 6};
}

void StatusLine::setMessage(MessageKind kind, const QString& text)
{
    m_kind = kind;
    m_message = text;
    setToolTip(text);
    setAccessibleDescription(text);
    update();
}

void StatusLine::takeBack(const QString& text)
{
    if (text == m_message)
        setMessage(MessageKind::Note, {});
}

void StatusLine::setPointed(const QString& text)
{
    if (text == m_pointed)
        return;
    m_pointed = text;
    update();
}

void StatusLine::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    const ThemeColors& theme = themeColors(palette());
    const bool error = m_pointed.isEmpty() && m_kind == MessageKind::Error;
    painter.setPen(error ? theme.error : m_pointed.isEmpty() ? theme.muted : theme.text);
    const QRect room = rect().adjusted(8, 0, -8, 0);
    painter.drawText(room, Qt::AlignVCenter | Qt::AlignLeft,
                     fontMetrics().elidedText(text(), Qt::ElideRight, room.width()));
}

void StatusLine::mousePressEvent(QMouseEvent*)
{
    Q_EMIT opened();
}

}  // namespace armillary::widgets
