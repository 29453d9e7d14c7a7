#include "app/views/window_layout.h"

#include <QCoreApplication>
#include <QDockWidget>
#include <QEvent>
#include <QLayout>
#include <QScopedValueRollback>
#include <QStatusBar>

#include <algorithm>
#include <array>

namespace armillary::app {
namespace {

using widgets::PanelKind;
using widgets::PanelPlace;
using widgets::Workspace;

// Saved states of another arrangement of places are not taken over.
constexpr int kStateVersion = 2;
// From this height on a column holds two views above each other.
constexpr int kTall = 940;

struct Shape {
    Workspace workspace;
    const char* key;
    const char* name;
    const char* tip;
    std::vector<const char*> onTop;        // of their tabs
    std::vector<const char*> below;        // under the others of their column
    std::vector<const char*> belowIfTall;  // the same in a high window, tabs in a low one
    double leftCentre;                     // share of the left one of the two centre columns
    double bottom;                         // share of the window's height
};

const Shape& shapeOf(Workspace workspace)
{
    static const std::array<Shape, 6> shapes = {{
        {Workspace::Ask,
         "ask",
         QT_TRANSLATE_NOOP("Workspaces", "Ask"),
         QT_TRANSLATE_NOOP("Workspaces", "Question, answer and what was seen"),
         {"media", "picture", "world", "answer", "timeline"},
         {},
         {},
         0.5,
         0.25},
        {Workspace::Layout,
         "layout",
         QT_TRANSLATE_NOOP("Workspaces", "Layout"),
         QT_TRANSLATE_NOOP("Workspaces", "Every position of the fused sequence and where it comes from"),
         {"media", "picture", "world", "inspector", "memory"},
         {},
         {},
         0.5,
         0.36},
        {Workspace::Embeddings,
         "embeddings",
         QT_TRANSLATE_NOOP("Workspaces", "Embeddings"),
         QT_TRANSLATE_NOOP("Workspaces", "World, image and text tokens in one map, and how far they agree"),
         {"layers", "map", "alignment", "inspector", "timeline"},
         {},
         {"picture", "world"},
         0.55,
         0.27},
        {Workspace::Attention,
         "attention",
         QT_TRANSLATE_NOOP("Workspaces", "Attention"),
         QT_TRANSLATE_NOOP("Workspaces", "What each word read: pictures, frames, layers and heads"),
         {"layers", "picture", "attention", "answer", "timeline"},
         {},
         {"matrix", "attention", "lens"},
         0.5,
         0.27},
        {Workspace::Rollout,
         "rollout",
         QT_TRANSLATE_NOOP("Workspaces", "Rollout"),
         QT_TRANSLATE_NOOP("Workspaces", "Predict what comes next, watch it and compare it"),
         {"media", "picture", "rollout", "answer", "memory"},
         {},
         {},
         0.32,
         0.2},
        {Workspace::Verify,
         "verify",
         QT_TRANSLATE_NOOP("Workspaces", "Verify"),
         QT_TRANSLATE_NOOP("Workspaces", "Checks, comparisons of runs and the anatomy of the models"),
         {"runs", "verification", "comparison", "inspector", "messages"},
         {},
         {"anatomy"},
         0.5,
         0.2},
    }};
    return shapes[static_cast<std::size_t>(workspace)];
}

bool holds(const std::vector<const char*>& ids, const QString& id)
{
    return std::any_of(ids.begin(), ids.end(), [&id](const char* each) { return id == QLatin1String(each); });
}

// While it lives the window lays nothing out: every dock that is shown would lay out all the others anew. At its end that is
// done once.
class LayoutPause {
public:
    explicit LayoutPause(const QMainWindow& window) : m_layout(*window.layout()) { m_layout.setEnabled(false); }
    ~LayoutPause()
    {
        m_layout.setEnabled(true);
        m_layout.activate();
    }
    LayoutPause(const LayoutPause&) = delete;
    LayoutPause& operator=(const LayoutPause&) = delete;

private:
    QLayout& m_layout;
};

}  // namespace

QString workspaceName(Workspace workspace)
{
    return QCoreApplication::translate("Workspaces", shapeOf(workspace).name);
}

QString workspaceTip(Workspace workspace)
{
    return QCoreApplication::translate("Workspaces", shapeOf(workspace).tip);
}

QString workspaceKey(Workspace workspace)
{
    return QString::fromLatin1(shapeOf(workspace).key);
}

std::optional<Workspace> workspaceFromKey(const QString& key)
{
    for (const Workspace workspace : widgets::kWorkspaces) {
        if (workspaceKey(workspace) == key)
            return workspace;
    }
    return std::nullopt;
}

WindowLayout::WindowLayout(QMainWindow& window, const Docks& docks, Settings& settings)
    : QObject(&window), m_window(window), m_docks(docks), m_settings(settings)
{
    m_window.setCorner(Qt::BottomLeftCorner, Qt::BottomDockWidgetArea);
    m_window.setCorner(Qt::BottomRightCorner, Qt::BottomDockWidgetArea);
    m_window.setDockOptions(QMainWindow::AllowNestedDocks | QMainWindow::AllowTabbedDocks |
                            QMainWindow::GroupedDragging);
    m_window.setTabPosition(Qt::AllDockWidgetAreas, QTabWidget::North);
    m_window.installEventFilter(this);
    m_settle.setSingleShot(true);
    m_settle.setInterval(120);
    connect(&m_settle, &QTimer::timeout, this, &WindowLayout::arranged);
    m_unveil.setSingleShot(true);
    m_unveil.setInterval(0);
    connect(&m_unveil, &QTimer::timeout, &m_window, [this] {
        m_window.setUpdatesEnabled(true);
        // An update that came meanwhile painted nothing and left everything marked; marked widgets ask for no other.
        QCoreApplication::postEvent(&m_window, new QEvent(QEvent::UpdateRequest), Qt::LowEventPriority);
    });
    const auto stir = [this] { m_settle.start(); };
    connect(&m_window, &QMainWindow::tabifiedDockWidgetActivated, this, stir);
    for (const auto& [id, dock] : m_docks) {
        connect(dock, &QDockWidget::visibilityChanged, this, stir);
        connect(dock, &QDockWidget::dockLocationChanged, this, stir);
        connect(dock, &QDockWidget::topLevelChanged, this, stir);
    }
    for (const PanelKind& kind : widgets::panelKinds()) {
        if (kind.place == PanelPlace::RightBottom)
            m_docks.at(kind.id)->widget()->installEventFilter(this);
    }
}

bool WindowLayout::eventFilter(QObject* watched, QEvent* event)
{
    if (watched == &m_window) {
        // The first size of the window comes after the first arrangement. Once a separator was taken, sizes are a person's.
        if (event->type() == QEvent::Resize && m_isDefault)
            sizeDocks();
        else if (event->type() == QEvent::MouseButtonPress)
            m_isDefault = false;
        else if (event->type() == QEvent::MouseButtonRelease)
            m_settle.start();
    } else if (event->type() == QEvent::LayoutRequest && lowestHeight() > m_lowestHeight) {
        // What stands below has more to show than when it was given its height.
        QTimer::singleShot(0, this, &WindowLayout::fit);
    }
    return QObject::eventFilter(watched, event);
}

QString WindowLayout::docksKey() const
{
    QStringList ids;
    for (const auto& [id, dock] : m_docks)
        ids << id;
    return QString::number(qHash(ids.join(QLatin1Char(',')), 0), 16);
}

void WindowLayout::start()
{
    m_states.clear();
    for (const Workspace workspace : widgets::kWorkspaces) {
        const QByteArray saved = m_settings.workspaceState(docksKey(), workspaceKey(workspace));
        if (!saved.isEmpty())
            m_states[workspace] = saved;
    }
    m_workspace = workspaceFromKey(m_settings.workspace()).value_or(Workspace::Ask);
    arrange();
    Q_EMIT workspaceChanged(m_workspace);
}

void WindowLayout::keep()
{
    if (isPresenting())
        setPresenting(false);
    m_states[m_workspace] = m_window.saveState(kStateVersion);
    m_settings.setWorkspace(workspaceKey(m_workspace));
    for (const auto& [workspace, state] : m_states)
        m_settings.setWorkspaceState(docksKey(), workspaceKey(workspace), state);
}

void WindowLayout::setWorkspace(Workspace workspace)
{
    if (workspace == m_workspace)
        return;
    const bool wasPresenting = isPresenting();
    if (wasPresenting)
        setPresenting(false);
    m_states[m_workspace] = m_window.saveState(kStateVersion);
    m_workspace = workspace;
    arrange();
    if (wasPresenting)
        setPresenting(true);
    Q_EMIT workspaceChanged(m_workspace);
}

void WindowLayout::reset()
{
    m_states.erase(m_workspace);
    arrange();
}

WindowLayout::State WindowLayout::state() const
{
    return {m_workspace, m_window.saveState(kStateVersion)};
}

void WindowLayout::apply(const State& state)
{
    const bool wasPresenting = isPresenting();
    if (wasPresenting)
        setPresenting(false);
    if (state.workspace != m_workspace) {
        m_states[m_workspace] = m_window.saveState(kStateVersion);
        m_workspace = state.workspace;
        m_states[m_workspace] = state.docks;
        arrange();
        Q_EMIT workspaceChanged(m_workspace);
    } else if (state != this->state()) {
        restore(state.docks);
    }
    if (wasPresenting)
        setPresenting(true);
}

void WindowLayout::saveAs(const QString& name)
{
    m_settings.setLayout(name, workspaceKey(m_workspace), m_window.saveState(kStateVersion));
}

void WindowLayout::open(const QString& name)
{
    const auto [key, docks] = m_settings.layout(name);
    const std::optional<Workspace> workspace = workspaceFromKey(key);
    if (workspace)
        apply({*workspace, docks});
}

void WindowLayout::setPresenting(bool presenting)
{
    if (presenting == isPresenting())
        return;
    if (!presenting) {
        const QByteArray before = std::exchange(m_beforePresenting, {});
        restore(before);
        return;
    }
    m_beforePresenting = m_window.saveState(kStateVersion);
    bool any = false;
    for (const PanelKind& kind : widgets::panelKinds()) {
        const bool inCentre = kind.place == PanelPlace::Centre || kind.place == PanelPlace::CentreRight;
        any = any || (inCentre && isInSight(m_docks[kind.id]));
    }
    for (const PanelKind& kind : widgets::panelKinds()) {
        const bool inCentre = kind.place == PanelPlace::Centre || kind.place == PanelPlace::CentreRight;
        QDockWidget* dock = m_docks[kind.id];
        // With an empty centre there is nothing to present but what is there.
        if (any && !(inCentre && isInSight(dock)))
            dock->hide();
    }
}

void WindowLayout::fit()
{
    if (m_isDefault && !isPresenting())
        sizeDocks();
}

void WindowLayout::presentOnly(const QStringList& ids)
{
    if (!isPresenting())
        return;
    for (const auto& [id, dock] : m_docks) {
        if (!dock->isFloating())
            dock->setVisible(ids.contains(id));
    }
}

bool WindowLayout::isInSight(const QDockWidget* dock) const
{
    if (!dock->isVisible())
        return false;
    // The main window moves docks behind a tab out of its rectangle.
    return dock->isFloating() || (dock->x() >= 0 && dock->y() >= 0);
}

bool WindowLayout::restore(const QByteArray& docks)
{
    if (docks.isEmpty())
        return false;
    veil();
    const LayoutPause pause(m_window);
    if (!m_window.restoreState(docks, kStateVersion))
        return false;
    m_isDefault = false;
    m_settle.start();
    return true;
}

void WindowLayout::veil()
{
    m_window.setUpdatesEnabled(false);
    m_unveil.start();
}

void WindowLayout::arrange()
{
    veil();
    const auto kept = m_states.find(m_workspace);
    if (kept == m_states.end() || !restore(kept->second)) {
        {
            const LayoutPause pause(m_window);
            placeDocks();
        }
        // Tabs are there when the window has been laid out.
        raiseDocks();
        sizeDocks();
        m_isDefault = true;
        m_settle.start();
    }
}

bool WindowLayout::isTall() const
{
    return m_window.height() >= kTall;
}

bool WindowLayout::isOpenHere(const PanelKind& kind) const
{
    return kind.workspaces.contains(m_workspace);
}

bool WindowLayout::isBelow(const QString& id) const
{
    const Shape& shape = shapeOf(m_workspace);
    return holds(shape.below, id) || (isTall() && holds(shape.belowIfTall, id));
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
    for (const auto& [id, dock] : m_docks) {
        dock->setFloating(false);
        m_window.removeDockWidget(dock);
    }
    const auto stack = [this](QDockWidget* first, const std::vector<QDockWidget*>& all) {
        for (QDockWidget* dock : all) {
            if (dock != first)
                m_window.tabifyDockWidget(first, dock);
        }
    };
    // Columns from left to right, then what stands below in them, then tabs: a split must not meet a tab.
    QDockWidget* last = nullptr;
    std::map<Place, QDockWidget*> columns;
    for (const Place place : {Place::Left, Place::Centre, Place::CentreRight, Place::RightTop}) {
        const std::vector<QDockWidget*> docks = docksOf(place, false);
        if (docks.empty())
            continue;
        if (last == nullptr)
            m_window.addDockWidget(Qt::TopDockWidgetArea, docks.front(), Qt::Horizontal);
        else
            m_window.splitDockWidget(last, docks.front(), Qt::Horizontal);
        last = columns[place] = docks.front();
    }
    for (const auto& [place, column] : columns) {
        std::vector<QDockWidget*> docks = docksOf(place, true);
        if (place == Place::RightTop) {
            const std::vector<QDockWidget*> lowest = docksOf(Place::RightBottom, false);
            if (!lowest.empty()) {
                m_window.splitDockWidget(column, lowest.front(), Qt::Vertical);
                stack(lowest.front(), lowest);
            }
        }
        if (!docks.empty()) {
            m_window.splitDockWidget(column, docks.front(), Qt::Vertical);
            stack(docks.front(), docks);
        }
        stack(column, docksOf(place, false));
    }
    last = nullptr;
    for (const Place place : {Place::CentreBottom, Place::Bottom}) {
        const std::vector<QDockWidget*> docks = docksOf(place, false);
        if (docks.empty())
            continue;
        if (last == nullptr)
            m_window.addDockWidget(Qt::BottomDockWidgetArea, docks.front(), Qt::Horizontal);
        else
            m_window.splitDockWidget(last, docks.front(), Qt::Horizontal);
        last = docks.front();
        stack(docks.front(), docks);
    }
    for (const PanelKind& kind : widgets::panelKinds())
        m_docks.at(kind.id)->setVisible(isOpenHere(kind));
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
    for (const char* id : shapeOf(m_workspace).onTop) {
        const auto found = m_docks.find(QString::fromLatin1(id));
        if (found != m_docks.end() && !found->second->isHidden())
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

void WindowLayout::sizeDocks()
{
    const Shape& shape = shapeOf(m_workspace);
    const auto firstOpen = [this](Place place, bool below) -> QDockWidget* {
        const std::vector<QDockWidget*> docks = docksOf(place, below);
        return docks.empty() || docks.front()->isHidden() ? nullptr : docks.front();
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
    const int frame = (m_window.menuWidget() != nullptr ? m_window.menuWidget()->sizeHint().height() : 0) +
                      m_window.statusBar()->sizeHint().height();
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
