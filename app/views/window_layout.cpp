#include "app/views/window_layout.h"

#include "app/views/workspace_shapes.h"

#include <QCursor>
#include <QDockWidget>
#include <QEnterEvent>
#include <QGuiApplication>
#include <QLayout>
#include <QMouseEvent>
#include <QScopedValueRollback>
#include <QWindow>

#include <utility>

namespace armillary::app {
namespace {

using widgets::PanelKind;
using widgets::PanelPlace;
using widgets::Workspace;

// Saved states of another arrangement of places are not taken over. The version also says whose the sizes are.
constexpr int kByHand = 2;
constexpr int kAsItCame = 3;
constexpr int kAsItCameTall = 4;

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
        letPointerBack();
        // An update that came meanwhile painted nothing and left everything marked; marked widgets ask for no other.
        QCoreApplication::postEvent(&m_window, new QEvent(QEvent::UpdateRequest), Qt::LowEventPriority);
    });
    m_place.setSingleShot(true);
    // Qt takes back what was restored while the window is on its way to its first size, for 150 ms.
    m_place.setInterval(200);
    connect(&m_place, &QTimer::timeout, this, [this] {
        if (!m_isDefault || isPresenting() || isPlacedForHeight())
            return;
        placeAgain();
        Q_EMIT followed();
    });
    const auto stir = [this] { m_settle.start(); };
    connect(&m_window, &QMainWindow::tabifiedDockWidgetActivated, this, stir);
    for (const auto& [id, dock] : m_docks) {
        connect(dock, &QDockWidget::visibilityChanged, this, stir);
        connect(dock, &QDockWidget::dockLocationChanged, this, stir);
        connect(dock, &QDockWidget::topLevelChanged, this, stir);
        connect(dock, &QDockWidget::dockLocationChanged, this, &WindowLayout::noteHand);
        connect(dock, &QDockWidget::topLevelChanged, this, &WindowLayout::noteHand);
    }
    for (const PanelKind& kind : widgets::panelKinds()) {
        if (kind.place == PanelPlace::RightBottom)
            m_docks.at(kind.id)->widget()->installEventFilter(this);
    }
}

bool WindowLayout::eventFilter(QObject* watched, QEvent* event)
{
    if (watched == &m_window) {
        // The first size of the window comes after the first arrangement. Once a separator was taken, sizes are a person's; other
        // presses come here from panels that have no use for them.
        if (event->type() == QEvent::Resize)
            follow();
        else if (event->type() == QEvent::FontChange)
            QTimer::singleShot(0, this, [this] {  // when the panels have theirs
                m_sizes.clear();                  // what was left is sized for other letters
                follow();
            });
        else if (event->type() == QEvent::MouseButtonPress &&
                 m_window.childAt(static_cast<QMouseEvent*>(event)->position().toPoint()) == nullptr)
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
    keepWorkspace();
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
    keepWorkspace();
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
    return {m_workspace, saveDocks()};
}

void WindowLayout::apply(const State& state)
{
    const bool wasPresenting = isPresenting();
    if (wasPresenting)
        setPresenting(false);
    if (state.workspace != m_workspace) {
        keepWorkspace();
        m_workspace = state.workspace;
        m_states[m_workspace] = state.docks;
        m_sizes.erase(m_workspace);
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
    m_settings.setLayout(name, workspaceKey(m_workspace), saveDocks());
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
    m_beforePresenting = saveDocks();
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
    m_sizes.clear();
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

QByteArray WindowLayout::saveDocks() const
{
    return m_window.saveState(!m_isDefault ? kByHand : m_isPlacedTall ? kAsItCameTall : kAsItCame);
}

void WindowLayout::keepWorkspace()
{
    m_states[m_workspace] = saveDocks();
    m_sizes[m_workspace] = m_window.size();
}

bool WindowLayout::restore(const QByteArray& docks, const QSize& sizedFor)
{
    if (docks.isEmpty())
        return false;
    veil();
    {
        const LayoutPause pause(m_window);
        const QScopedValueRollback placing(m_isPlacing, true);
        const auto isOf = [&](int version) { return m_window.restoreState(docks, version); };
        const bool isByHand = isOf(kByHand);
        const bool isTallOne = !isByHand && isOf(kAsItCameTall);
        if (!isByHand && !isTallOne && !isOf(kAsItCame))
            return false;
        m_isDefault = !isByHand;
        m_isPlacedTall = isTallOne;
    }
    if (m_isDefault && sizedFor != m_window.size()) {
        // Before it is shown, the first size of the window leads to its places.
        if (m_window.isVisible() && !isPlacedForHeight())
            placeAgain();
        else
            sizeDocks();
    }
    m_settle.start();
    return true;
}

void WindowLayout::veil()
{
    m_window.setUpdatesEnabled(false);
    // Of every view that appears in a window that the pointer is in, Qt asks the display server whether it is in the view, and waits:
    // tens of times a workspace, each of which takes milliseconds when models use every core.
    if (m_window.underMouse() && QGuiApplication::mouseButtons() == Qt::NoButton) {
        QEvent leave(QEvent::Leave);
        QCoreApplication::sendEvent(m_window.windowHandle(), &leave);
        m_isPointerAway = true;
    }
    m_unveil.start();
}

void WindowLayout::letPointerBack()
{
    if (!std::exchange(m_isPointerAway, false) || m_window.underMouse())
        return;
    const QPointF global = QCursor::pos();
    const QPointF local = m_window.mapFromGlobal(global);
    if (!m_window.rect().contains(local.toPoint()))
        return;
    QEnterEvent enter(local, local, global);
    QCoreApplication::sendEvent(m_window.windowHandle(), &enter);
}

void WindowLayout::arrange()
{
    veil();
    const auto kept = m_states.find(m_workspace);
    const auto size = m_sizes.find(m_workspace);
    if (kept == m_states.end() || !restore(kept->second, size == m_sizes.end() ? QSize() : size->second)) {
        {
            const LayoutPause pause(m_window);
            const QScopedValueRollback placing(m_isPlacing, true);
            placeDocks();
            // Qt would hand the keyboard of a view that goes to whatever comes next, a text field perhaps, where digits are text.
            if (QWidget* focused = m_window.focusWidget())
                focused->clearFocus();
            for (const PanelKind& kind : widgets::panelKinds())
                m_docks.at(kind.id)->setVisible(isOpenHere(kind));
        }
        // Tabs are there when the window has been laid out.
        raiseDocks();
        sizeDocks();
        m_isDefault = true;
        m_settle.start();
    }
}

void WindowLayout::follow()
{
    if (!m_isDefault)
        return;
    sizeDocks();
    Q_EMIT followed();
    m_settle.start();
    if (!isPlacedForHeight())
        m_place.start();
}

void WindowLayout::placeAgain()
{
    std::set<QDockWidget*> inFront;
    for (const auto& [id, dock] : m_docks) {
        if (isInSight(dock))
            inFront.insert(dock);
    }
    veil();
    {
        const LayoutPause pause(m_window);
        const QScopedValueRollback placing(m_isPlacing, true);
        placeDocks();
    }
    raiseDocks();
    for (QDockWidget* dock : inFront)
        dock->raise();
    // Two that were both in front may be tabs of one place now.
    raiseOnTop(inFront);
    sizeDocks();
    m_settle.start();
}

void WindowLayout::noteHand()
{
    if (!m_isPlacing)
        m_isDefault = false;
}

}  // namespace armillary::app
