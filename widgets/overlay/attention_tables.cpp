#include "widgets/overlay/attention_tables.h"

#include "widgets/kind_colors.h"

#include <QCoreApplication>

#include <algorithm>
#include <cmath>
#include <limits>

namespace armillary::widgets {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

struct Words {
    Q_DECLARE_TR_FUNCTIONS(AttentionTables)
};

const AnalysisTable* tableOf(const AnalysisResult& result, const std::string& name)
{
    const auto found = std::find_if(result.tables.begin(), result.tables.end(),
                                    [&name](const AnalysisTable& table) { return table.name == name; });
    return found == result.tables.end() ? nullptr : &*found;
}

const TensorSnapshot* valuesOf(const AnalysisResult& result, const std::string& name, std::size_t axes)
{
    const auto found = result.arrays.find(name);
    return found == result.arrays.end() || found->second.values.shape.size() != axes ? nullptr : &found->second.values;
}

// The mean over layers of [layer, head, segment]; NaN cells are left out.
double meanOverLayers(const TensorSnapshot& values, std::int64_t head, std::int64_t segment)
{
    double sum = 0;
    int count = 0;
    for (std::int64_t layer = 0; layer < values.shape[0]; ++layer) {
        const float value = values.floatAt((layer * values.shape[1] + head) * values.shape[2] + segment);
        if (std::isnan(value))
            continue;
        sum += value;
        ++count;
    }
    return count > 0 ? sum / count : kNone;
}

TokenKind kindOfFlow(const std::string& name)
{
    for (const TokenKind kind : kTokenKinds) {
        if (name == tokenKindName(kind))
            return kind;
    }
    return TokenKind::Generated;  // "answer"
}

}  // namespace

AnalysisTable segmentMassTable(const AnalysisResult& mass, std::optional<int> head)
{
    const AnalysisTable* table = tableOf(mass, "segments");
    if (table == nullptr)
        return {};
    AnalysisTable out = *table;
    const TensorSnapshot* masses = valuesOf(mass, "mass", 3);
    const TensorSnapshot* lifts = valuesOf(mass, "lift", 3);
    if (!head || masses == nullptr || lifts == nullptr || *head >= masses->shape[1] ||
        masses->shape[2] != static_cast<std::int64_t>(out.rows.size()))
        return out;
    for (std::size_t segment = 0; segment < out.rows.size(); ++segment) {
        for (std::size_t column = 0; column < out.columns.size(); ++column) {
            if (out.columns[column] == "mass")
                out.rows[segment][column] = meanOverLayers(*masses, *head, static_cast<std::int64_t>(segment));
            else if (out.columns[column] == "lift")
                out.rows[segment][column] = meanOverLayers(*lifts, *head, static_cast<std::int64_t>(segment));
        }
    }
    return out;
}

std::vector<std::string> flowTargets(const AnalysisResult& flow)
{
    // The table names every pair, the sources of the first target first.
    const AnalysisTable* table = tableOf(flow, "flow");
    std::vector<std::string> out;
    for (std::size_t row = 0; table != nullptr && row < table->rows.size(); ++row) {
        const auto* name = std::get_if<std::string>(&table->rows[row].front());
        if (name == nullptr || std::find(out.begin(), out.end(), *name) != out.end())
            break;
        out.push_back(*name);
    }
    return out;
}

Chart flowChart(const AnalysisResult& flow, const std::string& array, int target, bool isDifference, bool dark)
{
    Chart out;
    const TensorSnapshot* values = valuesOf(flow, array, 3);
    const std::vector<std::string> names = flowTargets(flow);
    if (values == nullptr || static_cast<std::int64_t>(names.size()) != values->shape[2] || target < 0 ||
        target >= values->shape[1])
        return out;
    for (std::int64_t layer = 0; layer < values->shape[0]; ++layer)
        out.places << QString::number(layer);
    out.placeTitle = Words::tr("layer");
    out.valueTitle = array == "lift" ? Words::tr("lift (1 = even)") : Words::tr("mass (0 to 1)");
    if (isDifference)
        out.valueTitle += Words::tr(", A − B");
    if (array == "lift" && !isDifference)
        out.levels.push_back({1, Words::tr("even")});
    for (std::size_t source = 0; source < names.size(); ++source) {
        ChartSeries series;
        series.title = Words::tr("to %1").arg(QString::fromStdString(names[source]));
        series.color = kindColor(kindOfFlow(names[source]), dark);
        for (std::int64_t layer = 0; layer < values->shape[0]; ++layer)
            series.values.push_back(values->floatAt((layer * values->shape[1] + target) * values->shape[2] +
                                                    static_cast<std::int64_t>(source)));
        // A line that nothing stands on would only fill the legend.
        if (std::any_of(series.values.begin(), series.values.end(), [](double value) { return !std::isnan(value); }))
            out.series.push_back(std::move(series));
    }
    return out;
}

}  // namespace armillary::widgets
