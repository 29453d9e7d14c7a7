// Results of analyses on standard output, in the form asked for.
// Thread rule: main thread.
#pragma once

#include "cli_command.h"
#include "records/analysis.h"

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

// The list of analyses with their arguments, for people or as JSON.
void printEntries(const std::vector<AnalysisEntry>& entries, bool asJson);

}  // namespace armillary::cli
