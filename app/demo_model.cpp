#include "app/demo_model.h"

#include <QCryptographicHash>
#include <QDir>
#include <QDirIterator>
#include <QFile>
#include <QFileInfo>
#include <QSaveFile>
#include <QStandardPaths>

namespace armillary::app {
namespace {

constexpr auto kRoot = ":/demo";

QByteArray hashOf(QFile& file)
{
    QCryptographicHash hash(QCryptographicHash::Sha1);
    hash.addData(&file);
    return hash.result();
}

bool holdsSame(const QString& path, const QString& resource)
{
    QFile there(path);
    QFile ours(resource);
    if (!there.open(QIODevice::ReadOnly) || !ours.open(QIODevice::ReadOnly) || there.size() != ours.size())
        return false;
    return hashOf(there) == hashOf(ours);
}

Result<void> unpackFile(const QString& resource, const QString& path)
{
    if (holdsSame(path, resource))
        return {};
    QDir().mkpath(QFileInfo(path).path());
    QFile ours(resource);
    // Written beside and renamed: another window may have the old file mapped.
    QSaveFile file(path);
    const bool written = ours.open(QIODevice::ReadOnly) && file.open(QIODevice::WriteOnly) &&
                         file.write(ours.readAll()) == ours.size() && file.commit();
    if (!written)
        return fail(ErrorCode::FileWrite, "cannot unpack the demo model (" + file.errorString().toStdString() +
                                              "); make room or choose a model folder: " + path.toStdString());
    return {};
}

}  // namespace

Result<ModelFolders> unpackDemoModelInto(const QString& folder)
{
    QDirIterator files(QString::fromLatin1(kRoot), QDir::Files, QDirIterator::Subdirectories);
    while (files.hasNext()) {
        const QString resource = files.next();
        const QString relative = resource.mid(static_cast<qsizetype>(qstrlen(kRoot)));
        if (auto unpacked = unpackFile(resource, folder + relative); !unpacked)
            return tl::unexpected(unpacked.error());
    }
    // Its own config.json names the other two folders.
    ModelFolders out;
    out.theWorld = (folder + QStringLiteral("/theworld-tiny/spatial-mlp")).toStdString();
    return out;
}

Result<ModelFolders> unpackDemoModel()
{
    return unpackDemoModelInto(QStandardPaths::writableLocation(QStandardPaths::CacheLocation) +
                               QStringLiteral("/demo-model"));
}

}  // namespace armillary::app
