// A frame around a dock that somebody is asked to look at. It lies over the edge alone and lets everything through.
// Thread rule: GUI thread.
#pragma once

#include <QPointer>
#include <QWidget>

namespace armillary::widgets {

class PanelFrame : public QWidget {
    Q_OBJECT
public:
    // Follows `dock` until it goes; both belong to the same window.
    PanelFrame(QWidget* dock, QWidget* window);

    [[nodiscard]] QWidget* dock() const { return m_dock; }

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;
    void paintEvent(QPaintEvent* event) override;

private:
    void follow();

    QPointer<QWidget> m_dock;
};

}  // namespace armillary::widgets
