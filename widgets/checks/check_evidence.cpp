#include "widgets/checks/check_evidence.h"

#include <QCoreApplication>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace armillary::widgets {
namespace {

QString words(const char* text)
{
    return QCoreApplication::translate("CheckEvidence", text);
}

const AnalysisArray* arrayOf(const AnalysisResult& result, const QString& name)
{
    const auto found = result.arrays.find(name.toStdString());
    return found == result.arrays.end() || !found->second.values.bytes ? nullptr : &found->second;
}

// Norms of the kinds of token, as a table of the result.
Chart normsChart(const AnalysisTable& table, bool dark)
{
    Chart out;
    out.form = Chart::Form::Bars;
    out.placeTitle = words("kind of token");
    out.valueTitle = words("norm as layer 0 receives it");
    for (std::size_t column = 2; column < table.columns.size(); ++column)
        out.series.push_back({QString::fromStdString(table.columns[column]),
                              {},
                              seriesColor(static_cast<int>(column) - 2, dark),
                              false});
    for (const auto& row : table.rows) {
        const auto* kind = std::get_if<std::string>(&row.front());
        out.places << (kind == nullptr ? QString() : QString::fromStdString(*kind));
        for (std::size_t column = 2; column < row.size(); ++column) {
            const auto* norm = std::get_if<double>(&row[column]);
            out.series[column - 2].values.push_back(norm == nullptr ? std::numeric_limits<double>::quiet_NaN() : *norm);
        }
    }
    return out;
}

bool isAboutImages(const CheckRow& check)
{
    return check.id.startsWith(QLatin1Char('V'));
}

}  // namespace

std::optional<Chart> checkChart(const AnalysisResult& result, const CheckRow& check, bool dark)
{
    if (check.array == QLatin1String("norms")) {
        for (const AnalysisTable& table : result.tables) {
            if (table.name == "norms" && table.columns.size() > 2 && !table.rows.empty())
                return normsChart(table, dark);
        }
        return std::nullopt;
    }
    const AnalysisArray* array = arrayOf(result, check.array);
    if (array == nullptr || array->values.shape.size() != 1)
        return std::nullopt;
    const std::vector<float> values = array->values.floats();
    Chart out;
    out.form = Chart::Form::Bars;
    out.series.push_back({words("this run"), {values.begin(), values.end()}, seriesColor(0, dark), false});
    const bool isHistogram = !array->axes.empty() && array->axes.front() == "cosine_bin";
    for (std::size_t i = 0; i < values.size(); ++i) {
        // Bins divide -1 ... 1; each is named by where it begins.
        out.places << (isHistogram
                           ? QString::number(-1 + 2.0 * static_cast<double>(i) / static_cast<double>(values.size()),
                                             'f', 1)
                           : QString::number(i));
    }
    if (isHistogram) {
        out.placeTitle = words("cosine between two tokens");
        out.valueTitle = words("pairs");
        return out;
    }
    out.placeTitle = QString::fromStdString(array->axes.empty() ? std::string("index") : array->axes.front());
    out.valueTitle = checkUnit(check);
    if (check.id == QLatin1String("W5")) {
        out.levels = {{check.threshold, words("threshold")}, {-check.threshold, {}}};
    }
    return out;
}

std::vector<GridMap> checkMaps(const AnalysisResult& result, const CheckRow& check)
{
    std::vector<GridMap> out;
    const AnalysisArray* array = arrayOf(result, check.array);
    if (array == nullptr || array->values.shape.size() != 3)
        return out;
    const std::vector<float> values = array->values.floats();
    const auto rows = static_cast<int>(array->values.shape[1]);
    const auto columns = static_cast<int>(array->values.shape[2]);
    const std::string axis = array->axes.empty() ? std::string("map") : array->axes.front();
    QString name = QString::fromStdString(axis);
    name.replace(QLatin1Char('_'), QLatin1Char(' '));
    // More would be too small to read; the layer over the tokens shows them all.
    constexpr std::int64_t kMost = 16;
    const auto cells = static_cast<std::ptrdiff_t>(rows) * columns;
    for (std::int64_t i = 0; i < std::min(array->values.shape[0], kMost) && cells > 0; ++i) {
        const auto first = values.begin() + static_cast<std::ptrdiff_t>(i) * cells;
        GridMap map{QStringLiteral("%1 %2").arg(name).arg(i), rows, columns, {first, first + cells}, {}, {}};
        if (axis == "spot") {
            const auto strongest = std::max_element(map.values.begin(), map.values.end()) - map.values.begin();
            map.peak = QPoint(static_cast<int>(strongest) % columns, static_cast<int>(strongest) / columns);
        }
        out.push_back(std::move(map));
    }
    return out;
}

QString checkUnit(const CheckRow& check)
{
    if (check.array.endsWith(QLatin1String(".difference")))
        return words("relative L2 change");
    if (check.array.endsWith(QLatin1String(".response")))
        return words("L2 change");
    if (check.array.endsWith(QLatin1String("mean_sigmas")))
        return words("mean off by (sigmas)");
    if (check.array == QLatin1String("norms"))
        return words("norm");
    return check.measure;
}

std::optional<OverlayLayer> checkLayer(const AnalysisResult& result, const CheckRow& check, const TokenLayout& layout)
{
    const AnalysisArray* array = arrayOf(result, check.array);
    if (array == nullptr)
        return std::nullopt;
    OverlayLayer out;
    out.title = words("Check %1: %2").arg(check.id, check.title);
    out.unit = checkUnit(check);
    const std::vector<float> values = array->values.floats();
    out.values.assign(static_cast<std::size_t>(layout.size()), std::numeric_limits<float>::quiet_NaN());
    if (!array->axes.empty() && array->axes.front() == "position") {
        std::copy_n(values.begin(), std::min(values.size(), out.values.size()), out.values.begin());
    } else if (array->values.shape.size() == 3) {
        // Cells follow each other as their tokens do; of several spots the first is shown.
        const bool isSpots = array->axes.front() == "spot";
        const auto most = static_cast<std::size_t>(isSpots ? array->values.shape[1] * array->values.shape[2]
                                                           : array->values.elementCount());
        const TokenKind kind = isAboutImages(check) ? TokenKind::Image : TokenKind::World;
        std::size_t next = 0;
        for (std::size_t i = 0; i < out.values.size() && next < std::min(most, values.size()); ++i) {
            if (layout.kinds[i] == kind)
                out.values[i] = values[next++];
        }
    } else {
        return std::nullopt;
    }
    out.lowest = 0;
    out.highest = 0;
    for (const float value : out.values) {
        if (std::isfinite(value))
            out.highest = std::max(out.highest, value);
    }
    if (out.highest <= 0)
        out.highest = 1;
    return out;
}

QString checkPanel(const QString& checkId)
{
    static const QStringList sequence{QStringLiteral("V4"), QStringLiteral("V5"), QStringLiteral("W4"),
                                      QStringLiteral("W7"), QStringLiteral("W8"), QStringLiteral("W16")};
    if (checkId == QLatin1String("V6") || checkId == QLatin1String("W9"))
        return QStringLiteral("attention");
    if (checkId == QLatin1String("W14") || checkId == QLatin1String("W15"))
        return QStringLiteral("lens");
    if (sequence.contains(checkId))
        return QStringLiteral("tokens");
    return checkId.startsWith(QLatin1Char('V')) ? QStringLiteral("picture") : QStringLiteral("world");
}

std::vector<std::int64_t> checkTokens(const CheckRow& check, const TokenLayout& layout)
{
    std::vector<std::int64_t> out;
    const TokenKind kind = isAboutImages(check) ? TokenKind::Image : TokenKind::World;
    for (std::int64_t i = 0; i < layout.size(); ++i) {
        if (layout.kinds[static_cast<std::size_t>(i)] == kind)
            out.push_back(i);
    }
    return out;
}

std::optional<std::int64_t> checkCellPosition(const GridMap& map, int mapIndex, QPoint cell, const CheckRow& check,
                                              const TokenLayout& layout)
{
    // Every spot has the same tokens; crops and latent frames follow each other.
    const bool isSpots = check.array.endsWith(QLatin1String(".response"));
    const auto index =
        static_cast<std::size_t>((isSpots ? 0 : mapIndex) * map.rows * map.columns + cell.y() * map.columns + cell.x());
    const std::vector<std::int64_t> tokens = checkTokens(check, layout);
    return index < tokens.size() ? std::optional(tokens[index]) : std::nullopt;
}

}  // namespace armillary::widgets
