#include "app/views/view_shell.h"

#include "app/views/workspace_shapes.h"
#include "widgets/shell/command_palette.h"
#include "widgets/shell/fitting_label.h"
#include "widgets/shell/pair_bar.h"

#include <QAction>
#include <QApplication>
#include <QDockWidget>
#include <QLocale>
#include <QMainWindow>
#include <QMenu>
#include <QMenuBar>
#include <QStatusBar>
#include <QTimer>

#include <algorithm>
#include <cmath>

namespace armillary::app {
namespace {

using widgets::Panel;
using widgets::PanelKind;

constexpr double kPresentingScale = 1.35;
constexpr double kScaleStep = 1.1;
constexpr double kLeastScale = 0.7;
constexpr double kMostScale = 2.2;

}  // namespace

ViewShell::ViewShell(QMainWindow& window, const WindowLayout::Docks& docks, const Shown& shown)
    : QObject(&window),
      m_window(window),
      m_docks(docks),
      m_shown(shown),
      m_layout(window, docks, shown.settings),
      m_layoutHistory(m_layout, m_undo),
      m_selectionHistory(shown.selection, m_undo),
      m_keys(window),
      m_focus(window, {shown.run, shown.selection, shown.overlays, shown.media}, m_keys),
      m_titles(window, docks, m_layout),
      m_files(window, {shown.selection, shown.overlays, shown.pair, m_layout, shown.settings})
{
    m_undo.setUndoLimit(200);
    m_workspaceBar = new WorkspaceBar;
    for (QAction* action : m_workspaceBar->workspaceActions())
        m_window.addAction(action);
    m_pairBar = new widgets::PairBar(m_shown.pair);
    for (const widgets::PairSide side : {widgets::PairSide::A, widgets::PairSide::B, widgets::PairSide::Difference})
        m_window.addAction(m_pairBar->sideAction(side));
    m_window.addActions({m_pairBar->flipAction(), m_pairBar->clearAction()});
    m_palette = new widgets::CommandPalette(&m_window);
    m_focusLine = new widgets::FittingLabel;
    m_focusLine->setObjectName(QStringLiteral("focusLine"));
    m_focusLine->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
    m_focusLine->setAccessibleName(tr("Layer, head and method"));
    m_focusLine->setToolTip(
        tr("What maps of attention are of: layer ([ and ]), head (, and .), method (R), sinks (S)"));
    m_baseFontSize = QApplication::font().pointSizeF();

    connect(m_workspaceBar, &WorkspaceBar::wanted, &m_layout, &WindowLayout::setWorkspace);
    connect(&m_layout, &WindowLayout::workspaceChanged, m_workspaceBar, &WorkspaceBar::setWorkspace);
    connect(&m_layout, &WindowLayout::arranged, this, &ViewShell::keepFocusInSight);
    connect(&m_titles, &DockTitles::menuWanted, this, &ViewShell::showPanelMenu);
    connect(&m_shown.selection, &widgets::Selection::focusChanged, this, &ViewShell::showFocusLine);
    connect(&m_shown.run, &widgets::ShownRun::runChanged, this, &ViewShell::showFocusLine);
    connect(&m_shown.run, &widgets::ShownRun::stateChanged, this, &ViewShell::showFocusLine);
    connect(&m_shown.overlays, &widgets::OverlayStack::changed, this, &ViewShell::showFocusLine);
    // When the label has its letters.
    connect(this, &ViewShell::textScaleChanged, this,
            [this] { QTimer::singleShot(0, this, &ViewShell::showFocusLine); });
    connect(qApp, &QApplication::focusChanged, this, &ViewShell::rememberAttended);
    applyTextScale();
}

ViewShell::~ViewShell() = default;

QAction* ViewShell::add(QMenu& menu, const QString& name, const QKeySequence& key, const QString& tip,
                        std::function<void()> act)
{
    // The window owns it, so that its key works while the menu bar is away.
    auto* action = new QAction(name, &m_window);
    action->setShortcut(key);
    const QString keyText = key.toString(QKeySequence::NativeText);
    action->setToolTip(keyText.isEmpty() ? tip : QStringLiteral("%1 (%2)").arg(tip, keyText));
    connect(action, &QAction::triggered, this, std::move(act));
    menu.addAction(action);
    m_window.addAction(action);
    return action;
}

void ViewShell::fillFileMenu(QMenu& menu)
{
    const auto withPanel = [this](auto act) {
        return [this, act] {
            if (Panel* panel = attended())
                act(*panel);
        };
    };
    add(menu, tr("Save the &view as a picture…"), Qt::CTRL | Qt::Key_E,
        tr("The panel that is attended to as PNG, with its caption and what brings it back"),
        withPanel([this](Panel& panel) { m_files.askPanelPicture(panel, QStringLiteral("png")); }));
    add(menu, tr("Save the view as S&VG…"), {}, tr("The panel that is attended to as a drawing"),
        withPanel([this](Panel& panel) { m_files.askPanelPicture(panel, QStringLiteral("svg")); }));
    add(menu, tr("Save the &data of the view…"), Qt::CTRL | Qt::SHIFT | Qt::Key_E,
        tr("The numbers behind the panel that is attended to: CSV, npz or safetensors"),
        withPanel([this](Panel& panel) { m_files.askPanelData(panel); }));
    add(menu, tr("Save the &window as a picture…"), Qt::CTRL | Qt::ALT | Qt::SHIFT | Qt::Key_E,
        tr("The whole window; dropped on it later, the picture brings this state back"),
        [this] { m_files.askWindowPicture(); });
    add(menu, tr("&Copy the view"), Qt::CTRL | Qt::SHIFT | Qt::Key_C,
        tr("The panel that is attended to as a picture on the clipboard"),
        withPanel([this](Panel& panel) { m_files.copyPanelPicture(panel); }));
}

void ViewShell::makeEditMenu(QMenuBar& bar)
{
    QMenu* menu = bar.addMenu(tr("&Edit"));
    const auto tie = [this](QAction* action, const char* empty) {
        connect(action, &QAction::changed, action, [action, empty] {
            if (!action->isEnabled())
                action->setProperty("obstacle", tr(empty));
        });
    };
    QAction* undo = m_undo.createUndoAction(&m_window, tr("&Undo"));
    undo->setShortcut(QKeySequence(Qt::CTRL | Qt::Key_Z));
    undo->setToolTip(tr("Take back the last change of selection, focus or layout (Ctrl+Z)"));
    QAction* redo = m_undo.createRedoAction(&m_window, tr("&Redo"));
    redo->setShortcuts({QKeySequence(Qt::CTRL | Qt::Key_Y), QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_Z)});
    redo->setToolTip(tr("Do again what was taken back (Ctrl+Y)"));
    tie(undo, QT_TR_NOOP("there is nothing to take back"));
    tie(redo, QT_TR_NOOP("nothing was taken back"));
    for (QAction* action : {undo, redo}) {
        menu->addAction(action);
        m_window.addAction(action);
    }
    menu->addSeparator();
    add(*menu, tr("&Choose nothing"), Qt::CTRL | Qt::SHIFT | Qt::Key_A, tr("No token is chosen"),
        [this] { m_shown.selection.choose({}); });
    menu->addSeparator();
    QAction* palette = add(*menu, tr("Command &palette…"), Qt::CTRL | Qt::Key_P,
                           tr("Any action, panel or run by its name"), [this] { showPalette(); });
    palette->setShortcuts({QKeySequence(Qt::CTRL | Qt::Key_P), QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_P)});
}

void ViewShell::makeFocusMenu(QMenuBar& bar)
{
    QMenu* menu = bar.addMenu(tr("F&ocus"));
    for (QAction* action : m_focus.menuActions()) {
        if (action == nullptr)
            menu->addSeparator();
        else
            menu->addAction(action);
    }
    add(*menu, tr("&Lock the view"), Qt::Key_L,
        tr("The panel that is attended to keeps what it shows, or follows again"), [this] { toggleLock(); });
    menu->addSeparator();
    for (const widgets::PairSide side : {widgets::PairSide::A, widgets::PairSide::B, widgets::PairSide::Difference})
        menu->addAction(m_pairBar->sideAction(side));
    menu->addActions({m_pairBar->flipAction(), m_pairBar->clearAction()});
}

void ViewShell::fillViewMenu(QMenu& menu)
{
    for (QAction* action : m_workspaceBar->workspaceActions())
        menu.addAction(action);
    makeLayoutMenu(menu);
    menu.addSeparator();
    QMenu* go = menu.addMenu(tr("&Go to"));
    for (const PanelKind& kind : widgets::panelKinds()) {
        QAction* action = add(*go, kind.title, kind.focusKey, kind.tip, [this, id = kind.id] { goTo(id); });
        action->setProperty("wholeName", tr("Go to %1").arg(kind.title));
    }
    go->addSeparator();
    add(*go, tr("Next panel"), Qt::Key_F6, tr("The keyboard goes to the next panel in sight"), [this] { goToNext(1); });
    add(*go, tr("Previous panel"), Qt::SHIFT | Qt::Key_F6, tr("The keyboard goes to the panel before"),
        [this] { goToNext(-1); });
    QMenu* panels = menu.addMenu(tr("&Panels shown"));
    for (const PanelKind& kind : widgets::panelKinds()) {
        QAction* toggle = m_docks.at(kind.id)->toggleViewAction();
        toggle->setToolTip(kind.tip);
        toggle->setProperty("wholeName", tr("Show or hide %1").arg(kind.title));
        panels->addAction(toggle);
    }
    menu.addSeparator();
    QAction* larger = add(menu, tr("&Larger text"), Qt::CTRL | Qt::Key_Equal, tr("Text and controls larger"),
                          [this] { scaleText(kScaleStep); });
    larger->setShortcuts({QKeySequence(Qt::CTRL | Qt::Key_Equal), QKeySequence(Qt::CTRL | Qt::Key_Plus)});
    add(menu, tr("&Smaller text"), Qt::CTRL | Qt::Key_Minus, tr("Text and controls smaller"),
        [this] { scaleText(1 / kScaleStep); });
    add(menu, tr("&Usual text size"), Qt::CTRL | Qt::Key_0, tr("Text as large as the system says"),
        [this] { scaleText(0); });
    menu.addSeparator();
    add(menu, tr("Pr&esent"), Qt::Key_F11, tr("Only the views of the centre, in large type; Esc leaves"),
        [this] { setPresenting(!isPresenting()); });
    m_leavePresenting = add(menu, tr("Stop presenting"), Qt::Key_Escape, tr("Menus and all panels again"),
                            [this] { setPresenting(false); });
    m_leavePresenting->setEnabled(false);
    m_leavePresenting->setProperty("obstacle", tr("nothing is being presented"));
}

void ViewShell::start()
{
    m_files.restorePanels(m_shown.settings.panelViews());
    m_layout.start();
    showFocusLine();
}

void ViewShell::keep()
{
    setPresenting(false);
    m_shown.settings.setPanelViews(panelViews());
    m_layout.keep();
}

QJsonObject ViewShell::panelViews() const
{
    QJsonObject views;
    for (const Panel* panel : m_window.findChildren<Panel*>()) {
        const QJsonObject view = panel->saveView();
        if (!view.isEmpty())
            views[panel->id()] = view;
    }
    return views;
}

QJsonObject ViewShell::saveLayout() const
{
    const WindowLayout::State state = m_layout.state();
    return {{"workspace", workspaceKey(state.workspace)},
            {"docks", QString::fromLatin1(qCompress(state.docks).toBase64())},
            {"views", panelViews()}};
}

void ViewShell::restoreLayout(const QJsonObject& layout)
{
    if (const std::optional<widgets::Workspace> workspace = workspaceFromKey(layout["workspace"].toString())) {
        // Without docks it is the workspace as it comes.
        const QByteArray docks = QByteArray::fromBase64(layout["docks"].toString().toLatin1());
        m_layout.apply({*workspace, docks.isEmpty() ? QByteArray() : qUncompress(docks)});
    }
    m_files.restorePanels(layout["views"].toObject());
}

void ViewShell::rememberAttended()
{
    if (Panel* panel = m_keys.focused())
        m_lastAttended = panel;
}

Panel* ViewShell::attended() const
{
    if (Panel* panel = m_keys.attended())
        return panel;
    if (m_lastAttended != nullptr && m_lastAttended->isVisible())
        return m_lastAttended;
    for (const PanelKind& kind : widgets::panelKinds()) {
        if (kind.place == widgets::PanelPlace::Centre && m_layout.isInSight(m_docks.at(kind.id)))
            return qobject_cast<Panel*>(m_docks.at(kind.id)->widget());
    }
    return nullptr;
}

void ViewShell::goTo(const QString& panelId)
{
    const auto found = m_docks.find(panelId);
    if (found == m_docks.end())
        return;
    found->second->show();
    found->second->raise();
    found->second->widget()->setFocus(Qt::ShortcutFocusReason);
}

void ViewShell::goToNext(int step)
{
    std::vector<QWidget*> inSight;
    for (const PanelKind& kind : widgets::panelKinds()) {
        if (m_layout.isInSight(m_docks.at(kind.id)))
            inSight.push_back(m_docks.at(kind.id)->widget());
    }
    if (inSight.empty())
        return;
    const auto now = std::find(inSight.begin(), inSight.end(), static_cast<QWidget*>(m_keys.focused()));
    const auto count = static_cast<std::ptrdiff_t>(inSight.size());
    const std::ptrdiff_t at = now == inSight.end() ? (step > 0 ? -1 : 0) : now - inSight.begin();
    QWidget* next = inSight[static_cast<std::size_t>((at + step + count) % count)];
    // A panel that takes no keys hands them to the first control in it that does.
    const auto* panel = qobject_cast<const Panel*>(next);
    if (next->focusPolicy() == Qt::NoFocus && (panel == nullptr || panel->keyboardPlace() == nullptr)) {
        for (QWidget* control : next->findChildren<QWidget*>()) {
            if ((control->focusPolicy() & Qt::TabFocus) != 0 && control->isVisible() && control->isEnabled()) {
                control->setFocus(Qt::TabFocusReason);
                return;
            }
        }
    }
    next->setFocus(Qt::TabFocusReason);
}

void ViewShell::keepFocusInSight()
{
    // Qt hands the keyboard of a panel that was hidden to whatever comes next, a button of the status bar perhaps.
    if (m_lastAttended == nullptr || m_keys.focused() != nullptr || m_palette->isVisible())
        return;
    const auto* dock = qobject_cast<QDockWidget*>(m_lastAttended->parentWidget());
    const bool isInSight = dock != nullptr && m_layout.isInSight(dock);
    if (isInSight && !m_window.statusBar()->isAncestorOf(QApplication::focusWidget()))
        return;
    if (Panel* panel = isInSight ? m_lastAttended.data() : attended())
        panel->setFocus(Qt::OtherFocusReason);
}

void ViewShell::toggleLock()
{
    if (Panel* panel = attended())
        panel->setLocked(!panel->isLocked());
}

void ViewShell::scaleText(double factor)
{
    const double now = m_shown.settings.textScale();
    m_shown.settings.setTextScale(factor == 0 ? 1 : std::clamp(now * factor, kLeastScale, kMostScale));
    applyTextScale();
    Q_EMIT textScaleChanged();
}

void ViewShell::applyTextScale()
{
    const double scale = m_shown.settings.textScale() * (isPresenting() ? kPresentingScale : 1);
    QFont font = QApplication::font();
    const double wanted = m_baseFontSize * scale;
    if (m_baseFontSize <= 0 || std::abs(font.pointSizeF() - wanted) < 0.01)
        return;
    font.setPointSizeF(wanted);
    QApplication::setFont(font);
}

void ViewShell::setPresenting(bool presenting)
{
    if (presenting == isPresenting())
        return;
    m_layout.setPresenting(presenting);
    m_window.menuWidget()->setVisible(!presenting);
    m_window.statusBar()->setVisible(!presenting);
    m_window.setWindowState(presenting ? m_window.windowState() | Qt::WindowFullScreen
                                       : m_window.windowState() & ~Qt::WindowFullScreen);
    if (m_leavePresenting != nullptr)
        m_leavePresenting->setEnabled(presenting);
    applyTextScale();
    Q_EMIT textScaleChanged();
    Q_EMIT presentingChanged(presenting);
}

void ViewShell::showFocusLine()
{
    const QString focus = focusWords(m_shown.run, m_shown.selection.focus());
    QStringList wordings;
    if (const widgets::OverlayStack::Entry* top = m_shown.overlays.top()) {
        const QLocale locale;
        const QString scale = tr("%1 … %2 %3")
                                  .arg(locale.toString(top->layer.lowest, 'g', 3),
                                       locale.toString(top->layer.highest, 'g', 3), top->layer.unit)
                                  .trimmed();
        wordings << (focus.isEmpty() ? scale : QStringLiteral("%1 · %2").arg(focus, scale));
    }
    m_focusLine->setWordings(wordings << focus);
    // As wide as its widest text was: a label that asks for another place at every hover has the whole window laid out.
    const QSize wanted(m_focusLine->widthWithin(m_window.width() / 3), m_focusLine->fontMetrics().height());
    const bool isOfOtherLetters = wanted.height() != m_focusLine->minimumHeight();
    if (isOfOtherLetters || wanted.width() > m_focusLine->minimumWidth())
        m_focusLine->setFixedSize(wanted);
}

void ViewShell::makeLayoutMenu(QMenu& menu)
{
    QMenu* layouts = menu.addMenu(tr("La&youts"));
    layouts->setToolTipsVisible(true);
    add(*layouts, tr("&Save this layout…"), Qt::CTRL | Qt::SHIFT | Qt::Key_L,
        tr("Keep where the panels stand under a name"), [this] { askLayoutName(); });
    add(*layouts, tr("&Reset the layout"), Qt::CTRL | Qt::SHIFT | Qt::Key_R,
        tr("Put every panel of this workspace back where it was"), [this] { m_layout.reset(); });
    connect(layouts, &QMenu::aboutToShow, this, [this, layouts] { fillLayoutMenu(*layouts); });
}

void ViewShell::showPanelMenu(Panel* panel, const QPoint& globalPoint)
{
    auto* menu = new QMenu(&m_window);
    menu->setAttribute(Qt::WA_DeleteOnClose);
    menu->setToolTipsVisible(true);
    const QPointer<Panel> held(panel);
    const auto offer = [&](const QString& name, const QString& tip, auto act) {
        QAction* action = menu->addAction(name, this, [held, act] {
            if (held != nullptr)
                act(*held);
        });
        action->setToolTip(tip);
        return action;
    };
    offer(tr("Save as a picture…"), tr("PNG or SVG with caption and recipe (Ctrl+E)"),
          [this](Panel& of) { m_files.askPanelPicture(of, QStringLiteral("png")); });
    QAction* data = offer(tr("Save the data…"), tr("CSV, npz or safetensors (Ctrl+Shift+E)"),
                          [this](Panel& of) { m_files.askPanelData(of); });
    data->setEnabled(panel->viewData().has_value());
    offer(tr("Copy the picture"), tr("On the clipboard"), [this](Panel& of) { m_files.copyPanelPicture(of); });
    menu->addSeparator();
    QAction* lock = offer(tr("Lock"), tr("Keep what it shows (L)"), [](Panel& of) { of.setLocked(!of.isLocked()); });
    lock->setCheckable(true);
    lock->setChecked(panel->isLocked());
    auto* dock = m_docks.at(panel->id());
    QAction* floating = offer(tr("In a window of its own"), tr("Takes the panel out, or puts it back"),
                              [dock](Panel&) { dock->setFloating(!dock->isFloating()); });
    floating->setCheckable(true);
    floating->setChecked(dock->isFloating());
    offer(tr("Close"), tr("View > Panels shown brings it back"), [dock](Panel&) { dock->hide(); });
    menu->popup(globalPoint);
}

}  // namespace armillary::app
