// Title bars, lock signs and menus of the docks: a dock alone shows its name and buttons, one behind tabs shows them in its tab.
// Thread rule: GUI thread.
#pragma once

#include "app/views/window_layout.h"

#include <QObject>

#include <map>

class QTabBar;

namespace armillary::widgets {
class DockTitle;
class Panel;
}  // namespace armillary::widgets

namespace armillary::app {

class DockTitles : public QObject {
    Q_OBJECT
public:
    DockTitles(QMainWindow& window, const WindowLayout::Docks& docks, WindowLayout& layout);

    [[nodiscard]] widgets::DockTitle* title(const QString& panelId) const;
    // Adapts to who stands behind whose tab, and to the theme.
    void refresh();

Q_SIGNALS:
    void menuWanted(armillary::widgets::Panel* panel, const QPoint& globalPoint);

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void refreshTabs();
    [[nodiscard]] QDockWidget* dockOfTab(const QTabBar& bar, int tab) const;

    QMainWindow& m_window;
    WindowLayout::Docks m_docks;
    std::map<QString, widgets::DockTitle*> m_titles;
};

}  // namespace armillary::app
