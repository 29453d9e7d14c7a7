#include "widgets/shell/panel_frame.h"

#include "widgets/theme.h"

#include <QEvent>
#include <QPainter>

namespace armillary::widgets {
namespace {

constexpr int kThickness = 3;

}  // namespace

PanelFrame::PanelFrame(QWidget* dock, QWidget* window) : QWidget(window), m_dock(dock)
{
    setObjectName(QStringLiteral("panelFrame"));
    setAttribute(Qt::WA_TransparentForMouseEvents);
    setFocusPolicy(Qt::NoFocus);
    dock->installEventFilter(this);
    connect(dock, &QObject::destroyed, this, &QWidget::hide);
    follow();
}

bool PanelFrame::eventFilter(QObject* watched, QEvent* event)
{
    switch (event->type()) {
    case QEvent::Move:
    case QEvent::Resize:
    case QEvent::Show:
    case QEvent::Hide:
    case QEvent::ParentChange: follow(); break;
    default: break;
    }
    return QWidget::eventFilter(watched, event);
}

void PanelFrame::follow()
{
    // A dock in a window of its own is out of reach, one behind a tab lies outside of the window.
    const bool isHere = m_dock != nullptr && !m_dock->isHidden() && !m_dock->isWindow() && m_dock->x() >= 0;
    setVisible(isHere);
    if (!isHere)
        return;
    const QRect place = m_dock->geometry().adjusted(-kThickness, -kThickness, kThickness, kThickness);
    setGeometry(place);
    // Only the edge: what lies inside is not painted again for it.
    setMask(QRegion(rect()) - QRegion(rect().adjusted(kThickness, kThickness, -kThickness, -kThickness)));
    raise();
}

void PanelFrame::paintEvent(QPaintEvent*)
{
    QPainter(this).fillRect(rect(), themeColors(palette()).accent);
}

}  // namespace armillary::widgets
