// Runs that were recorded before, as commands name them: a session and one of its runs, or a record's file.
// Thread rule: main thread.
#pragma once

#include "cli_command.h"
#include "records/run_record.h"
#include "session/session.h"

#include <memory>
#include <string>

namespace armillary::cli {

// The id of run `name` of a session: its id, its number from 1, or "last". Errors: InvalidInput.
[[nodiscard]] Result<std::string> runIdFromName(const session::Session& session, const std::string& name);

struct ChosenRecord {
    std::shared_ptr<const RunRecord> record;
    std::unique_ptr<session::Session> session;  // null for a record's file
    std::string id;                             // of the run in the session
};

struct RecordArguments {
    std::string sessionPath;
    std::string run = "last";
    std::string recordPath;

    void addTo(CLI::App& command);
    // Failures: wrong arguments (neither or both named), those of reading. `withMedia`: a record's file holds no pictures, so
    // the files that it names are read again; what cannot be had is said on standard error.
    [[nodiscard]] CommandResult<ChosenRecord> load(bool withMedia) const;
};

}  // namespace armillary::cli
