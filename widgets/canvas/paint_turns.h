// How long canvases have been drawing in one update of a window. When a workspace opens, all of its canvases are new; drawn in one go
// they would keep the interface thread for a tenth of a second on a software renderer. A canvas that comes late in an update
// shows its last frame and draws in the next.
//
// Pictures of widgets that a program takes by itself (QWidget::grab) are no updates: there everything is drawn at once.
// Thread rule: GUI thread.
#pragma once

#include <QElapsedTimer>
#include <QObject>

namespace armillary::widgets {

class PaintTurns : public QObject {
    Q_OBJECT
public:
    // Made on first use, by the application's thread; lives as long as the application.
    [[nodiscard]] static PaintTurns& instance();

    // The window is being updated, and its canvases have had their share of time.
    [[nodiscard]] bool isOver() const { return m_isUpdating && m_sinceStart.elapsed() > kShareMilliseconds; }

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    static constexpr qint64 kShareMilliseconds = 4;

    explicit PaintTurns(QObject* application);

    bool m_isUpdating = false;
    QElapsedTimer m_sinceStart;
};

}  // namespace armillary::widgets
