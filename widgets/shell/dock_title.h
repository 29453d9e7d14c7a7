// The title bar of a dock: name, lock and menu. A dock that stands behind tabs has its name there and needs no bar.
// Thread rule: GUI thread.
#pragma once

#include <QIcon>
#include <QWidget>

class QDockWidget;
class QLabel;
class QToolButton;

namespace armillary::widgets {

class Panel;

class DockTitle : public QWidget {
    Q_OBJECT
public:
    DockTitle(QDockWidget* dock, Panel* panel);

    // No bar: the tab says the name.
    void setTabbed(bool tabbed);
    [[nodiscard]] bool isTabbed() const { return m_isTabbed; }
    [[nodiscard]] Panel* panel() const { return m_panel; }
    [[nodiscard]] QToolButton* lockButton() const { return m_lock; }
    [[nodiscard]] QToolButton* menuButton() const { return m_menu; }

    [[nodiscard]] QSize sizeHint() const override;
    [[nodiscard]] QSize minimumSizeHint() const override;

Q_SIGNALS:
    void menuWanted(const QPoint& globalPoint);

protected:
    void contextMenuEvent(QContextMenuEvent* event) override;

private:
    void showLock();

    QDockWidget* m_dock = nullptr;
    Panel* m_panel = nullptr;
    QLabel* m_name = nullptr;
    QToolButton* m_lock = nullptr;
    QToolButton* m_menu = nullptr;
    bool m_isTabbed = false;
};

// A closed or open padlock in a colour.
[[nodiscard]] QIcon lockIcon(bool closed, const QColor& color);

}  // namespace armillary::widgets
