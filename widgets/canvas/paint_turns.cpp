#include "widgets/canvas/paint_turns.h"

#include "widgets/canvas/imgui_canvas.h"

#include <QCoreApplication>
#include <QEvent>

#include <algorithm>
#include <utility>

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
    m_later.setSingleShot(true);
    m_later.setInterval(0);
    connect(&m_later, &QTimer::timeout, this, [this] {
        for (const QPointer<ImguiCanvas>& canvas : std::exchange(m_wantedLater, {})) {
            if (canvas && !m_wanted.contains(canvas))
                m_wanted << canvas;
        }
        draw();
    });
    m_update.setSingleShot(true);
    m_update.setInterval(0);
    connect(&m_update, &QTimer::timeout, this, [this] {
        if (QObject* window = std::exchange(m_postponed, nullptr)) {
            QEvent update(QEvent::UpdateRequest);
            QCoreApplication::sendEvent(window, &update);
        }
    });
}

void PaintTurns::want(ImguiCanvas& canvas, bool later)
{
    QList<QPointer<ImguiCanvas>>& wanted = later ? m_wantedLater : m_wanted;
    if (!wanted.contains(&canvas))
        wanted << &canvas;
    if (later) {
        m_later.start();
    } else if (!m_isPosted) {
        m_isPosted = true;
        m_sincePosted.start();
        // Behind what is going on now, before the update of the window, whose event waits for all others.
        QMetaObject::invokeMethod(this, &PaintTurns::drawPosted, Qt::QueuedConnection);
    }
}

void PaintTurns::drawPosted()
{
    m_isPosted = false;
    if (m_sincePosted.elapsed() <= kLongTurn) {
        draw();
        return;
    }
    m_isUpdatePostponed = true;
    m_later.start();
}

void PaintTurns::draw()
{
    QElapsedTimer timer;
    timer.start();
    while (!m_wanted.isEmpty()) {
        if (timer.elapsed() > kShareOfTurn) {
            // The window's update and input go first.
            m_later.start();
            return;
        }
        const auto pointed = std::find_if(m_wanted.begin(), m_wanted.end(), [](const QPointer<ImguiCanvas>& canvas) {
            return canvas && canvas->underMouse();
        });
        const QPointer<ImguiCanvas> next = m_wanted.takeAt(pointed == m_wanted.end() ? 0 : pointed - m_wanted.begin());
        if (next)
            next->drawInTurn();
        m_isUpdatePostponed = timer.elapsed() > kLong;
    }
}

bool PaintTurns::eventFilter(QObject* watched, QEvent* event)
{
    if (event->type() != QEvent::UpdateRequest || !watched->isWidgetType())
        return QObject::eventFilter(watched, event);
    if (m_postponed == nullptr && std::exchange(m_isUpdatePostponed, false)) {
        m_postponed = watched;
        m_update.start();
        return true;
    }
    if (!m_isUpdating) {
        m_isUpdating = true;
        m_sinceUpdate.start();
        // Behind this event in the queue, so behind the update.
        QMetaObject::invokeMethod(
            this, [this] { m_isUpdating = false; }, Qt::QueuedConnection);
    }
    return QObject::eventFilter(watched, event);
}

}  // namespace armillary::widgets
