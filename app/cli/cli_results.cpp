#include "cli_results.h"

#include "cli_terminal.h"
#include "session/analysis_archive.h"
#include "session/npz_file.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>

namespace armillary::cli {
namespace {

using nlohmann::json;

// Counts in full, everything else with six digits.
std::string shown(double value)
{
    constexpr double kExact = 1e15;
    if (std::abs(value) < kExact && value == std::floor(value))
        return fmt::format("{:.0f}", value);
    return fmt::format("{:.6g}", value);
}

std::string shown(const AnalysisCell& cell)
{
    const auto* text = std::get_if<std::string>(&cell);
    return text != nullptr ? *text : shown(std::get<double>(cell));
}

void printCsvLine(const std::vector<std::string>& cells)
{
    fmt::print("{}\r\n", fmt::join(cells, ","));
}

void printCsvTable(const AnalysisTable& table)
{
    std::vector<std::string> head;
    for (const std::string& column : table.columns)
        head.push_back(csvCell(column));
    printCsvLine(head);
    for (const auto& row : table.rows) {
        std::vector<std::string> cells;
        for (const AnalysisCell& cell : row)
            cells.push_back(csvCell(cell));
        printCsvLine(cells);
    }
}

AnalysisTable numbersTable(const AnalysisResult& result)
{
    AnalysisTable out{"numbers", {"name", "value", "unit"}, {}};
    for (const AnalysisNumber& number : result.numbers)
        out.rows.push_back({number.name, number.value, number.unit});
    return out;
}

// Columns as wide as their widest cell.
void printTable(const AnalysisTable& table)
{
    std::vector<std::size_t> widths;
    for (std::size_t column = 0; column < table.columns.size(); ++column) {
        std::size_t width = table.columns[column].size();
        for (const auto& row : table.rows)
            width = std::max(width, shown(row[column]).size());
        widths.push_back(width);
    }
    fmt::print("\n{}\n", table.name);
    std::string line;
    for (std::size_t column = 0; column < table.columns.size(); ++column)
        line += fmt::format("  {:<{}}", table.columns[column], widths[column]);
    fmt::print("{}\n", line);
    for (const auto& row : table.rows) {
        line.clear();
        for (std::size_t column = 0; column < row.size(); ++column)
            line += fmt::format("  {:<{}}", shown(row[column]), widths[column]);
        fmt::print("{}\n", line);
    }
}

void printForPeople(const AnalysisResult& result)
{
    fmt::print("{}\n", result.request.name);
    for (const auto& [name, value] : result.request.arguments)
        fmt::print("  {} = {}\n", name, value);
    if (!result.numbers.empty())
        fmt::print("\n");
    for (const AnalysisNumber& number : result.numbers)
        fmt::print("  {:<36}{} {}\n", number.name, shown(number.value), number.unit);
    for (const AnalysisTable& table : result.tables)
        printTable(table);
    for (const auto& [name, array] : result.arrays)
        fmt::print("\narray {} [{}]: {} {}\n", name, fmt::join(array.axes, ", "),
                   session::elementTypeName(array.values.type), fmt::join(array.values.shape, " x "));
    for (const std::string& caution : result.cautions)
        fmt::print("\ncaution: {}\n", caution);
}

}  // namespace

void ResultFormat::addTo(CLI::App& command)
{
    auto* const asJson = command.add_flag("--json", json, "print one JSON object, arrays included");
    auto* const asCsv = command.add_flag("--csv", csv, "print numbers and tables as comma-separated values");
    asCsv->excludes(asJson);
    command.add_option("--table", table, "of --csv: this table alone (numbers are the table `numbers`)")->needs(asCsv);
    command.add_option("--npz", npzPath, "write arrays, numbers and tables to this file for numpy.load");
}

Result<void> ResultFormat::show(const AnalysisResult& result) const
{
    if (!npzPath.empty()) {
        if (auto written = session::writeNpz(npzPath, result); !written)
            return written;
    }
    if (json) {
        printJson(session::jsonFromAnalysis(result));
        return {};
    }
    if (!csv) {
        printForPeople(result);
        return {};
    }
    std::vector<AnalysisTable> tables = result.tables;
    tables.insert(tables.begin(), numbersTable(result));
    if (!table.empty()) {
        const auto found = std::find_if(tables.begin(), tables.end(),
                                        [this](const AnalysisTable& each) { return each.name == table; });
        if (found == tables.end())
            return fail(ErrorCode::InvalidInput, fmt::format("{} gives no table '{}'", result.request.name, table));
        printCsvTable(*found);
        return {};
    }
    bool isFirst = true;
    for (const AnalysisTable& each : tables) {
        fmt::print("{}# {}\r\n", isFirst ? "" : "\r\n", each.name);
        printCsvTable(each);
        isFirst = false;
    }
    if (!result.arrays.empty())
        fmt::print(stderr, "{} arrays are not in comma-separated values; --json and --npz hold them\n",
                   result.arrays.size());
    for (const std::string& caution : result.cautions)
        fmt::print(stderr, "caution: {}\n", caution);
    return {};
}

int exitCodeFrom(const AnalysisResult& result)
{
    for (const AnalysisTable& table : result.tables) {
        const auto verdict = std::find(table.columns.begin(), table.columns.end(), "verdict");
        if (verdict == table.columns.end())
            continue;
        const auto column = static_cast<std::size_t>(verdict - table.columns.begin());
        for (const auto& row : table.rows) {
            if (row[column] == AnalysisCell(std::string("fail")))
                return kCheckFailed;
        }
    }
    return kDone;
}

TableRow::TableRow(const AnalysisTable& table, const std::vector<AnalysisCell>& cells)
{
    for (std::size_t i = 0; i < cells.size(); ++i)
        m_cells[table.columns[i]] = cells[i];
}

std::vector<TableRow> rowsOf(const AnalysisResult& result, const std::string& name)
{
    std::vector<TableRow> out;
    for (const AnalysisTable& table : result.tables) {
        if (table.name != name)
            continue;
        for (const auto& cells : table.rows)
            out.emplace_back(table, cells);
    }
    return out;
}

std::string csvCell(const AnalysisCell& cell)
{
    const auto* text = std::get_if<std::string>(&cell);
    if (text == nullptr)
        return fmt::format("{}", std::get<double>(cell));
    if (text->find_first_of(",\"\r\n") == std::string::npos)
        return *text;
    std::string out = "\"";
    for (const char c : *text)
        out += c == '"' ? std::string("\"\"") : std::string(1, c);
    return out + "\"";
}

void printEntries(const std::vector<AnalysisEntry>& entries, bool asJson)
{
    json list = json::array();
    for (const AnalysisEntry& entry : entries) {
        json arguments = json::array();
        for (const AnalysisArgument& argument : entry.arguments)
            arguments.push_back(
                {{"name", argument.name}, {"default", argument.standard}, {"meaning", argument.meaning}});
        list.push_back({{"name", entry.name},
                        {"title", entry.title},
                        {"definition", entry.definition},
                        {"arguments", std::move(arguments)},
                        {"needs", entry.needs},
                        {"needs_model", entry.needsModel}});
    }
    if (asJson) {
        printJson({{"analyses", std::move(list)}});
        return;
    }
    for (const AnalysisEntry& entry : entries) {
        fmt::print("{}: {}\n  {}\n", entry.name, entry.title, entry.definition);
        if (entry.needsModel)
            fmt::print("  needs the models of the run\n");
        if (!entry.needs.empty())
            fmt::print("  needs {}\n", entry.needs);
        for (const AnalysisArgument& argument : entry.arguments)
            fmt::print("    {}={}  {}\n", argument.name, argument.standard, argument.meaning);
    }
}

}  // namespace armillary::cli
