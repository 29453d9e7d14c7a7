#include "app/demo_model.h"

#include "app/demo/embedded_files.h"

#include <QStandardPaths>

namespace armillary::app {
namespace {

const QString kRoot = QStringLiteral(":/demo");
// Its config.json names the other two folders.
const QString kCheckpoint = QStringLiteral("/theworld");

}  // namespace

QString demoCard()
{
    return kRoot + QStringLiteral("/README.md");
}

Result<ModelFolders> unpackDemoModelInto(const QString& folder)
{
    if (auto unpacked = unpackEmbedded(kRoot, folder); !unpacked)
        return tl::unexpected(unpacked.error());
    ModelFolders out;
    out.theWorld = (folder + kCheckpoint).toStdString();
    return out;
}

Result<ModelFolders> unpackDemoModel()
{
    return unpackDemoModelInto(QStandardPaths::writableLocation(QStandardPaths::CacheLocation) +
                               QStringLiteral("/demo-model"));
}

}  // namespace armillary::app
