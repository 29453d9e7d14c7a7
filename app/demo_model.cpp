#include "app/demo_model.h"

#include "app/demo/embedded_files.h"

#include <QFileInfo>
#include <QStandardPaths>

namespace armillary::app {
namespace {

const QString kRoot = QStringLiteral(":/demo");
// Their own config.json name the other two folders.
const QString kTrained = QStringLiteral("/theworld");
const QString kRandom = QStringLiteral("/theworld-tiny/spatial-mlp");

}  // namespace

bool isDemoTrained()
{
    return QFileInfo::exists(kRoot + kTrained + QStringLiteral("/config.json"));
}

QString demoCard()
{
    const QString card = kRoot + QStringLiteral("/README.md");
    return QFileInfo::exists(card) ? card : QString();
}

Result<ModelFolders> unpackDemoModelInto(const QString& folder)
{
    if (auto unpacked = unpackEmbedded(kRoot, folder); !unpacked)
        return tl::unexpected(unpacked.error());
    ModelFolders out;
    out.theWorld = (folder + (isDemoTrained() ? kTrained : kRandom)).toStdString();
    return out;
}

Result<ModelFolders> unpackDemoModel()
{
    return unpackDemoModelInto(QStandardPaths::writableLocation(QStandardPaths::CacheLocation) +
                               QStringLiteral("/demo-model"));
}

}  // namespace armillary::app
