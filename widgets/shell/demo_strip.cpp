#include "widgets/shell/demo_strip.h"

#include <QAction>
#include <QHBoxLayout>
#include <QLabel>
#include <QToolButton>

namespace armillary::widgets {

DemoStrip::DemoStrip(QWidget* parent) : QFrame(parent)
{
    setObjectName(QStringLiteral("demoStrip"));
    m_line = new QLabel;
    m_line->setWordWrap(true);
    m_line->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_line->setMinimumWidth(200);
    m_close = new QToolButton;
    m_close->setText(QStringLiteral("×"));
    m_close->setAutoRaise(true);
    m_close->setAccessibleName(tr("Close this line"));
    m_close->setToolTip(tr("Close this line; Help > About the embedded demo brings it back"));
    m_row = new QHBoxLayout(this);
    m_row->setContentsMargins(12, 3, 6, 3);
    m_row->setSpacing(6);
    m_row->addWidget(m_line, 1);
    m_row->addWidget(m_close);
    hide();
    connect(m_close, &QToolButton::clicked, this, [this] {
        hide();
        Q_EMIT dismissed();
    });
}

void DemoStrip::setLine(const QString& line)
{
    m_line->setText(line);
    setAccessibleName(line);
}

QString DemoStrip::line() const
{
    return m_line->text();
}

QToolButton* DemoStrip::offer(QAction* action)
{
    auto* button = new QToolButton;
    button->setDefaultAction(action);
    button->setProperty("role", "offer");
    button->setAccessibleName(action->text().remove(QLatin1Char('&')));
    m_row->insertWidget(m_row->count() - 1, button);
    return button;
}

}  // namespace armillary::widgets
