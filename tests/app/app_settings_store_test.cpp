#include "app/settings_store.h"

#include <gtest/gtest.h>

#include <QFile>
#include <QSettings>
#include <QTemporaryDir>
#include <QThread>

namespace armillary::app {
namespace {

class SettingsStoreOfUser : public testing::Test {
protected:
    void SetUp() override
    {
        ASSERT_TRUE(m_home.isValid());
        QSettings::setPath(QSettings::IniFormat, QSettings::UserScope, m_home.path());
    }

    const QString kName = QStringLiteral("instrument");
    QTemporaryDir m_home;
};

TEST_F(SettingsStoreOfUser, IsReadAtOnceAndComesBack)
{
    {
        SettingsStore store(kName);
        EXPECT_TRUE(store.isEmpty());
        store.setValue(QStringLiteral("window/scale"), 1.5);
        store.setValue(QStringLiteral("window/state"), QByteArray("\0\1;,\n", 5));
        store.setValue(QStringLiteral("recent"), QStringList{QStringLiteral("a, b"), QStringLiteral("ü")});
        store.setValue(QStringLiteral("gone"), true);
        store.remove(QStringLiteral("gone"));
        EXPECT_EQ(store.value(QStringLiteral("window/scale")).toDouble(), 1.5);
        EXPECT_FALSE(store.value(QStringLiteral("gone")).isValid());
    }
    const SettingsStore again(kName);
    EXPECT_EQ(again.value(QStringLiteral("window/scale")).toDouble(), 1.5);
    EXPECT_EQ(again.value(QStringLiteral("window/state")).toByteArray(), QByteArray("\0\1;,\n", 5));
    EXPECT_EQ(again.value(QStringLiteral("recent")).toStringList(),
              (QStringList{QStringLiteral("a, b"), QStringLiteral("ü")}));
    EXPECT_FALSE(again.value(QStringLiteral("gone")).isValid());
    EXPECT_EQ(again.value(QStringLiteral("absent"), 7).toInt(), 7);
}

// The file is written though this thread never turns its event loop: another thread does it.
TEST_F(SettingsStoreOfUser, IsWrittenByAThreadOfItsOwn)
{
    SettingsStore store(kName);
    store.setValue(QStringLiteral("theme"), QStringLiteral("dark"));
    const QString path = m_home.path() + QStringLiteral("/instrument/instrument.ini");
    const auto isWritten = [&path] {
        QFile file(path);
        return file.open(QIODevice::ReadOnly) && file.readAll().contains("theme=dark");
    };
    for (int i = 0; i < 500 && !isWritten(); ++i)
        QThread::msleep(10);
    EXPECT_TRUE(isWritten());
}

}  // namespace
}  // namespace armillary::app
