#include "app/views/view_recipe.h"

#include <QFile>
#include <QImageReader>
#include <QJsonArray>
#include <QJsonDocument>
#include <QXmlStreamReader>

#include <algorithm>
#include <array>

namespace armillary::app {
namespace {

using widgets::AttentionMethod;
using widgets::Focus;
using widgets::PairSide;
using widgets::Positions;

constexpr int kForm = 1;
// A whole sequence fits many times over; a file that says more is broken.
constexpr std::int64_t kMostPositions = 10'000'000;
constexpr std::array kSides = {"a", "b", "difference"};
constexpr std::array kMethods = {"raw", "rollout", "relevancy", "value-weighted"};

template <class Names>
int indexIn(const Names& names, const QString& name)
{
    const auto found =
        std::find_if(names.begin(), names.end(), [&name](const char* each) { return name == QLatin1String(each); });
    return found == names.end() ? 0 : static_cast<int>(found - names.begin());
}

template <class Number>
QJsonValue jsonFrom(const std::optional<Number>& number)
{
    return number ? QJsonValue(static_cast<qint64>(*number)) : QJsonValue(QJsonValue::Null);
}

template <class Number>
std::optional<Number> numberFrom(const QJsonValue& value)
{
    return value.isDouble() ? std::optional(static_cast<Number>(value.toInteger())) : std::nullopt;
}

QJsonObject jsonFromFocus(const Focus& focus)
{
    return {{"layer", jsonFrom(focus.layer)},
            {"head", jsonFrom(focus.head)},
            {"latentFrame", jsonFrom(focus.latentFrame)},
            {"query", jsonFrom(focus.query)},
            {"method", QLatin1String(kMethods[static_cast<std::size_t>(focus.method)])},
            {"sinksRemoved", focus.sinksRemoved}};
}

Focus focusFromJson(const QJsonObject& json)
{
    Focus focus;
    focus.layer = numberFrom<int>(json["layer"]);
    focus.head = numberFrom<int>(json["head"]);
    focus.latentFrame = numberFrom<int>(json["latentFrame"]);
    focus.query = numberFrom<std::int64_t>(json["query"]);
    focus.method = static_cast<AttentionMethod>(indexIn(kMethods, json["method"].toString()));
    focus.sinksRemoved = json["sinksRemoved"].toBool();
    return focus;
}

}  // namespace

QString textFromPositions(const Positions& positions)
{
    QStringList ranges;
    for (std::size_t i = 0; i < positions.size();) {
        std::size_t end = i;
        while (end + 1 < positions.size() && positions[end + 1] == positions[end] + 1)
            ++end;
        ranges << (end == i ? QString::number(positions[i])
                            : QStringLiteral("%1-%2").arg(positions[i]).arg(positions[end]));
        i = end + 1;
    }
    return ranges.join(QLatin1Char(','));
}

Positions positionsFromText(const QString& text)
{
    Positions out;
    for (const QString& range : text.split(QLatin1Char(','), Qt::SkipEmptyParts)) {
        const QStringList ends = range.split(QLatin1Char('-'));
        bool isFirst = false;
        bool isLast = false;
        const std::int64_t first = ends.front().toLongLong(&isFirst);
        const std::int64_t last = ends.back().toLongLong(&isLast);
        if (!isFirst || !isLast || ends.size() > 2 || last < first || last - first > kMostPositions)
            return {};
        for (std::int64_t position = first; position <= last; ++position)
            out.push_back(position);
    }
    return out;
}

QJsonObject jsonFromRecipe(const ViewRecipe& recipe)
{
    QJsonArray layers;
    for (const RecipeLayer& layer : recipe.layers)
        layers << QJsonObject{{"id", layer.id}, {"visible", layer.isVisible}, {"opacity", layer.opacity}};
    QJsonObject out{{"armillary", kForm},
                    {"session", recipe.session},
                    {"run", recipe.shownRun},
                    {"runA", recipe.runA},
                    {"runB", recipe.runB},
                    {"side", QLatin1String(kSides[static_cast<std::size_t>(recipe.side)])},
                    {"panel", recipe.panel},
                    {"views", recipe.views},
                    {"selection", textFromPositions(recipe.chosen)},
                    {"focus", jsonFromFocus(recipe.focus)},
                    {"overlays",
                     QJsonObject{{"on", recipe.overlaysOn}, {"solo", recipe.soloLayer}, {"layers", layers}}},
                    {"workspace", recipe.workspace}};
    if (!recipe.docks.isEmpty())
        out["docks"] = QString::fromLatin1(qCompress(recipe.docks).toBase64());
    return out;
}

std::optional<ViewRecipe> recipeFromJson(const QJsonObject& json)
{
    if (json["armillary"].toInt() != kForm)
        return std::nullopt;
    ViewRecipe out;
    out.session = json["session"].toString();
    out.shownRun = json["run"].toString();
    out.runA = json["runA"].toString();
    out.runB = json["runB"].toString();
    out.side = static_cast<PairSide>(indexIn(kSides, json["side"].toString()));
    out.panel = json["panel"].toString();
    out.views = json["views"].toObject();
    out.chosen = positionsFromText(json["selection"].toString());
    out.focus = focusFromJson(json["focus"].toObject());
    const QJsonObject overlays = json["overlays"].toObject();
    out.overlaysOn = overlays["on"].toBool(true);
    out.soloLayer = overlays["solo"].toString();
    for (const QJsonValue& each : overlays["layers"].toArray())
        out.layers.push_back({each["id"].toString(), each["visible"].toBool(true), each["opacity"].toDouble(1)});
    out.workspace = json["workspace"].toString();
    const QByteArray docks = QByteArray::fromBase64(json["docks"].toString().toLatin1());
    if (!docks.isEmpty())
        out.docks = qUncompress(docks);
    return out;
}

std::optional<ViewRecipe> recipeInPicture(const QString& path)
{
    QString text;
    if (path.endsWith(QLatin1String(".png"), Qt::CaseInsensitive)) {
        text = QImageReader(path).text(QString::fromLatin1(kRecipeKey));
    } else if (path.endsWith(QLatin1String(".svg"), Qt::CaseInsensitive)) {
        QFile file(path);
        if (!file.open(QIODevice::ReadOnly))
            return std::nullopt;
        QXmlStreamReader reader(&file);
        while (text.isEmpty() && !reader.atEnd()) {
            if (reader.readNext() == QXmlStreamReader::StartElement &&
                reader.attributes().value(QLatin1String("id")) == QLatin1String(kRecipeKey))
                text = reader.readElementText();
        }
    }
    return text.isEmpty() ? std::nullopt : recipeFromJson(QJsonDocument::fromJson(text.toUtf8()).object());
}

}  // namespace armillary::app
