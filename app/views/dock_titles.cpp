#include "app/views/dock_titles.h"

#include "widgets/panel.h"
#include "widgets/shell/dock_title.h"
#include "widgets/theme.h"

#include <QContextMenuEvent>
#include <QDockWidget>
#include <QMainWindow>
#include <QTabBar>

#include <algorithm>

namespace armillary::app {

using widgets::DockTitle;
using widgets::Panel;

DockTitles::DockTitles(QMainWindow& window, const WindowLayout::Docks& docks, WindowLayout& layout)
    : QObject(&window), m_window(window), m_docks(docks)
{
    for (const auto& [id, dock] : m_docks) {
        auto* panel = qobject_cast<Panel*>(dock->widget());
        auto* title = new DockTitle(dock, panel);
        dock->setTitleBarWidget(title);
        m_titles[id] = title;
        connect(title, &DockTitle::menuWanted, this,
                [this, panel](const QPoint& point) { Q_EMIT menuWanted(panel, point); });
        connect(panel, &Panel::lockedChanged, this, &DockTitles::refreshTabs);
    }
    connect(&layout, &WindowLayout::arranged, this, &DockTitles::refresh);
}

DockTitle* DockTitles::title(const QString& panelId) const
{
    const auto found = m_titles.find(panelId);
    return found == m_titles.end() ? nullptr : found->second;
}

void DockTitles::refresh()
{
    for (const auto& [id, dock] : m_docks) {
        const QList<QDockWidget*> others = m_window.tabifiedDockWidgets(dock);
        const bool hasTabs =
            std::any_of(others.begin(), others.end(), [](const QDockWidget* other) { return !other->isHidden(); });
        m_titles.at(id)->setTabbed(hasTabs && !dock->isFloating());
    }
    refreshTabs();
}

QDockWidget* DockTitles::dockOfTab(const QTabBar& bar, int tab) const
{
    // The main window keeps the dock's address as the tab's data.
    const auto address = bar.tabData(tab).value<quintptr>();
    for (const auto& [id, dock] : m_docks) {
        if (reinterpret_cast<quintptr>(dock) == address)
            return dock;
    }
    return nullptr;
}

void DockTitles::refreshTabs()
{
    const QColor accent = widgets::themeColors(m_window.palette()).accent;
    for (QTabBar* bar : m_window.findChildren<QTabBar*>(QString(), Qt::FindDirectChildrenOnly)) {
        bar->removeEventFilter(this);
        bar->installEventFilter(this);
        // Whole names that are scrolled to, not the first letters of all.
        bar->setElideMode(Qt::ElideNone);
        bar->setUsesScrollButtons(true);
        bar->setAccessibleName(tr("Panels in one place"));
        for (int tab = 0; tab < bar->count(); ++tab) {
            const QDockWidget* dock = dockOfTab(*bar, tab);
            const auto* panel = dock == nullptr ? nullptr : qobject_cast<Panel*>(dock->widget());
            const bool locked = panel != nullptr && panel->isLocked();
            if (locked == bar->tabIcon(tab).isNull())
                bar->setTabIcon(tab, locked ? widgets::lockIcon(true, accent) : QIcon());
        }
    }
}

bool DockTitles::eventFilter(QObject* watched, QEvent* event)
{
    if (event->type() == QEvent::ContextMenu) {
        const auto* bar = static_cast<QTabBar*>(watched);
        const auto* menu = static_cast<QContextMenuEvent*>(event);
        const QDockWidget* dock = dockOfTab(*bar, bar->tabAt(menu->pos()));
        if (dock != nullptr) {
            Q_EMIT menuWanted(qobject_cast<Panel*>(dock->widget()), menu->globalPos());
            return true;
        }
    }
    return QObject::eventFilter(watched, event);
}

}  // namespace armillary::app
