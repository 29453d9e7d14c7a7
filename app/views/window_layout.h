// Where the docks stand: one arrangement for each workspace, arrangements a person has named, and presenting. Switching hides,
// shows and moves docks; the panels in them stay as they are.
//
// Defaults are written against panel ids and places; an id that is not registered is passed over.
// Thread rule: GUI thread.
#pragma once

#include "app/settings.h"
#include "widgets/panel_registry.h"

#include <QMainWindow>
#include <QObject>
#include <QTimer>

#include <map>

class QDockWidget;

namespace armillary::app {

[[nodiscard]] QString workspaceName(widgets::Workspace workspace);
[[nodiscard]] QString workspaceTip(widgets::Workspace workspace);
// For files: "ask" ... "verify".
[[nodiscard]] QString workspaceKey(widgets::Workspace workspace);
[[nodiscard]] std::optional<widgets::Workspace> workspaceFromKey(const QString& key);

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

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    using Place = widgets::PanelPlace;

    void arrange();
    // Paints nothing until the next turn of the event loop: docks are placed in one turn, and painted in another.
    void veil();
    void placeDocks();
    void raiseDocks();
    void sizeDocks();
    // What the lowest view of the right column needs.
    [[nodiscard]] int lowestHeight() const;
    [[nodiscard]] std::vector<QDockWidget*> docksOf(Place place, bool below) const;
    [[nodiscard]] bool isOpenHere(const widgets::PanelKind& kind) const;
    [[nodiscard]] bool isBelow(const QString& id) const;
    [[nodiscard]] bool isTall() const;
    // Saved states fit only the same set of docks.
    [[nodiscard]] QString docksKey() const;
    bool restore(const QByteArray& docks);

    QMainWindow& m_window;
    Docks m_docks;
    Settings& m_settings;
    widgets::Workspace m_workspace = widgets::Workspace::Ask;
    std::map<widgets::Workspace, QByteArray> m_states;  // of workspaces that were left
    QByteArray m_beforePresenting;
    QTimer m_settle;
    QTimer m_unveil;
    int m_lowestHeight = 0;
    bool m_isDefault = false;  // sizes may follow those of the window
};

}  // namespace armillary::app
