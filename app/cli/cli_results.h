// Results of analyses on standard output, in the form asked for.
// Thread rule: main thread.
#pragma once

#include "cli_command.h"
#include "records/analysis.h"

#include <map>
#include <string>
#include <vector>

namespace armillary::cli {

struct ResultFormat {
    bool json = false;
    bool csv = false;
    std::string table;    // of --csv: this table alone; empty: numbers and all tables
    std::string npzPath;  // written beside what is printed

    void addTo(CLI::App& command);
    // Prints or writes the result. Errors: FileWrite, InvalidInput (no such table).
    [[nodiscard]] Result<void> show(const AnalysisResult& result) const;
};

// kCheckFailed when a table has a column `verdict` with a `fail` in it, kDone otherwise.
[[nodiscard]] int exitCodeFrom(const AnalysisResult& result);

// One cell of comma-separated values (RFC 4180): in quotes where it must be.
[[nodiscard]] std::string csvCell(const AnalysisCell& cell);

// A row of a table by its columns. A missing column, or one of another kind, is a fault of ours and throws.
class TableRow {
public:
    TableRow(const AnalysisTable& table, const std::vector<AnalysisCell>& cells);

    [[nodiscard]] const std::string& text(const std::string& column) const
    {
        return std::get<std::string>(m_cells.at(column));
    }
    [[nodiscard]] double number(const std::string& column) const { return std::get<double>(m_cells.at(column)); }
    [[nodiscard]] const std::map<std::string, AnalysisCell>& cells() const { return m_cells; }

private:
    std::map<std::string, AnalysisCell> m_cells;
};

// The rows of table `name`; none when the result has no such table.
[[nodiscard]] std::vector<TableRow> rowsOf(const AnalysisResult& result, const std::string& name);

// The list of analyses with their arguments, for people or as JSON.
void printEntries(const std::vector<AnalysisEntry>& entries, bool asJson);

}  // namespace armillary::cli
