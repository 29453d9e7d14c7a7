#include "app/settings_store.h"

#include <QSettings>

namespace armillary::app {

SettingsStore::SettingsStore(const QString& name)
    : m_file(new QSettings(QSettings::IniFormat, QSettings::UserScope, name, name))
{
    const QStringList keys = m_file->allKeys();
    for (const QString& key : keys)
        m_values[key] = m_file->value(key);
    m_thread.setObjectName(QStringLiteral("settings"));
    m_file->moveToThread(&m_thread);
    // Deleting it writes what has not been written yet.
    QObject::connect(&m_thread, &QThread::finished, m_file, &QObject::deleteLater);
    m_thread.start(QThread::LowPriority);
}

SettingsStore::~SettingsStore()
{
    // Behind every change that waits in the thread's queue.
    QMetaObject::invokeMethod(m_file, [this] { m_thread.quit(); });
    m_thread.wait();
}

void SettingsStore::setValue(const QString& key, const QVariant& value)
{
    const auto kept = m_values.constFind(key);
    if (kept != m_values.constEnd() && *kept == value)
        return;
    m_values[key] = value;
    QMetaObject::invokeMethod(m_file, [file = m_file, key, value] { file->setValue(key, value); });
}

void SettingsStore::remove(const QString& key)
{
    if (m_values.remove(key) > 0)
        QMetaObject::invokeMethod(m_file, [file = m_file, key] { file->remove(key); });
}

}  // namespace armillary::app
