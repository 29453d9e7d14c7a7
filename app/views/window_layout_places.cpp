// Where the docks of a workspace stand as it comes, and how large they are in a window of this size.
#include "app/views/window_layout.h"

#include "app/views/workspace_shapes.h"

#include <QDockWidget>
#include <QLayout>
#include <QStatusBar>

#include <algorithm>

namespace armillary::app {
namespace {

using widgets::PanelKind;

// A window that is so many lines of text high has room for two views above each other in a column.
constexpr int kTallLines = 63;

bool holds(const std::vector<const char*>& ids, const QString& id)
{
    return std::any_of(ids.begin(), ids.end(), [&id](const char* each) { return id == QLatin1String(each); });
}

}  // namespace

bool WindowLayout::isTall() const
{
    return m_window.height() >= kTallLines * m_window.fontMetrics().height();
}

bool WindowLayout::isPlacedForHeight() const
{
    return m_isPlacedTall == isTall() || shapeOf(m_workspace).belowIfTall.empty();
}

bool WindowLayout::isOpenHere(const PanelKind& kind) const
{
    return kind.workspaces.contains(m_workspace);
}

bool WindowLayout::isBelow(const QString& id) const
{
    const WorkspaceShape& shape = shapeOf(m_workspace);
    return holds(shape.below, id) || (m_isPlacedTall && holds(shape.belowIfTall, id));
}

std::vector<QDockWidget*> WindowLayout::docksOf(Place place, bool below) const
{
    // Open ones first: what a closed one is tabbed to must not depend on it.
    std::vector<QDockWidget*> open;
    std::vector<QDockWidget*> closed;
    for (const PanelKind& kind : widgets::panelKinds()) {
        if (kind.place == place && isBelow(kind.id) == below)
            (isOpenHere(kind) ? open : closed).push_back(m_docks.at(kind.id));
    }
    open.insert(open.end(), closed.begin(), closed.end());
    return open;
}

void WindowLayout::placeDocks()
{
    m_isPlacedTall = isTall();
    for (const auto& [id, dock] : m_docks) {
        if (dock->isFloating())
            dock->setFloating(false);
        // Out of its place, but not out of sight: for every view that appears Qt asks the display server for the pointer and waits.
        m_window.layout()->removeWidget(dock);
    }
    const auto stack = [this](QDockWidget* first, const std::vector<QDockWidget*>& all) {
        for (QDockWidget* dock : all) {
            if (dock != first)
                m_window.tabifyDockWidget(first, dock);
        }
    };
    const auto placeBeside = [this](QDockWidget*& last, QDockWidget* dock, Qt::DockWidgetArea area) {
        if (last == nullptr)
            m_window.addDockWidget(area, dock, Qt::Horizontal);
        else
            m_window.splitDockWidget(last, dock, Qt::Horizontal);
        last = dock;
    };
    const auto placeBelow = [&](QDockWidget* column, const std::vector<QDockWidget*>& docks) {
        if (docks.empty())
            return;
        m_window.splitDockWidget(column, docks.front(), Qt::Vertical);
        stack(docks.front(), docks);
    };
    // Columns from left to right, then what stands below in them, then tabs: a split must not meet a tab.
    QDockWidget* last = nullptr;
    std::map<Place, QDockWidget*> columns;
    for (const Place place : {Place::Left, Place::Centre, Place::CentreRight, Place::RightTop}) {
        const std::vector<QDockWidget*> docks = docksOf(place, false);
        if (docks.empty())
            continue;
        placeBeside(last, docks.front(), Qt::TopDockWidgetArea);
        columns[place] = docks.front();
    }
    for (const auto& [place, column] : columns) {
        if (place == Place::RightTop)
            placeBelow(column, docksOf(Place::RightBottom, false));
        placeBelow(column, docksOf(place, true));
        stack(column, docksOf(place, false));
    }
    last = nullptr;
    for (const Place place : {Place::CentreBottom, Place::Bottom}) {
        const std::vector<QDockWidget*> docks = docksOf(place, false);
        if (docks.empty())
            continue;
        placeBeside(last, docks.front(), Qt::BottomDockWidgetArea);
        stack(docks.front(), docks);
    }
}

void WindowLayout::raiseDocks()
{
    // The first of its tabs is on top, unless the workspace names another.
    for (const bool below : {false, true}) {
        for (const Place place : {Place::Left, Place::Centre, Place::CentreRight, Place::RightTop, Place::RightBottom,
                                  Place::CentreBottom, Place::Bottom}) {
            const std::vector<QDockWidget*> docks = docksOf(place, below);
            if (!docks.empty())
                docks.front()->raise();
        }
    }
    std::set<QDockWidget*> all;
    for (const auto& [id, dock] : m_docks)
        all.insert(dock);
    raiseOnTop(all);
}

void WindowLayout::raiseOnTop(const std::set<QDockWidget*>& among)
{
    for (const char* id : shapeOf(m_workspace).onTop) {
        const auto found = m_docks.find(QString::fromLatin1(id));
        if (found != m_docks.end() && !found->second->isHidden() && among.contains(found->second))
            found->second->raise();
    }
}

int WindowLayout::lowestHeight() const
{
    constexpr int kTitle = 50;
    int least = 190;
    for (QDockWidget* dock : docksOf(Place::RightBottom, false)) {
        if (isInSight(dock))
            least = std::max(least, dock->widget()->minimumSizeHint().height() + kTitle);
    }
    return least;
}

int WindowLayout::headHeight() const
{
    const QWidget* head = m_window.menuWidget();
    if (head == nullptr)
        return 0;
    // A notice takes as many lines as this width makes of it; its hint is for a narrow window.
    return head->hasHeightForWidth() ? head->heightForWidth(m_window.width()) : head->sizeHint().height();
}

void WindowLayout::sizeDocks()
{
    const WorkspaceShape& shape = shapeOf(m_workspace);
    const auto firstOpen = [this](Place place, bool below) -> QDockWidget* {
        const std::vector<QDockWidget*> docks = docksOf(place, below);
        const auto found = std::find_if(docks.begin(), docks.end(), [](const QDockWidget* dock) {
            return !dock->isHidden() && !dock->isFloating();
        });
        return found == docks.end() ? nullptr : *found;
    };
    const int width = m_window.width();
    const int height = m_window.height();
    const int left = std::clamp(width * 17 / 100, 216, 300);
    const int right = std::clamp(width * 26 / 100, 300, 460);
    QList<QDockWidget*> docks;
    QList<int> lengths;
    const auto want = [&](QDockWidget* dock, double length) {
        if (dock != nullptr) {
            docks << dock;
            lengths << static_cast<int>(length);
        }
    };
    // Once for each way: every call lays all panels out anew.
    const auto resize = [&](Qt::Orientation way) {
        if (!docks.isEmpty())
            m_window.resizeDocks(docks, lengths, way);
        docks.clear();
        lengths.clear();
    };
    QDockWidget* leftColumn = firstOpen(Place::Left, false);
    QDockWidget* rightColumn = firstOpen(Place::RightTop, false);
    QDockWidget* centre = firstOpen(Place::Centre, false);
    QDockWidget* centreRight = firstOpen(Place::CentreRight, false);
    const double room = width - (leftColumn != nullptr ? left : 0) - (rightColumn != nullptr ? right : 0);
    const bool both = centre != nullptr && centreRight != nullptr;
    want(leftColumn, left);
    want(centre, both ? room * shape.leftCentre : room);
    want(centreRight, both ? room * (1 - shape.leftCentre) : room);
    want(rightColumn, right);
    QDockWidget* tokens = firstOpen(Place::CentreBottom, false);
    QDockWidget* bottom = firstOpen(Place::Bottom, false);
    want(tokens, width * 0.64);
    want(bottom, tokens != nullptr ? width * 0.36 : width);
    resize(Qt::Horizontal);

    // In a low window the bottom keeps the lines that its panels need.
    const double least = m_window.fontMetrics().height() * (tokens != nullptr ? 16 : 12);
    const double lower = std::max(height * shape.bottom, std::min(least, height * 0.34));
    // What menus, notice and status line leave; more than there is would be taken from the lower row.
    const int frame = headHeight() + m_window.statusBar()->sizeHint().height();
    const double upper = std::max(height - frame - lower, height * 0.4);
    want(tokens != nullptr ? tokens : bottom, lower);
    want(centre != nullptr ? centre : centreRight != nullptr ? centreRight : rightColumn, upper);
    QDockWidget* question = firstOpen(Place::RightBottom, false);
    if (rightColumn != nullptr && question != nullptr) {
        m_lowestHeight = lowestHeight();
        want(rightColumn, upper - m_lowestHeight);
        want(question, m_lowestHeight);
    }
    for (const Place place : {Place::Left, Place::Centre, Place::CentreRight}) {
        QDockWidget* above = firstOpen(place, false);
        QDockWidget* below = firstOpen(place, true);
        if (above != nullptr && below != nullptr) {
            want(above, upper / 2);
            want(below, upper / 2);
        }
    }
    resize(Qt::Vertical);
}

}  // namespace armillary::app
