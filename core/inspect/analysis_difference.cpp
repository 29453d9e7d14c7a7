#include "inspect/analysis_difference.h"

#include <algorithm>
#include <cstring>
#include <set>
#include <string_view>

namespace armillary::inspect {
namespace {

bool isFloat(ElementType type)
{
    return type == ElementType::Float32 || type == ElementType::Float64 || type == ElementType::Float16 ||
           type == ElementType::BFloat16;
}

TensorSnapshot difference(const TensorSnapshot& first, const TensorSnapshot& second)
{
    std::vector<float> values = first.floats();
    const std::vector<float> other = second.floats();
    std::transform(values.begin(), values.end(), other.begin(), values.begin(), std::minus<>());
    auto bytes = std::make_shared<std::vector<std::uint8_t>>(values.size() * sizeof(float));
    if (!values.empty())
        std::memcpy(bytes->data(), values.data(), bytes->size());
    return {ElementType::Float32, first.shape, std::move(bytes)};
}

// Rows match when every text cell is the same; only their numbers may differ.
bool rowsMatch(const AnalysisTable& first, const AnalysisTable& second)
{
    if (first.columns != second.columns || first.rows.size() != second.rows.size())
        return false;
    for (std::size_t row = 0; row < first.rows.size(); ++row) {
        for (std::size_t column = 0; column < first.columns.size(); ++column) {
            const AnalysisCell& a = first.rows[row][column];
            const AnalysisCell& b = second.rows[row][column];
            if (a.index() != b.index() || (std::holds_alternative<std::string>(a) && a != b))
                return false;
        }
    }
    return true;
}

// Columns of numbers that say where a row belongs, as long as nothing measured stands before them: a rank behind a probability
// is a result.
bool isPlace(const std::string& column)
{
    static const std::set<std::string_view> places = {"bottom",    "channel", "column", "component", "crop",
                                                      "dimension", "draw",    "frame",  "from",      "from_layer",
                                                      "head",      "id",      "index",  "label",     "layer",
                                                      "left",      "level",   "marker", "media",     "position",
                                                      "rank",      "right",   "row",    "to",        "to_layer",
                                                      "token",     "top"};
    return places.contains(column);
}

AnalysisTable difference(const AnalysisTable& first, const AnalysisTable& second)
{
    AnalysisTable out = first;
    bool isMeasured = false;
    for (std::size_t column = 0; column < out.columns.size(); ++column) {
        const bool holdsNumbers = std::any_of(out.rows.begin(), out.rows.end(), [column](const auto& row) {
            return std::holds_alternative<double>(row[column]);
        });
        isMeasured = isMeasured || (holdsNumbers && !isPlace(out.columns[column]));
        if (!isMeasured)
            continue;
        for (std::size_t row = 0; row < out.rows.size(); ++row) {
            if (auto* value = std::get_if<double>(&out.rows[row][column]))
                *value -= std::get<double>(second.rows[row][column]);
        }
    }
    return out;
}

}  // namespace

Result<AnalysisResult> analysisDifference(const AnalysisResult& first, const AnalysisResult& second)
{
    if (first.request.name != second.request.name)
        return fail(ErrorCode::InvalidInput, "a difference needs the same analysis of both runs, these are " +
                                                 first.request.name + " and " + second.request.name);
    AnalysisResult out;
    out.request = first.request;
    const auto leaveOut = [&out](const std::string& what) {
        out.cautions.push_back(what + " is left out of the difference: the runs do not fit together there");
    };
    for (const AnalysisNumber& number : first.numbers) {
        if (const auto other = second.number(number.name))
            out.numbers.push_back({number.name, number.value - *other, number.unit});
        else
            leaveOut(number.name);
    }
    for (const AnalysisTable& table : first.tables) {
        const auto other = std::find_if(second.tables.begin(), second.tables.end(),
                                        [&](const AnalysisTable& each) { return each.name == table.name; });
        if (other != second.tables.end() && rowsMatch(table, *other))
            out.tables.push_back(difference(table, *other));
        else
            leaveOut("table " + table.name);
    }
    for (const auto& [name, array] : first.arrays) {
        const auto other = second.arrays.find(name);
        if (other == second.arrays.end() || other->second.values.shape != array.values.shape)
            leaveOut("array " + name);
        else if (isFloat(array.values.type) && isFloat(other->second.values.type))
            out.arrays[name] = {array.axes, difference(array.values, other->second.values)};
        else
            out.arrays[name] = array;
    }
    if (out.numbers.empty() && out.tables.empty() && out.arrays.empty())
        return fail(ErrorCode::InvalidInput, "the two runs have nothing in common that " + first.request.name +
                                                 " could compare; their sequences differ in length");
    return out;
}

}  // namespace armillary::inspect
