// What the window remembers between sessions, in one place: layout, theme, models, question settings, folders.
// Thread rule: GUI thread.
#pragma once

#include "widgets/model_dialog.h"
#include "widgets/theme.h"

#include <QByteArray>
#include <QJsonObject>
#include <QSettings>
#include <QString>
#include <QStringList>

namespace armillary::app {

class Settings {
public:
    Settings();

    [[nodiscard]] QByteArray windowGeometry() const;
    [[nodiscard]] QByteArray windowState() const;
    void setWindow(const QByteArray& geometry, const QByteArray& state);

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

    // Sessions, newest first, at most ten, and where the last one lies.
    [[nodiscard]] QStringList recentSessions() const;
    void addRecentSession(const QString& path);
    [[nodiscard]] QString sessionFolder() const;

    // Newest first, at most ten.
    [[nodiscard]] QStringList recentMedia() const;
    void addRecentMedia(const QStringList& paths);

private:
    QSettings m_store;
};

}  // namespace armillary::app
