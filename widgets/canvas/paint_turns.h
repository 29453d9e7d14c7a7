// When canvases draw. A canvas that wants a new frame gets it in a turn of its own before the window's next update, so that the
// update paints only the pixels that changed; the one under the pointer comes first. When a workspace opens, all of its canvases are
// new; placed and drawn in one go they would keep the interface thread for a tenth of a second on a software renderer. So what
// follows a long turn waits for the next one, a turn of drawing ends after its share of time, and the window's update waits for a
// turn of its own behind one that took long.
//
// Pictures of widgets that a program takes by itself (QWidget::grab) are no updates: there everything is drawn at once.
// Thread rule: GUI thread.
#pragma once

#include <QElapsedTimer>
#include <QList>
#include <QObject>
#include <QPointer>
#include <QTimer>

namespace armillary::widgets {

class ImguiCanvas;

class PaintTurns : public QObject {
    Q_OBJECT
public:
    // Made on first use, by the application's thread; lives as long as the application.
    [[nodiscard]] static PaintTurns& instance();

    // A frame before the window's next update; `later`: when everything else is on the display.
    void want(ImguiCanvas& canvas, bool later = false);
    // A window is being updated, and its canvases have had their share of time.
    [[nodiscard]] bool isOver() const { return m_isUpdating && m_sinceUpdate.elapsed() > kShareOfUpdate; }

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    static constexpr qint64 kShareOfUpdate = 4;  // milliseconds; widgets of the window are painted too
    static constexpr qint64 kShareOfTurn = 5;
    static constexpr qint64 kLong = 4;
    static constexpr qint64 kLongTurn = 12;

    explicit PaintTurns(QObject* application);
    void draw();
    // What was going on when a frame was asked for may have taken a turn by itself: views that were placed anew, another run.
    void drawPosted();

    QList<QPointer<ImguiCanvas>> m_wanted;
    QList<QPointer<ImguiCanvas>> m_wantedLater;
    bool m_isPosted = false;
    QElapsedTimer m_sincePosted;
    QTimer m_later;
    bool m_isUpdatePostponed = false;  // the next one, to a turn of its own
    QPointer<QObject> m_postponed;     // the window whose update waits
    QTimer m_update;
    bool m_isUpdating = false;
    QElapsedTimer m_sinceUpdate;
};

}  // namespace armillary::widgets
