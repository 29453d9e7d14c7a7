// The values of one settings file: read once, kept in memory, and written by a thread of their own, because a busy disk can
// keep a write for as long as several frames take.
// Thread rule: GUI thread. The destructor waits until everything is written.
#pragma once

#include <QHash>
#include <QString>
#include <QThread>
#include <QVariant>

class QSettings;

namespace armillary::app {

class SettingsStore {
public:
    // Opens the user's file `name`.ini in the folder `name`; reads it at once.
    explicit SettingsStore(const QString& name);
    ~SettingsStore();
    SettingsStore(const SettingsStore&) = delete;
    SettingsStore& operator=(const SettingsStore&) = delete;

    [[nodiscard]] QVariant value(const QString& key, const QVariant& otherwise = {}) const
    {
        return m_values.value(key, otherwise);
    }
    [[nodiscard]] bool isEmpty() const { return m_values.isEmpty(); }
    void setValue(const QString& key, const QVariant& value);
    void remove(const QString& key);

private:
    QHash<QString, QVariant> m_values;
    QThread m_thread;
    QSettings* m_file;  // lives in the thread
};

}  // namespace armillary::app
