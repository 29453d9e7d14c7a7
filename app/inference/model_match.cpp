#include "app/inference/model_match.h"

#include <QCoreApplication>
#include <QFileInfo>
#include <QStringList>

#include <algorithm>
#include <array>
#include <string>

namespace armillary::app {
namespace {

// A part that a run may have used, as the record and the report name it.
struct UsedPart {
    const char* name;  // key of RunRecord::settings: the folder's name
    const char* hash;
    const char* reported;  // ModelPart::name; empty: the language model, which goes by its family's
    std::string ModelReport::*folder;
};

constexpr std::array kParts = {UsedPart{"model", "model_hash", "", &ModelReport::modelFolder},
                               UsedPart{"theworld", "theworld_hash", "TheWorld checkpoint",
                                        &ModelReport::theWorldFolder},
                               UsedPart{"world", "world_hash", "Cosmos VAE", &ModelReport::worldFolder}};

QString words(const char* text)
{
    return QCoreApplication::translate("ModelMatch", text);
}

QString setting(const RunRecord& record, const char* key)
{
    const auto found = record.settings.find(key);
    return found == record.settings.end() ? QString() : QString::fromStdString(found->second);
}

bool isLanguageModel(const ModelPart& part)
{
    return std::none_of(kParts.begin(), kParts.end(),
                        [&part](const UsedPart& each) { return part.name == each.reported; });
}

QString hashOf(const ModelReport& report, const char* partName)
{
    const auto part =
        std::find_if(report.parts.begin(), report.parts.end(), [name = std::string(partName)](const ModelPart& each) {
            return name.empty() ? isLanguageModel(each) : each.name == name;
        });
    if (part == report.parts.end())
        return {};
    for (const auto& [label, value] : part->facts) {
        if (label == "content hash")
            return QString::fromStdString(value);
    }
    return {};
}

// "gemma-3-4b-it, the-world": the models of the run by their folders' names.
QString modelsOf(const RunRecord& record)
{
    QStringList names;
    for (const UsedPart& part : kParts) {
        if (const QString name = setting(record, part.name); !name.isEmpty())
            names << name;
    }
    return names.isEmpty() ? words("not named in its record") : names.join(QStringLiteral(", "));
}

bool hasItsPictures(const RunRecord& record)
{
    return std::none_of(record.question.media.begin(), record.question.media.end(),
                        [](const Clip& clip) { return clip.frames.empty(); });
}

}  // namespace

QString modelObstacle(const AnalysisEntry& entry, const RunRecord& record, const ModelReport* loaded)
{
    const QString title = QString::fromStdString(entry.title);
    if (!record.layout || record.layout->size() == 0)
        return words("“%1” needs a question; this run is a prediction without one.").arg(title);
    if (loaded == nullptr)
        return words("“%1” needs the models that made the run (%2), and no model is loaded.")
            .arg(title, modelsOf(record));
    for (const UsedPart& part : kParts) {
        const QString asked = setting(record, part.hash);
        if (asked.isEmpty())
            continue;
        const QString there = hashOf(*loaded, part.reported);
        const QString name = setting(record, part.name);
        if (there.isEmpty())
            return words("“%1” needs %2, which made the run and is not loaded.").arg(title, name);
        if (there != asked) {
            const QString other = QFileInfo(QString::fromStdString((*loaded).*part.folder)).fileName();
            return words("“%1” needs the %2 that made the run; another model is loaded (%3, content %4 instead of %5).")
                .arg(title, name, other, there.left(8), asked.left(8));
        }
    }
    if (!hasItsPictures(record))
        return words("“%1” needs the pictures of the run, and they are not kept with its record.").arg(title);
    return {};
}

}  // namespace armillary::app
