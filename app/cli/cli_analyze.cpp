// armillary-cli analyze: any analysis of a recorded run, as numbers.

#include "analysis/record_analyses.h"
#include "cli_command.h"
#include "cli_engine.h"
#include "cli_options.h"
#include "cli_records.h"
#include "cli_results.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>

namespace armillary::cli {
namespace {

bool isAmong(const std::vector<AnalysisEntry>& entries, const std::string& name)
{
    return std::any_of(entries.begin(), entries.end(),
                       [&name](const AnalysisEntry& entry) { return entry.name == name; });
}

class AnalyzeCommand final : public Command {
public:
    std::string_view name() const override { return "analyze"; }
    std::string_view summary() const override { return "Analyse a recorded run"; }
    void addTo(CLI::App& command) override;
    CommandResult<int> run() override;

private:
    [[nodiscard]] CommandResult<AnalysisRequest> request() const;
    [[nodiscard]] CommandResult<AnalysisResult> analyse(const AnalysisRequest& request, const RunRecord& record,
                                                        bool needsModel) const;

    RecordArguments m_record;
    ModelArguments m_model;
    ResultFormat m_format;
    std::string m_analysis;
    std::vector<std::string> m_arguments;
    bool m_list = false;
    bool m_keep = false;
};

void AnalyzeCommand::addTo(CLI::App& command)
{
    m_record.addTo(command);
    command.add_option("--analysis", m_analysis, "which one; --list names them");
    command.add_option("--args", m_arguments, "its arguments as NAME=VALUE");
    command.add_flag("--list", m_list, "name the analyses and their arguments, and do nothing else");
    command.add_flag("--keep", m_keep, "keep the result in the session");
    m_format.addTo(command);
    m_model.addTo(command);
}

CommandResult<AnalysisRequest> AnalyzeCommand::request() const
{
    if (m_analysis.empty())
        return failWrongArguments("no analysis given: name one with --analysis; --list names them all");
    AnalysisRequest out{m_analysis, {}};
    for (const std::string& argument : m_arguments) {
        const std::size_t at = argument.find('=');
        if (at == std::string::npos || at == 0)
            return failWrongArguments(fmt::format("'{}' is no argument of an analysis: write NAME=VALUE", argument));
        out.arguments[argument.substr(0, at)] = argument.substr(at + 1);
    }
    return out;
}

CommandResult<AnalysisResult> AnalyzeCommand::analyse(const AnalysisRequest& request, const RunRecord& record,
                                                      bool needsModel) const
{
    if (!needsModel) {
        const InterruptWatch watch;
        auto result = analysis::analyse(record, request, watch.token());
        if (!result)
            return tl::unexpected<Failure>(result.error());
        return std::move(*result);
    }
    EngineDesk desk(false);
    if (const auto report = desk.load(m_model); !report)
        return tl::unexpected(report.error());
    const auto result = desk.engine().analyse(record, request, desk.observer(), desk.stop());
    desk.observer().finish();
    if (!result)
        return tl::unexpected<Failure>(result.error());
    return **result;
}

CommandResult<int> AnalyzeCommand::run()
{
    if (m_list) {
        std::vector<AnalysisEntry> entries = analysis::recordAnalyses();
        for (AnalysisEntry& entry : modelAnalyses()) {
            entry.needsModel = true;
            entries.push_back(std::move(entry));
        }
        printEntries(entries, m_format.json);
        return kDone;
    }
    const auto asked = request();
    if (!asked)
        return tl::unexpected(asked.error());
    const bool needsModel = isAmong(modelAnalyses(), asked->name);
    if (!needsModel && !isAmong(analysis::recordAnalyses(), asked->name))
        return failWrongArguments(
            fmt::format("there is no analysis '{}'; armillary-cli analyze --list names them", asked->name));
    if (needsModel && !m_model.loadOptions())
        return failWrongArguments(
            fmt::format("{} runs the models again: name their folders with --model, --theworld and --world",
                        asked->name));
    const auto chosen = m_record.load(needsModel);
    if (!chosen)
        return tl::unexpected(chosen.error());
    if (m_keep && !chosen->session)
        return failWrongArguments("--keep puts the result into a session: name one with --session");
    const auto result = analyse(*asked, *chosen->record, needsModel);
    if (!result)
        return tl::unexpected(result.error());
    if (m_keep) {
        const auto kept = chosen->session->keepAnalysis(chosen->id, *result);
        if (!kept)
            return tl::unexpected<Failure>(kept.error());
        fmt::print(stderr, "the result {} is kept in {}\n", *kept, chosen->session->path());
    }
    if (const auto shown = m_format.show(*result); !shown)
        return tl::unexpected<Failure>(shown.error());
    return exitCodeFrom(*result);
}

}  // namespace

std::unique_ptr<Command> makeAnalyzeCommand()
{
    return std::make_unique<AnalyzeCommand>();
}

}  // namespace armillary::cli
