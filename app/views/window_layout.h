// Where the docks stand: one arrangement for each workspace, arrangements a person has named, and presenting. Switching hides,
// shows and moves docks; the panels in them stay as they are.
//
// An arrangement is as it came until a person moves a separator or a dock; till then its sizes are for the window as it is, also in
// a workspace that was left, and in the next window. Which tabs are in front and which panels are open is kept either way.
// Thread rule: GUI thread.
#pragma once

#include "app/settings.h"
#include "widgets/panel_registry.h"

#include <QMainWindow>
#include <QObject>
#include <QTimer>

#include <map>
#include <set>

class QDockWidget;

namespace armillary::app {

class WindowLayout : public QObject {
    Q_OBJECT
public:
    using Docks = std::map<QString, QDockWidget*>;
    struct State {
        widgets::Workspace workspace = widgets::Workspace::Ask;
        QByteArray docks;

        bool operator==(const State&) const = default;
    };

    WindowLayout(QMainWindow& window, const Docks& docks, Settings& settings);

    // What the settings remember, else the default of Ask.
    void start();
    // Into the settings, for the next start.
    void keep();

    [[nodiscard]] widgets::Workspace workspace() const { return m_workspace; }
    void setWorkspace(widgets::Workspace workspace);
    // The workspace as it comes.
    void reset();

    [[nodiscard]] State state() const;
    void apply(const State& state);

    // Arrangements by name, in the settings.
    [[nodiscard]] QStringList names() const { return m_settings.layoutNames(); }
    void saveAs(const QString& name);
    void open(const QString& name);
    void forget(const QString& name) { m_settings.removeLayout(name); }

    // The views of the centre and nothing else; false brings everything back.
    void setPresenting(bool presenting);
    // The room for panels has changed: the arrangement as it comes fills it again, a person's stays.
    void fit();
    // While presenting: these panels and nothing else.
    void presentOnly(const QStringList& ids);
    [[nodiscard]] bool isPresenting() const { return !m_beforePresenting.isEmpty(); }

    // Not hidden behind another tab.
    [[nodiscard]] bool isInSight(const QDockWidget* dock) const;

Q_SIGNALS:
    void workspaceChanged(armillary::widgets::Workspace workspace);
    // Docks were moved, shown or hidden, by whomever; comes once for a burst.
    void arranged();
    // The next `arranged` is about docks that followed the window; nobody moved them.
    void followed();

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    using Place = widgets::PanelPlace;

    // Docks as they are kept, with a mark of whether they are as they came.
    [[nodiscard]] QByteArray saveDocks() const;
    void keepWorkspace();
    void arrange();
    // The window has another size: sizes at once, and other places when it has stayed high or low for a moment.
    void follow();
    // For a window that is high now and was low, or the other way; open panels stay open, tabs in front in front.
    void placeAgain();
    void noteHand();
    // Paints nothing until the next turn of the event loop: docks are placed in one turn, and painted in another.
    void veil();
    void letPointerBack();
    void placeDocks();
    void raiseDocks();
    // Those of `among` that the workspace wants in front of their tabs.
    void raiseOnTop(const std::set<QDockWidget*>& among);
    void sizeDocks();
    // What the lowest view of the right column needs.
    [[nodiscard]] int lowestHeight() const;
    // Of menus and notices above the docks.
    [[nodiscard]] int headHeight() const;
    [[nodiscard]] std::vector<QDockWidget*> docksOf(Place place, bool below) const;
    [[nodiscard]] bool isOpenHere(const widgets::PanelKind& kind) const;
    [[nodiscard]] bool isBelow(const QString& id) const;
    [[nodiscard]] bool isTall() const;
    [[nodiscard]] bool isPlacedForHeight() const;
    // Saved states fit only the same set of docks.
    [[nodiscard]] QString docksKey() const;
    // `sizedFor`: the window's size when the docks got theirs, where that is known.
    bool restore(const QByteArray& docks, const QSize& sizedFor = {});

    QMainWindow& m_window;
    Docks m_docks;
    Settings& m_settings;
    widgets::Workspace m_workspace = widgets::Workspace::Ask;
    std::map<widgets::Workspace, QByteArray> m_states;  // of workspaces that were left
    std::map<widgets::Workspace, QSize> m_sizes;        // of the window then
    QByteArray m_beforePresenting;
    QTimer m_settle;
    QTimer m_unveil;
    QTimer m_place;
    int m_lowestHeight = 0;
    bool m_isDefault = false;      // as it came: sizes follow those of the window
    bool m_isPlacedTall = false;   // for a high window
    bool m_isPlacing = false;      // docks are moved, by no hand
    bool m_isPointerAway = false;  // while nothing is painted
};

}  // namespace armillary::app
