// Counts what asks the layouts of widgets to lay everything around them out again.
// Thread rule: GUI thread.
#pragma once

#include <QEvent>
#include <QObject>
#include <QWidget>

namespace armillary::test {

class LayoutCounter : public QObject {
public:
    void watch(QWidget& widget) { widget.installEventFilter(this); }
    [[nodiscard]] int count() const { return m_count; }

protected:
    bool eventFilter(QObject* watched, QEvent* event) override
    {
        m_count += event->type() == QEvent::LayoutRequest ? 1 : 0;
        return QObject::eventFilter(watched, event);
    }

private:
    int m_count = 0;
};

}  // namespace armillary::test
