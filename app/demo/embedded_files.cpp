#include "app/demo/embedded_files.h"

#include <QCryptographicHash>
#include <QDir>
#include <QDirIterator>
#include <QFile>
#include <QFileInfo>
#include <QSaveFile>

namespace armillary::app {
namespace {

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
        return fail(ErrorCode::FileWrite, "cannot unpack what the program carries (" +
                                              file.errorString().toStdString() +
                                              "); make room or choose model folders: " + path.toStdString());
    return {};
}

}  // namespace

Result<void> unpackEmbedded(const QString& resource, const QString& folder)
{
    QDirIterator files(resource, QDir::Files, QDirIterator::Subdirectories);
    while (files.hasNext()) {
        const QString file = files.next();
        if (auto unpacked = unpackFile(file, folder + file.mid(resource.size())); !unpacked)
            return unpacked;
    }
    return {};
}

}  // namespace armillary::app
