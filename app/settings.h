// What the window remembers between sessions, in one place: layout, theme, models, question settings, folders.
// Thread rule: GUI thread.
#pragma once

#include "app/settings_store.h"
#include "widgets/shell/model_dialog.h"
#include "widgets/theme.h"

#include <QByteArray>
#include <QJsonObject>
#include <QString>
#include <QStringList>

#include <utility>

namespace armillary::app {

class Settings {
public:
    Settings();

    [[nodiscard]] QByteArray windowGeometry() const;
    void setWindowGeometry(const QByteArray& geometry);

    // Arrangements of docks: the last one of each workspace (`docks` names the set of docks that it fits), and named ones.
    [[nodiscard]] QString workspace() const;
    void setWorkspace(const QString& workspace);
    [[nodiscard]] QByteArray workspaceState(const QString& docks, const QString& workspace) const;
    void setWorkspaceState(const QString& docks, const QString& workspace, const QByteArray& state);
    [[nodiscard]] QStringList layoutNames() const;
    [[nodiscard]] std::pair<QString, QByteArray> layout(const QString& name) const;  // workspace and state
    void setLayout(const QString& name, const QString& workspace, const QByteArray& state);
    void removeLayout(const QString& name);

    // What each panel keeps of its view, by id.
    [[nodiscard]] QJsonObject panelViews() const;
    void setPanelViews(const QJsonObject& views);

    // 1 = as the system says.
    [[nodiscard]] double textScale() const;
    void setTextScale(double scale);

    [[nodiscard]] widgets::ThemeChoice theme() const;
    void setTheme(widgets::ThemeChoice theme);

    [[nodiscard]] widgets::ModelChoice models() const;
    void setModels(const widgets::ModelChoice& choice);

    [[nodiscard]] QJsonObject question() const;
    void setQuestion(const QJsonObject& question);

    [[nodiscard]] QJsonObject rollout() const;
    void setRollout(const QJsonObject& rollout);

    [[nodiscard]] QString mediaFolder() const;
    void setMediaFolder(const QString& folder);

    // Where pictures and data were saved last.
    [[nodiscard]] QString exportFolder() const;
    void setExportFolder(const QString& folder);

    // Sessions, newest first, at most ten, and where the last one lies.
    [[nodiscard]] QStringList recentSessions() const;
    void addRecentSession(const QString& path);
    [[nodiscard]] QString sessionFolder() const;

    // Nobody has closed this program before.
    [[nodiscard]] bool isFirstStart() const;
    // The line about the embedded demo was closed by a person.
    [[nodiscard]] bool isDemoStripClosed() const;
    void setDemoStripClosed(bool closed);

    // Newest first, at most ten.
    [[nodiscard]] QStringList recentMedia() const;
    void addRecentMedia(const QStringList& paths);

private:
    SettingsStore m_store;
};

}  // namespace armillary::app
