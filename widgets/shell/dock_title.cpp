#include "widgets/shell/dock_title.h"

#include "widgets/panel.h"
#include "widgets/theme.h"

#include <QContextMenuEvent>
#include <QDockWidget>
#include <QHBoxLayout>
#include <QLabel>
#include <QPainter>
#include <QPainterPath>
#include <QToolButton>

namespace armillary::widgets {

QIcon lockIcon(bool closed, const QColor& color)
{
    constexpr int kSide = 64;
    QPixmap picture(kSide, kSide);
    picture.fill(Qt::transparent);
    QPainter painter(&picture);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(QPen(color, 7, Qt::SolidLine, Qt::FlatCap));
    // The shackle, lifted out on one side when open.
    QPainterPath shackle;
    const double lift = closed ? 0 : 10;
    shackle.moveTo(20, closed ? 32 : 20);
    shackle.lineTo(20, 24 - lift);
    shackle.arcTo(QRectF(20, 12 - lift, 24, 24), 180, -180);
    shackle.lineTo(44, 32);
    painter.drawPath(shackle);
    painter.setPen(Qt::NoPen);
    painter.setBrush(color);
    painter.drawRoundedRect(QRectF(12, 30, 40, 28), 5, 5);
    return QIcon(picture);
}

DockTitle::DockTitle(QDockWidget* dock, Panel* panel) : QWidget(dock), m_dock(dock), m_panel(panel)
{
    setObjectName(QStringLiteral("dockTitle"));
    setAttribute(Qt::WA_StyledBackground);
    m_name = new QLabel(dock->windowTitle());
    m_name->setProperty("role", "dockTitle");
    m_name->setTextFormat(Qt::PlainText);
    m_name->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    m_lock = new QToolButton;
    m_lock->setCheckable(true);
    m_lock->setProperty("role", "title");
    m_lock->setAccessibleName(tr("Lock %1").arg(dock->windowTitle()));
    m_menu = new QToolButton;
    m_menu->setText(QStringLiteral("⋯"));
    m_menu->setProperty("role", "title");
    m_menu->setToolTip(tr("Save as picture or data, lock, float, close"));
    m_menu->setAccessibleName(tr("Menu of %1").arg(dock->windowTitle()));
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(12, 2, 5, 0);
    row->setSpacing(1);
    row->addWidget(m_name, 1);
    row->addWidget(m_lock);
    row->addWidget(m_menu);
    connect(m_lock, &QToolButton::toggled, m_panel, &Panel::setLocked);
    connect(m_panel, &Panel::lockedChanged, this, &DockTitle::showLock);
    connect(m_menu, &QToolButton::clicked, this,
            [this] { Q_EMIT menuWanted(m_menu->mapToGlobal(m_menu->rect().bottomLeft())); });
    showLock();
}

void DockTitle::setTabbed(bool tabbed)
{
    if (tabbed == m_isTabbed)
        return;
    m_isTabbed = tabbed;
    for (QWidget* part : {static_cast<QWidget*>(m_name), static_cast<QWidget*>(m_lock), static_cast<QWidget*>(m_menu)})
        part->setVisible(!tabbed);
    setMaximumHeight(tabbed ? 0 : QWIDGETSIZE_MAX);
    updateGeometry();
}

QSize DockTitle::sizeHint() const
{
    return m_isTabbed ? QSize(0, 0) : QSize(120, fontMetrics().height() + 12);
}

QSize DockTitle::minimumSizeHint() const
{
    return m_isTabbed ? QSize(0, 0) : QSize(60, fontMetrics().height() + 12);
}

void DockTitle::contextMenuEvent(QContextMenuEvent* event)
{
    Q_EMIT menuWanted(event->globalPos());
}

void DockTitle::showLock()
{
    const bool locked = m_panel->isLocked();
    const ThemeColors& theme = themeColors(palette());
    m_lock->setChecked(locked);
    m_lock->setIcon(lockIcon(locked, locked ? theme.accent : theme.muted));
    m_lock->setToolTip(locked ? tr("Locked: keeps what it shows. Let it follow again (L)")
                              : tr("Follows run, selection and focus. Lock it to what it shows now (L)"));
}

}  // namespace armillary::widgets
