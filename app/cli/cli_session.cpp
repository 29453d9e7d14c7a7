// armillary-cli session: what a session holds, and a run of it as plain files.

#include "cli_command.h"
#include "cli_records.h"
#include "cli_terminal.h"
#include "io/atomic_file.h"
#include "io/image_file.h"
#include "session/analysis_archive.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <filesystem>

namespace armillary::cli {
namespace {

using nlohmann::json;

class SessionCommand final : public Command {
public:
    std::string_view name() const override { return "session"; }
    std::string_view summary() const override { return "Show or export what a session holds"; }
    void addTo(CLI::App& command) override;
    CommandResult<int> run() override;

private:
    [[nodiscard]] CommandResult<int> info(const session::Session& session) const;
    [[nodiscard]] CommandResult<int> exportRun(const session::Session& session) const;

    CLI::App* m_info = nullptr;
    std::string m_path;
    std::string m_run = "last";
    std::string m_target;
    bool m_tensors = false;
    bool m_json = false;
};

void SessionCommand::addTo(CLI::App& command)
{
    command.require_subcommand(1);
    m_info = command.add_subcommand("info", "List the runs, their tensors, notes and kept results");
    m_info->add_option("SESSION", m_path)->required();
    m_info->add_flag("--tensors", m_tensors, "the tensors of every run too");
    m_info->add_flag("--json", m_json, "print one JSON object");
    auto* const exported =
        command.add_subcommand("export", "Write a run's record, pictures and kept results into a folder");
    exported->add_option("SESSION", m_path)->required();
    exported->add_option("--run", m_run, "its number from 1, its id, or last")->capture_default_str();
    exported->add_option("--out", m_target, "the folder")->required();
}

CommandResult<int> SessionCommand::info(const session::Session& session) const
{
    json runs = json::array();
    std::size_t number = 0;
    for (const session::RunSummary& run : session.runs()) {
        json row = {{"number", ++number},
                    {"id", run.id},
                    {"created", run.createdUtc},
                    {"question", run.question},
                    {"answer", run.answer},
                    {"outcome", run.outcome},
                    {"rollout", run.isRollout},
                    {"prompt_positions", run.promptPositions},
                    {"generated_tokens", run.generatedTokens},
                    {"file_bytes", run.fileBytes},
                    {"media", run.mediaPaths},
                    {"problem", run.problem},
                    {"analyses", session.analyses(run.id)}};
        const auto& notes = session.state().runNotes;
        row["notes"] = notes.contains(run.id) ? notes.at(run.id) : std::string();
        if (m_tensors) {
            json list = json::array();
            if (const auto tensors = session.tensors(run.id)) {
                for (const session::TensorEntry& tensor : *tensors)
                    list.push_back({{"name", tensor.name},
                                    {"dtype", session::elementTypeName(tensor.type)},
                                    {"shape", tensor.shape},
                                    {"bytes", tensor.byteCount}});
            }
            row["tensors"] = std::move(list);
        }
        runs.push_back(std::move(row));
    }
    if (m_json) {
        printJson({{"path", session.path()},
                   {"runs", std::move(runs)},
                   {"notes", session.state().notes},
                   {"problems", session.problems()}});
        return kDone;
    }
    fmt::print("{}: {} runs\n", session.path(), runs.size());
    if (!session.state().notes.empty())
        fmt::print("notes: {}\n", session.state().notes);
    for (const json& run : runs) {
        fmt::print("\n{} ({})  {}  {}\n", run["number"].get<int>(), run["id"].get<std::string>(),
                   run["created"].get<std::string>(),
                   run["problem"].get<std::string>().empty() ? run["outcome"].get<std::string>()
                                                             : std::string("cannot be read"));
        for (const char* key : {"question", "answer", "notes"}) {
            if (const auto text = run[key].get<std::string>(); !text.empty())
                fmt::print("  {:<10}{}\n", key, text);
        }
        for (const json& path : run["media"])
            fmt::print("  {:<10}{}\n", "media", path.get<std::string>());
        fmt::print("  {:<10}{} positions, {} generated tokens, {} bytes\n", "size",
                   run["prompt_positions"].get<std::int64_t>(), run["generated_tokens"].get<std::int64_t>(),
                   run["file_bytes"].get<std::int64_t>());
        for (const json& name : run["analyses"])
            fmt::print("  {:<10}{}\n", "result", name.get<std::string>());
        if (m_tensors) {
            for (const json& tensor : run["tensors"])
                fmt::print("    {} {} [{}]\n", tensor["name"].get<std::string>(), tensor["dtype"].get<std::string>(),
                           fmt::join(tensor["shape"].get<std::vector<std::int64_t>>(), ", "));
        }
    }
    return kDone;
}

CommandResult<int> SessionCommand::exportRun(const session::Session& session) const
{
    const auto id = runIdFromName(session, m_run);
    if (!id)
        return tl::unexpected<Failure>(id.error());
    const auto record = session.record(*id);
    if (!record)
        return tl::unexpected<Failure>(record.error());
    std::error_code problem;
    std::filesystem::create_directories(m_target, problem);
    if (const auto written = session::writeRecord(m_target + "/run.safetensors", **record); !written)
        return tl::unexpected<Failure>(written.error());
    const auto& media = (*record)->question.media;
    for (std::size_t i = 0; i < media.size(); ++i) {
        for (std::size_t frame = 0; frame < media[i].frames.size(); ++frame) {
            const std::string path =
                fmt::format("{}/media_{}_{:05}.png", m_target, i, std::size_t(media[i].firstFrameIndex) + frame);
            if (const auto written = io::writePng(path, media[i].frames[frame]); !written)
                return tl::unexpected<Failure>(written.error());
        }
    }
    for (const std::string& name : session.analyses(*id)) {
        const auto result = session.analysis(name);
        if (!result)
            return tl::unexpected<Failure>(result.error());
        const std::string path = fmt::format("{}/{}.json", m_target, name);
        const std::string text = session::jsonFromAnalysis(*result).dump(1, ' ', false, json::error_handler_t::replace);
        if (const auto written = io::writeFileAtomically(path, text); !written)
            return tl::unexpected<Failure>(written.error());
    }
    fmt::print("run {} is exported to {}\n", *id, m_target);
    return kDone;
}

CommandResult<int> SessionCommand::run()
{
    const auto session = session::Session::open(m_path);
    if (!session)
        return tl::unexpected<Failure>(session.error());
    for (const std::string& problem : (*session)->problems())
        fmt::print(stderr, "warning: {}\n", problem);
    return m_info->parsed() ? info(**session) : exportRun(**session);
}

}  // namespace

std::unique_ptr<Command> makeSessionCommand()
{
    return std::make_unique<SessionCommand>();
}

}  // namespace armillary::cli
