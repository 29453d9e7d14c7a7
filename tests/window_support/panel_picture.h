// Pictures of panels for people to look at, beside those of the whole window.
// Thread rule: GUI thread.
#pragma once

#include <QCoreApplication>
#include <QDir>
#include <QImage>
#include <QPixmap>
#include <QString>
#include <QWidget>

namespace armillary::test {

// What the panel draws, saved as NAME.png in $ARMILLARY_SCREENSHOTS, else in the build folder.
inline QImage panelPicture(QWidget& panel, const QString& name)
{
    QString folder = qEnvironmentVariable("ARMILLARY_SCREENSHOTS");
    if (folder.isEmpty())
        folder = QCoreApplication::applicationDirPath() + QStringLiteral("/../screenshots");
    QDir().mkpath(folder);
    const QImage out = panel.grab().toImage();
    out.save(folder + QLatin1Char('/') + name + QStringLiteral(".png"));
    return out;
}

}  // namespace armillary::test
