#include "widgets/embedding/vector_sources.h"

#include <QComboBox>
#include <QCoreApplication>
#include <QRegularExpression>
#include <QSignalBlocker>

#include <map>

namespace armillary::widgets {
namespace {

struct Words {
    Q_DECLARE_TR_FUNCTIONS(VectorSources)
};

}  // namespace

QString vectorSourceTitle(const QString& name)
{
    static const QRegularExpression kHidden(QStringLiteral("^hidden\\.(\\d+)$"));
    static const QRegularExpression kVision(QStringLiteral("^siglip\\.(\\d+)\\.last_hidden_state$"));
    if (name == QStringLiteral("auto") || name == QStringLiteral("hidden.0"))
        return Words::tr("Input of layer 0");
    if (name == QStringLiteral("image.embeds"))
        return Words::tr("Image tokens");
    if (name == QStringLiteral("world.embeds"))
        return Words::tr("World tokens");
    if (name == QStringLiteral("world.latents"))
        return Words::tr("World latents");
    if (const auto match = kHidden.match(name); match.hasMatch())
        return Words::tr("Output of layer %1").arg(match.captured(1).toInt() - 1);
    if (const auto match = kVision.match(name); match.hasMatch())
        return Words::tr("SigLIP patches %1").arg(match.captured(1).toInt() + 1);
    return name;
}

std::vector<VectorSource> vectorSources(const RunRecord& record)
{
    static const QRegularExpression kHidden(QStringLiteral("^hidden\\.(\\d+)$"));
    std::map<int, QString> layers;
    std::vector<QString> parts;
    for (const auto& [stored, tensor] : record.tensors) {
        const QString name = QString::fromStdString(stored);
        if (const auto match = kHidden.match(name); match.hasMatch()) {
            // hidden.0 is what "auto" is already.
            if (match.captured(1).toInt() > 0)
                layers[match.captured(1).toInt()] = name;
        } else if (name == QStringLiteral("image.embeds") || name == QStringLiteral("world.embeds") ||
                   name == QStringLiteral("world.latents") || name.endsWith(QStringLiteral(".last_hidden_state"))) {
            parts.push_back(name);
        }
    }
    std::vector<VectorSource> out = {{QStringLiteral("auto"), vectorSourceTitle(QStringLiteral("auto"))}};
    for (const auto& [layer, name] : layers)
        out.push_back({name, vectorSourceTitle(name)});
    for (const QString& name : parts)
        out.push_back({name, vectorSourceTitle(name)});
    return out;
}

void fillVectorSources(QComboBox& box, const RunRecord* record)
{
    const std::vector<VectorSource> sources =
        record == nullptr
            ? std::vector<VectorSource>{{QStringLiteral("auto"), vectorSourceTitle(QStringLiteral("auto"))}}
            : vectorSources(*record);
    const QString chosen = box.currentData().toString();
    const QSignalBlocker quiet(box);
    box.clear();
    for (const VectorSource& source : sources)
        box.addItem(source.title, source.name);
    box.setCurrentIndex(std::max(0, box.findData(chosen)));
}

}  // namespace armillary::widgets
