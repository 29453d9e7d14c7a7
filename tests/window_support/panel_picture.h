// Pictures of panels and windows for people to look at, all in one folder.
// Thread rule: GUI thread.
#pragma once

#include <QCoreApplication>
#include <QDir>
#include <QImage>
#include <QPixmap>
#include <QString>
#include <QWidget>

namespace armillary::test {

// NAME.png in $ARMILLARY_SCREENSHOTS, else in the build folder, which is made.
inline QString screenshotPath(const QString& name)
{
    QString folder = qEnvironmentVariable("ARMILLARY_SCREENSHOTS");
    if (folder.isEmpty())
        folder = QCoreApplication::applicationDirPath() + QStringLiteral("/../screenshots");
    QDir().mkpath(folder);
    return folder + QLatin1Char('/') + name + QStringLiteral(".png");
}

// What the panel draws, saved.
inline QImage panelPicture(QWidget& panel, const QString& name)
{
    const QImage out = panel.grab().toImage();
    out.save(screenshotPath(name));
    return out;
}

}  // namespace armillary::test
