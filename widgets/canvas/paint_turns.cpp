#include "widgets/canvas/paint_turns.h"

#include <QCoreApplication>
#include <QEvent>
#include <QPointer>

namespace armillary::widgets {

PaintTurns& PaintTurns::instance()
{
    // Tests make one application after another.
    static QPointer<PaintTurns> turns;
    if (!turns)
        turns = new PaintTurns(QCoreApplication::instance());
    return *turns;
}

PaintTurns::PaintTurns(QObject* application) : QObject(application)
{
    application->installEventFilter(this);
}

bool PaintTurns::eventFilter(QObject* watched, QEvent* event)
{
    if (event->type() == QEvent::UpdateRequest && !m_isUpdating) {
        m_isUpdating = true;
        m_sinceStart.start();
        // Behind this event in the queue, so behind the update.
        QMetaObject::invokeMethod(
            this, [this] { m_isUpdating = false; }, Qt::QueuedConnection);
    }
    return QObject::eventFilter(watched, event);
}

}  // namespace armillary::widgets
