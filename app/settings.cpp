#include "app/settings.h"

#include "records/setting_names.h"

#include <QFileInfo>
#include <QJsonDocument>

namespace armillary::app {
namespace {

constexpr int kMostRecent = 10;
const QString kNamedLayouts = QStringLiteral("layouts");

QString stateKey(const QString& docks, const QString& workspace)
{
    return QStringLiteral("workspaces/%1.%2").arg(workspace, docks);
}

QString formatName(NumberFormat format)
{
    const std::string_view name = nameOf(format);
    return QString::fromUtf8(name.data(), static_cast<qsizetype>(name.size()));
}

NumberFormat formatFrom(const QVariant& value)
{
    return settingFromName<NumberFormat>(value.toString().toStdString()).value_or(NumberFormat::Auto);
}

}  // namespace

Settings::Settings() : m_store(QStringLiteral("armillary")) {}

QByteArray Settings::windowGeometry() const
{
    return m_store.value(QStringLiteral("window/geometry")).toByteArray();
}

void Settings::setWindowGeometry(const QByteArray& geometry)
{
    m_store.setValue(QStringLiteral("window/geometry"), geometry);
}

QString Settings::workspace() const
{
    return m_store.value(QStringLiteral("window/workspace")).toString();
}

void Settings::setWorkspace(const QString& workspace)
{
    m_store.setValue(QStringLiteral("window/workspace"), workspace);
}

QByteArray Settings::workspaceState(const QString& docks, const QString& workspace) const
{
    return m_store.value(stateKey(docks, workspace)).toByteArray();
}

void Settings::setWorkspaceState(const QString& docks, const QString& workspace, const QByteArray& state)
{
    if (state.isEmpty())
        m_store.remove(stateKey(docks, workspace));
    else
        m_store.setValue(stateKey(docks, workspace), state);
}

QStringList Settings::layoutNames() const
{
    return m_store.value(kNamedLayouts).toMap().keys();
}

std::pair<QString, QByteArray> Settings::layout(const QString& name) const
{
    const QVariantMap entry = m_store.value(kNamedLayouts).toMap().value(name).toMap();
    return {entry.value(QStringLiteral("workspace")).toString(), entry.value(QStringLiteral("docks")).toByteArray()};
}

void Settings::setLayout(const QString& name, const QString& workspace, const QByteArray& state)
{
    QVariantMap all = m_store.value(kNamedLayouts).toMap();
    all[name] = QVariantMap{{QStringLiteral("workspace"), workspace}, {QStringLiteral("docks"), state}};
    m_store.setValue(kNamedLayouts, all);
}

void Settings::removeLayout(const QString& name)
{
    QVariantMap all = m_store.value(kNamedLayouts).toMap();
    all.remove(name);
    m_store.setValue(kNamedLayouts, all);
}

QJsonObject Settings::panelViews() const
{
    return QJsonDocument::fromJson(m_store.value(QStringLiteral("window/views")).toByteArray()).object();
}

void Settings::setPanelViews(const QJsonObject& views)
{
    m_store.setValue(QStringLiteral("window/views"), QJsonDocument(views).toJson(QJsonDocument::Compact));
}

double Settings::textScale() const
{
    return m_store.value(QStringLiteral("window/textScale"), 1.0).toDouble();
}

void Settings::setTextScale(double scale)
{
    m_store.setValue(QStringLiteral("window/textScale"), scale);
}

widgets::ThemeChoice Settings::theme() const
{
    const QString word = m_store.value(QStringLiteral("window/theme")).toString();
    if (word == QLatin1String("light"))
        return widgets::ThemeChoice::Light;
    return word == QLatin1String("dark") ? widgets::ThemeChoice::Dark : widgets::ThemeChoice::System;
}

void Settings::setTheme(widgets::ThemeChoice theme)
{
    const char* word = theme == widgets::ThemeChoice::Light  ? "light"
                       : theme == widgets::ThemeChoice::Dark ? "dark"
                                                             : "system";
    m_store.setValue(QStringLiteral("window/theme"), QString::fromLatin1(word));
}

widgets::ModelChoice Settings::models() const
{
    widgets::ModelChoice out;
    out.demo = m_store.value(QStringLiteral("models/demo"), true).toBool();
    out.model = m_store.value(QStringLiteral("models/gemma")).toString();
    out.theWorld = m_store.value(QStringLiteral("models/theWorld")).toString();
    out.world = m_store.value(QStringLiteral("models/world")).toString();
    out.device = m_store.value(QStringLiteral("models/device"), QStringLiteral("auto")).toString();
    out.format = formatFrom(m_store.value(QStringLiteral("models/format")));
    out.worldFormat = formatFrom(m_store.value(QStringLiteral("models/worldFormat")));
    return out;
}

void Settings::setModels(const widgets::ModelChoice& choice)
{
    m_store.setValue(QStringLiteral("models/demo"), choice.demo);
    m_store.setValue(QStringLiteral("models/gemma"), choice.model);
    m_store.setValue(QStringLiteral("models/theWorld"), choice.theWorld);
    m_store.setValue(QStringLiteral("models/world"), choice.world);
    m_store.setValue(QStringLiteral("models/device"), choice.device);
    m_store.setValue(QStringLiteral("models/format"), formatName(choice.format));
    m_store.setValue(QStringLiteral("models/worldFormat"), formatName(choice.worldFormat));
}

QJsonObject Settings::question() const
{
    return QJsonDocument::fromJson(m_store.value(QStringLiteral("question/settings")).toByteArray()).object();
}

void Settings::setQuestion(const QJsonObject& question)
{
    m_store.setValue(QStringLiteral("question/settings"), QJsonDocument(question).toJson(QJsonDocument::Compact));
}

QJsonObject Settings::rollout() const
{
    return QJsonDocument::fromJson(m_store.value(QStringLiteral("rollout/settings")).toByteArray()).object();
}

void Settings::setRollout(const QJsonObject& rollout)
{
    m_store.setValue(QStringLiteral("rollout/settings"), QJsonDocument(rollout).toJson(QJsonDocument::Compact));
}

QString Settings::mediaFolder() const
{
    return m_store.value(QStringLiteral("media/folder")).toString();
}

void Settings::setMediaFolder(const QString& folder)
{
    m_store.setValue(QStringLiteral("media/folder"), folder);
}

QString Settings::exportFolder() const
{
    return m_store.value(QStringLiteral("export/folder")).toString();
}

void Settings::setExportFolder(const QString& folder)
{
    m_store.setValue(QStringLiteral("export/folder"), folder);
}

QStringList Settings::recentSessions() const
{
    return m_store.value(QStringLiteral("session/recent")).toStringList();
}

void Settings::addRecentSession(const QString& path)
{
    QStringList recent = recentSessions();
    recent.removeAll(path);
    recent.prepend(path);
    m_store.setValue(QStringLiteral("session/recent"), QStringList(recent.mid(0, kMostRecent)));
    m_store.setValue(QStringLiteral("session/folder"), QFileInfo(path).absolutePath());
}

QString Settings::sessionFolder() const
{
    return m_store.value(QStringLiteral("session/folder")).toString();
}

bool Settings::isFirstStart() const
{
    return m_store.isEmpty();
}

bool Settings::isDemoStripClosed() const
{
    return m_store.value(QStringLiteral("demo/stripClosed")).toBool();
}

void Settings::setDemoStripClosed(bool closed)
{
    m_store.setValue(QStringLiteral("demo/stripClosed"), closed);
}

QStringList Settings::recentMedia() const
{
    return m_store.value(QStringLiteral("media/recent")).toStringList();
}

void Settings::addRecentMedia(const QStringList& paths)
{
    QStringList recent = recentMedia();
    for (const QString& path : paths) {
        recent.removeAll(path);
        recent.prepend(path);
    }
    m_store.setValue(QStringLiteral("media/recent"), QStringList(recent.mid(0, kMostRecent)));
}

}  // namespace armillary::app
