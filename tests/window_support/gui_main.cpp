// The main of every test that opens windows. Listing tests needs no display; running them does, and says so.
#include <gtest/gtest.h>

#include <QApplication>
#include <QSettings>
#include <QStandardPaths>
#include <QTemporaryDir>

#include <cstdio>
#include <cstring>

int main(int argc, char** argv)
{
    bool listing = false;
    for (int i = 1; i < argc; ++i)
        listing = listing || std::strcmp(argv[i], "--gtest_list_tests") == 0;
    testing::InitGoogleTest(&argc, argv);
    if (listing)
        return RUN_ALL_TESTS();

    if (qEnvironmentVariableIsEmpty("DISPLAY")) {
        std::fputs(
            "This test opens windows and DISPLAY is not set: run packaging/test, which starts a virtual display, or "
            "xvfb-run ctest ...\n",
            stderr);
        return 1;
    }
    qputenv("QT_QPA_PLATFORM", "xcb");
    // Mesa draws on the calling thread then, so that what is measured of it is its own work.
    qputenv("LP_NUM_THREADS", "0");
    // Nothing of the person's own settings and caches, and nothing left behind.
    QTemporaryDir home;
    qputenv("XDG_CONFIG_HOME", home.path().toUtf8());
    qputenv("XDG_CACHE_HOME", home.path().toUtf8());
    qputenv("XDG_DATA_HOME", home.path().toUtf8());
    QSettings::setPath(QSettings::IniFormat, QSettings::UserScope, home.path());
    qputenv("DBUS_SESSION_BUS_ADDRESS", "");

    QApplication application(argc, argv);
    QApplication::setApplicationName(QStringLiteral("armillary-test"));
    return RUN_ALL_TESTS();
}
