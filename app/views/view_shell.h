// What acts on views whatever they show: workspaces and layouts, keys that work everywhere, undo, locks, the command palette, the
// A | B bar, presenting, text size, saving views and bringing them back. Runs, models and sessions are not its business.
// Thread rule: GUI thread.
#pragma once

#include "app/views/dock_titles.h"
#include "app/views/focus_actions.h"
#include "app/views/key_rules.h"
#include "app/views/layout_history.h"
#include "app/views/view_files.h"
#include "app/views/window_layout.h"
#include "app/views/workspace_bar.h"
#include "widgets/models/run_list_model.h"
#include "widgets/shell/selection_history.h"

#include <QObject>
#include <QPointer>
#include <QUndoStack>

class QMenu;
class QMenuBar;

namespace armillary::widgets {
class CommandPalette;
class FittingLabel;
class PairBar;
}  // namespace armillary::widgets

namespace armillary::app {

class ViewShell : public QObject {
    Q_OBJECT
public:
    struct Shown {
        widgets::ShownRun& run;
        widgets::Selection& selection;
        widgets::OverlayStack& overlays;
        widgets::MediaListModel& media;
        widgets::RunPair& pair;
        widgets::RunListModel& runs;
        Settings& settings;
    };

    ViewShell(QMainWindow& window, const WindowLayout::Docks& docks, const Shown& shown);
    ~ViewShell() override;

    // After every other action and menu is there.
    void fillFileMenu(QMenu& menu);
    void makeEditMenu(QMenuBar& bar);
    void fillViewMenu(QMenu& menu);
    void makeFocusMenu(QMenuBar& bar);

    // What the settings remember, and back into them.
    void start();
    void keep();

    // The workspace, where its panels stand and what they keep of their views, for a session.
    [[nodiscard]] QJsonObject saveLayout() const;
    void restoreLayout(const QJsonObject& layout);

    [[nodiscard]] WindowLayout& layout() { return m_layout; }
    [[nodiscard]] ViewFiles& files() { return m_files; }
    [[nodiscard]] QUndoStack& undoStack() { return m_undo; }
    [[nodiscard]] WorkspaceBar* workspaceBar() const { return m_workspaceBar; }
    [[nodiscard]] widgets::PairBar* pairBar() const { return m_pairBar; }
    [[nodiscard]] widgets::CommandPalette* palette() const { return m_palette; }
    // Layer, head, method and the scale that colours have, for the status bar.
    [[nodiscard]] widgets::FittingLabel* focusLine() const { return m_focusLine; }
    [[nodiscard]] bool isPresenting() const { return m_layout.isPresenting(); }
    // The panel that menus and keys mean: with the keyboard, under the pointer, or the last that had either.
    [[nodiscard]] widgets::Panel* attended() const;

    void goTo(const QString& panelId);
    void setPresenting(bool presenting);

Q_SIGNALS:
    // The text scale was changed: the theme must be applied anew.
    void textScaleChanged();
    void presentingChanged(bool presenting);

private:
    QAction* add(QMenu& menu, const QString& name, const QKeySequence& key, const QString& tip,
                 std::function<void()> act);
    void makeLayoutMenu(QMenu& menu);
    void fillLayoutMenu(QMenu& menu);
    [[nodiscard]] QJsonObject panelViews() const;
    void askLayoutName();
    void showPanelMenu(widgets::Panel* panel, const QPoint& globalPoint);
    void showPalette();
    void goToNext(int step);
    void toggleLock();
    void keepFocusInSight();
    void scaleText(double factor);
    void applyTextScale();
    void showFocusLine();
    void rememberAttended();

    QMainWindow& m_window;
    WindowLayout::Docks m_docks;
    Shown m_shown;
    QUndoStack m_undo;
    WindowLayout m_layout;
    LayoutHistory m_layoutHistory;
    widgets::SelectionHistory m_selectionHistory;
    KeyRules m_keys;
    FocusActions m_focus;
    DockTitles m_titles;
    ViewFiles m_files;
    WorkspaceBar* m_workspaceBar = nullptr;
    widgets::PairBar* m_pairBar = nullptr;
    widgets::CommandPalette* m_palette = nullptr;
    widgets::FittingLabel* m_focusLine = nullptr;
    QAction* m_leavePresenting = nullptr;
    QPointer<widgets::Panel> m_lastAttended;
    double m_baseFontSize = 0;
};

}  // namespace armillary::app
