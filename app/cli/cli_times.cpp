// armillary-cli times: how long stages and layers took in recorded runs, with medians and spread, and as a trace.

#include "cli_command.h"
#include "cli_records.h"
#include "cli_results.h"
#include "inspect/anatomy_results.h"
#include "session/record_archive.h"
#include "session/run_trace.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

namespace armillary::cli {
namespace {

using Runs = std::vector<std::shared_ptr<const RunRecord>>;

class TimesCommand final : public Command {
public:
    std::string_view name() const override { return "times"; }
    std::string_view summary() const override { return "Show how long stages and layers took in recorded runs"; }
    void addTo(CLI::App& command) override
    {
        auto* const inSession = command.add_option("--session", m_sessionPath, "a session: all its completed runs");
        command.add_option("--runs", m_names, "of the session these alone: numbers from 1, ids, or last")
            ->delimiter(',')
            ->needs(inSession);
        command.add_option("--record", m_records, "safetensors files of runs, in place of a session")
            ->excludes(inSession);
        command.add_option("--trace", m_tracePath, "write the runs as Chrome trace events, for ui.perfetto.dev");
        m_format.addTo(command);
    }
    CommandResult<int> run() override;

private:
    CommandResult<Runs> load() const;

    std::string m_sessionPath;
    std::vector<std::string> m_names;
    std::vector<std::string> m_records;
    std::string m_tracePath;
    ResultFormat m_format;
};

CommandResult<Runs> TimesCommand::load() const
{
    const auto noTensors = [](const std::string&) { return false; };
    Runs out;
    for (const std::string& path : m_records) {
        auto record = session::readRecord(path, nullptr, noTensors);
        if (!record)
            return tl::unexpected<Failure>(record.error());
        out.push_back(std::move(*record));
    }
    if (!out.empty())
        return out;
    if (m_sessionPath.empty())
        return failWrongArguments("no run given: name a session with --session, or records' files with --record");
    const auto session = session::Session::open(m_sessionPath);
    if (!session)
        return tl::unexpected<Failure>(session.error());
    std::vector<std::string> ids;
    for (const std::string& name : m_names) {
        auto id = runIdFromName(**session, name);
        if (!id)
            return tl::unexpected<Failure>(id.error());
        ids.push_back(std::move(*id));
    }
    for (const session::RunSummary& run : (*session)->runs()) {
        if (m_names.empty() && run.outcome == "completed")
            ids.push_back(run.id);
    }
    for (const std::string& id : ids) {
        auto record = (*session)->record(id, noTensors);
        if (!record)
            return tl::unexpected<Failure>(record.error());
        out.push_back(std::move(*record));
    }
    return out;
}

CommandResult<int> TimesCommand::run()
{
    const auto runs = load();
    if (!runs)
        return tl::unexpected(runs.error());
    const inspect::RunTiming timing = inspect::timingOf(*runs);
    if (timing.runs == 0)
        return tl::unexpected<Failure>(Error{ErrorCode::InvalidInput, "none of these runs has times"});
    if (!m_tracePath.empty()) {
        if (const auto written = session::writeTrace(m_tracePath, *runs); !written)
            return tl::unexpected<Failure>(written.error());
    }
    if (const auto shown = m_format.show(inspect::resultOf(timing)); !shown)
        return tl::unexpected<Failure>(shown.error());
    return kDone;
}

}  // namespace

std::unique_ptr<Command> makeTimesCommand()
{
    return std::make_unique<TimesCommand>();
}

}  // namespace armillary::cli
