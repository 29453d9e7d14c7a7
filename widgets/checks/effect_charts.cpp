#include "widgets/checks/effect_charts.h"

#include "widgets/kind_colors.h"

#include <QCoreApplication>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <utility>

namespace armillary::widgets {
namespace {

constexpr double kNothing = std::numeric_limits<double>::quiet_NaN();

QString words(const char* text)
{
    return QCoreApplication::translate("EffectCharts", text);
}

const AnalysisTable* tableOf(const AnalysisResult& result, const char* name)
{
    const auto found = std::find_if(result.tables.begin(), result.tables.end(),
                                    [name](const AnalysisTable& table) { return table.name == name; });
    return found == result.tables.end() ? nullptr : &*found;
}

std::optional<std::size_t> columnOf(const AnalysisTable& table, const std::string& name)
{
    const auto found = std::find(table.columns.begin(), table.columns.end(), name);
    return found == table.columns.end() ? std::nullopt
                                        : std::optional(static_cast<std::size_t>(found - table.columns.begin()));
}

double numberIn(const AnalysisTable& table, std::size_t row, const std::string& column)
{
    const auto at = columnOf(table, column);
    const auto* number = at ? std::get_if<double>(&table.rows[row][*at]) : nullptr;
    return number == nullptr ? kNothing : *number;
}

QString textIn(const AnalysisTable& table, std::size_t row, const std::string& column)
{
    const auto at = columnOf(table, column);
    const auto* text = at ? std::get_if<std::string>(&table.rows[row][*at]) : nullptr;
    return text == nullptr ? QString() : QString::fromStdString(*text);
}

const AnalysisArray* arrayOf(const AnalysisResult& result, const std::string& name, std::size_t axes)
{
    const auto found = result.arrays.find(name);
    return found == result.arrays.end() || !found->second.values.bytes || found->second.values.shape.size() != axes
               ? nullptr
               : &found->second;
}

// The kind of token that a word of an analysis means: "world", "image", "question" ...
std::optional<TokenKind> kindFrom(const QString& word)
{
    if (word == QLatin1String("question"))
        return TokenKind::Text;
    if (word == QLatin1String("answer"))
        return TokenKind::Generated;
    for (const TokenKind kind : kTokenKinds) {
        if (word == QString::fromStdString(std::string(tokenKindName(kind))))
            return kind;
    }
    return std::nullopt;
}

QColor colorFrom(const QString& word, int index, bool dark)
{
    const auto kind = kindFrom(word);
    return kind ? kindColor(*kind, dark) : seriesColor(index, dark);
}

QString controlTitle(const QString& source, const QString& control)
{
    return control.isEmpty() ? source : words("%1: %2 keys").arg(source, control);
}

// Levels of an occlusion: side and array, coarse to fine.
std::map<int, const AnalysisArray*> levelsOf(const AnalysisResult& result, const std::string& measure)
{
    std::map<int, const AnalysisArray*> out;
    for (const auto& [name, array] : result.arrays) {
        if (name.rfind(measure + ".", 0) == 0 && array.values.bytes && array.values.shape.size() == 2)
            out[QString::fromStdString(name.substr(measure.size() + 1)).toInt()] = &array;
    }
    return out;
}

int argumentNumber(const AnalysisResult& result, const char* name)
{
    const auto found = result.request.arguments.find(name);
    bool ok = false;
    const int number = found == result.request.arguments.end() ? -1 : QString::fromStdString(found->second).toInt(&ok);
    return ok ? number : -1;
}

// For each position of `layout` the cell of the covered grid; rows and columns of -1 where nothing was covered.
struct CoveredGrid {
    int rows = 0;
    int columns = 0;
    TokenKind kind = TokenKind::World;
    int media = -1;
    int frame = -1;

    [[nodiscard]] bool covers(const TokenLayout& layout, std::int64_t position) const
    {
        const auto at = static_cast<std::size_t>(position);
        const TokenOrigin& origin = layout.origins[at];
        return layout.kinds[at] == kind && origin.row >= 0 && (frame < 0 || origin.latentFrame == frame) &&
               (kind != TokenKind::Image || (origin.crop == 0 && origin.media == media));
    }
};

CoveredGrid gridOf(const AnalysisResult& result, const TokenLayout& layout)
{
    CoveredGrid out;
    out.rows = static_cast<int>(result.number("grid_rows").value_or(0));
    out.columns = static_cast<int>(result.number("grid_columns").value_or(0));
    const auto tokens = result.request.arguments.find("tokens");
    if (tokens != result.request.arguments.end() && tokens->second == "image")
        out.kind = TokenKind::Image;
    else
        out.frame = argumentNumber(result, "frame");
    out.media = argumentNumber(result, "media");
    // The first picture when none is named.
    for (const TokenGrid& grid : layout.grids) {
        if (out.media < 0 && grid.kind == out.kind)
            out.media = grid.media;
    }
    return out;
}

}  // namespace

Chart interventionChart(const AnalysisResult& result, bool dark)
{
    Chart out;
    out.placeTitle = words("answer token");
    out.valueTitle = words("surprisal change (bits)");
    const AnalysisArray* changes = arrayOf(result, "surprisal_change", 2);
    const AnalysisTable* effects = tableOf(result, "effects");
    const AnalysisTable* answer = tableOf(result, "answer");
    if (changes == nullptr || effects == nullptr)
        return out;
    const std::vector<float> values = changes->values.floats();
    const auto tokens = static_cast<std::size_t>(changes->values.shape[1]);
    for (std::size_t i = 0; i < tokens; ++i)
        out.places << (answer != nullptr && i < answer->rows.size()
                           ? QStringLiteral("%1 %2").arg(i).arg(textIn(*answer, i, "piece"))
                           : QString::number(i));
    out.form = tokens == 1 ? Chart::Form::Bars : Chart::Form::Lines;
    const auto rows = std::min(effects->rows.size(), static_cast<std::size_t>(changes->values.shape[0]));
    for (std::size_t row = 0; row < rows; ++row) {
        ChartSeries series{textIn(*effects, row, "intervention"), {}, seriesColor(static_cast<int>(row), dark), false};
        bool isAny = false;
        for (std::size_t i = 0; i < tokens; ++i) {
            series.values.push_back(static_cast<double>(values[row * tokens + i]));
            isAny = isAny || std::isfinite(series.values.back());
        }
        // More series than colours: the rest is told apart by dashes.
        series.isControl = row >= 6;
        if (isAny)
            out.series.push_back(std::move(series));
    }
    return out;
}

Chart knockOutChart(const AnalysisResult& result, const std::string& measure, bool dark)
{
    Chart out;
    const AnalysisTable* effects = tableOf(result, "effects");
    if (effects == nullptr)
        return out;
    out.valueTitle = measure == "next_token_kl_bits"           ? words("KL of the next token (bits)")
                     : measure == "mean_surprisal_change_bits" ? words("surprisal change (bits)")
                                                               : words("relative change");
    double layers = 0;
    for (std::size_t row = 0; row < effects->rows.size(); ++row)
        layers = std::max(layers, numberIn(*effects, row, "to_layer"));
    const auto isWhole = [&](std::size_t row) {
        return numberIn(*effects, row, "from_layer") == 0 && numberIn(*effects, row, "to_layer") == layers;
    };
    std::vector<double> starts;
    for (std::size_t row = 0; row < effects->rows.size(); ++row) {
        if (!isWhole(row))
            starts.push_back(numberIn(*effects, row, "from_layer"));
    }
    std::sort(starts.begin(), starts.end());
    starts.erase(std::unique(starts.begin(), starts.end()), starts.end());
    std::vector<QString> sources;
    for (std::size_t row = 0; row < effects->rows.size(); ++row) {
        const QString source = textIn(*effects, row, "source");
        if (std::find(sources.begin(), sources.end(), source) == sources.end())
            sources.push_back(source);
    }
    const auto valueOf = [&](const QString& source, bool isControl, double start) {
        for (std::size_t row = 0; row < effects->rows.size(); ++row) {
            const bool fits =
                textIn(*effects, row, "source") == source && textIn(*effects, row, "control").isEmpty() != isControl &&
                (start < 0 ? isWhole(row) : !isWhole(row) && numberIn(*effects, row, "from_layer") == start);
            if (fits)
                return numberIn(*effects, row, measure);
        }
        return kNothing;
    };
    if (starts.empty()) {
        out.form = Chart::Form::Bars;
        out.placeTitle = words("hidden keys, all layers");
        ChartSeries truth{words("of the source"), {}, seriesColor(0, dark), false};
        ChartSeries control{words("random, same count"), {}, seriesColor(1, dark), true};
        for (const QString& source : sources) {
            out.places << source;
            truth.values.push_back(valueOf(source, false, -1));
            control.values.push_back(valueOf(source, true, -1));
        }
        const bool hasControl = std::any_of(control.values.begin(), control.values.end(),
                                            [](double value) { return std::isfinite(value); });
        out.series.push_back(std::move(truth));
        if (hasControl)
            out.series.push_back(std::move(control));
        return out;
    }
    out.placeTitle = words("first layer of the window");
    for (const double start : starts)
        out.places << QString::number(static_cast<int>(start));
    for (std::size_t i = 0; i < sources.size(); ++i) {
        for (const bool isControl : {false, true}) {
            ChartSeries series{controlTitle(sources[i], isControl ? words("random") : QString()),
                               {},
                               colorFrom(sources[i], static_cast<int>(i), dark),
                               isControl};
            for (const double start : starts)
                series.values.push_back(valueOf(sources[i], isControl, start));
            if (std::any_of(series.values.begin(), series.values.end(),
                            [](double value) { return std::isfinite(value); }))
                out.series.push_back(std::move(series));
        }
    }
    return out;
}

Chart contributionChart(const AnalysisResult& result, bool dark)
{
    Chart out;
    out.placeTitle = words("layer");
    out.valueTitle = words("direct contribution (logits)");
    const AnalysisArray* attention = arrayOf(result, "attention", 3);
    const AnalysisTable* segments = tableOf(result, "segments");
    if (attention == nullptr || segments == nullptr)
        return out;
    const std::vector<float> values = attention->values.floats();
    const auto layers = static_cast<std::size_t>(attention->values.shape[0]);
    const auto heads = static_cast<std::size_t>(attention->values.shape[1]);
    const auto width = static_cast<std::size_t>(attention->values.shape[2]);
    for (std::size_t layer = 0; layer < layers; ++layer)
        out.places << QString::number(layer);
    // Segments of one kind share a line: "text [2,6)" and "text [44,45)" are text.
    for (std::size_t segment = 0; segment < std::min(width, segments->rows.size()); ++segment) {
        const QString kind = textIn(*segments, segment, "segment").section(QLatin1Char(' '), 0, 0);
        auto line = std::find_if(out.series.begin(), out.series.end(),
                                 [&kind](const ChartSeries& series) { return series.title == kind; });
        if (line == out.series.end()) {
            out.series.push_back(
                {kind, std::vector<double>(layers), colorFrom(kind, static_cast<int>(out.series.size()), dark), false});
            line = out.series.end() - 1;
        }
        for (std::size_t layer = 0; layer < layers; ++layer) {
            for (std::size_t head = 0; head < heads; ++head)
                line->values[layer] += static_cast<double>(values[(layer * heads + head) * width + segment]);
        }
    }
    if (const AnalysisArray* mlp = arrayOf(result, "mlp", 1)) {
        const std::vector<float> terms = mlp->values.floats();
        out.series.push_back({words("MLPs"), {terms.begin(), terms.end()}, seriesColor(3, dark), true});
    }
    return out;
}

std::vector<GridMap> occlusionMaps(const AnalysisResult& result, const std::string& measure)
{
    std::vector<GridMap> out;
    for (const auto& [side, array] : levelsOf(result, measure))
        out.push_back({words("%1 x %1 blocks").arg(side),
                       static_cast<int>(array->values.shape[0]),
                       static_cast<int>(array->values.shape[1]),
                       array->values.floats(),
                       {},
                       {}});
    return out;
}

std::optional<OverlayLayer> occlusionLayer(const AnalysisResult& result, const std::string& measure,
                                           const TokenLayout& layout)
{
    const auto levels = levelsOf(result, measure);
    const CoveredGrid grid = gridOf(result, layout);
    if (levels.empty() || grid.rows <= 0 || grid.columns <= 0)
        return std::nullopt;
    const int side = levels.rbegin()->first;
    const std::vector<float> values = levels.rbegin()->second->values.floats();
    OverlayLayer out;
    out.title = measure == "next_token_kl" ? words("Occlusion: KL of the next token when a block is covered")
                                           : words("Occlusion: surprisal of the answer when a block is covered");
    out.unit = words("bits");
    out.scale = ColorScale::Signed;
    out.values.assign(static_cast<std::size_t>(layout.size()), std::numeric_limits<float>::quiet_NaN());
    for (std::int64_t i = 0; i < layout.size(); ++i) {
        if (!grid.covers(layout, i))
            continue;
        const TokenOrigin& origin = layout.origins[static_cast<std::size_t>(i)];
        const int row = std::clamp(origin.row * side / grid.rows, 0, side - 1);
        const int column = std::clamp(origin.column * side / grid.columns, 0, side - 1);
        out.values[static_cast<std::size_t>(i)] = values[static_cast<std::size_t>(row * side + column)];
    }
    float largest = 0;
    for (const float value : out.values) {
        if (std::isfinite(value))
            largest = std::max(largest, std::abs(value));
    }
    out.highest = largest > 0 ? largest : 1;
    out.lowest = -out.highest;
    return out;
}

std::vector<std::int64_t> occlusionTokens(const AnalysisResult& result, const TokenLayout& layout, int side, int row,
                                          int column)
{
    std::vector<std::int64_t> out;
    const CoveredGrid grid = gridOf(result, layout);
    for (std::int64_t i = 0; grid.rows > 0 && grid.columns > 0 && i < layout.size(); ++i) {
        const TokenOrigin& origin = layout.origins[static_cast<std::size_t>(i)];
        if (grid.covers(layout, i) && origin.row * side / grid.rows == row &&
            origin.column * side / grid.columns == column)
            out.push_back(i);
    }
    return out;
}

}  // namespace armillary::widgets
