// armillary-cli batch: many questions of a manifest, one after the other, to go on where it stopped.

#include "cli_batch_results.h"
#include "cli_command.h"
#include "cli_engine.h"
#include "cli_manifest.h"
#include "cli_options.h"
#include "session/record_archive.h"
#include "session/session.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace armillary::cli {
namespace {

using nlohmann::json;

class BatchCommand final : public Command {
public:
    std::string_view name() const override { return "batch"; }
    std::string_view summary() const override { return "Ask many questions, one a line of a manifest"; }
    void addTo(CLI::App& command) override;
    CommandResult<int> run() override;

private:
    // The result of one line. Errors are part of it; what stops the whole batch is a failure.
    [[nodiscard]] CommandResult<json> ask(const ManifestLine& line, EngineDesk& desk) const;
    [[nodiscard]] Result<json> answer(const ManifestLine& line, EngineDesk& desk) const;

    ModelArguments m_model;
    QuestionArguments m_standard;
    std::string m_manifest;
    std::string m_out;
    std::string m_shard = "0/1";
    std::string m_session;
    bool m_isFull = false;
};

void BatchCommand::addTo(CLI::App& command)
{
    command
        .add_option("--manifest", m_manifest,
                    "a JSON object a line: id, media, question or raw_prompt, system, options")
        ->required();
    command.add_option("--out", m_out, "a .jsonl file (one line a result) or a folder (one file a result)")->required();
    command.add_option("--shard", m_shard, "i/n: only part i (from 0) of n")->capture_default_str();
    command.add_option("--session", m_session, "append every run to this session too");
    command.add_flag("--full", m_isFull,
                     "results hold all that ask --json prints, not the answer and its tokens alone");
    m_model.addTo(command);
    m_standard.addTo(command);
}

Result<json> BatchCommand::answer(const ManifestLine& line, EngineDesk& desk) const
{
    const auto arguments = argumentsFromLine(line, m_standard, m_manifest);
    if (!arguments)
        return tl::unexpected(arguments.error());
    const auto question = arguments->makeQuestion();
    if (!question)
        return tl::unexpected(question.error());
    const auto record = desk.engine().ask(*question, desk.observer(), desk.stop());
    if (!record)
        return tl::unexpected(record.error());
    if ((*record)->outcome == RunOutcome::Cancelled)
        return failCancelled();
    json run = json::parse(session::runJson(**record));
    json out = {{"id", line.id}};
    if (m_isFull)
        out.update(run);
    else
        for (const char* key : {"question", "answer", "outcome", "stop_reason", "generated", "settings", "warnings",
                                "prefill_tokens", "reused_tokens", "prefill_seconds", "decode_seconds"})
            out[key] = std::move(run[key]);
    if (m_session.empty())
        return out;
    const auto session = session::Session::openOrCreate(m_session);
    if (!session)
        return tl::unexpected(session.error());
    auto id = (*session)->append(**record);
    if (!id)
        return tl::unexpected(id.error());
    out["run"] = std::move(*id);
    return out;
}

CommandResult<json> BatchCommand::ask(const ManifestLine& line, EngineDesk& desk) const
{
    if (!line.problem.empty())
        return json{{"id", line.id}, {"error", line.problem}, {"exit_code", int{kBadInput}}};
    auto result = answer(line, desk);
    if (result)
        return std::move(*result);
    // A stop, a lost device or a full disk would fail every line that follows.
    const ErrorCode code = result.error().code;
    if (code == ErrorCode::Cancelled || code == ErrorCode::DeviceLost || code == ErrorCode::FileWrite)
        return tl::unexpected<Failure>(result.error());
    return json{{"id", line.id}, {"error", result.error().message}, {"exit_code", exitCodeFrom(code)}};
}

CommandResult<int> BatchCommand::run()
{
    const auto shard = shardFromText(m_shard);
    if (!shard)
        return tl::unexpected(shard.error());
    if (const auto options = m_model.loadOptions(); !options)
        return tl::unexpected(options.error());
    auto lines = readManifest(m_manifest, *shard);
    if (!lines)
        return tl::unexpected<Failure>(lines.error());
    const auto results = BatchResults::open(m_out, *shard);
    if (!results)
        return tl::unexpected<Failure>(results.error());
    std::vector<const ManifestLine*> open;
    for (ManifestLine& line : *lines) {
        if (std::string problem = results->problemWith(line.id); !problem.empty()) {
            line.problem = std::move(problem);
            line.id = fmt::format("line-{}", line.number);
        }
        if (!line.problem.empty() || !results->isFinished(line.id))
            open.push_back(&line);
    }
    fmt::print(stderr, "{} questions, {} of them finished before\n", lines->size(), lines->size() - open.size());
    if (open.empty())
        return kDone;

    EngineDesk desk(false);
    if (const auto report = desk.load(m_model); !report)
        return tl::unexpected(report.error());
    std::size_t failed = 0, done = 0;
    for (const ManifestLine* line : open) {
        const auto result = ask(*line, desk);
        desk.observer().finish();
        if (!result)
            return tl::unexpected(result.error());
        if (const auto written = results->add(line->id, *result); !written)
            return tl::unexpected<Failure>(written.error());
        ++done;
        const bool isFailure = result->contains("error");
        failed += isFailure ? 1 : 0;
        fmt::print(stderr, "{}/{} {}{}\n", done, open.size(), line->id,
                   isFailure ? ": " + (*result)["error"].get<std::string>() : std::string());
    }
    fmt::print(stderr, "{} answered, {} failed: {}\n", done - failed, failed, results->path());
    return failed > 0 ? kCheckFailed : kDone;
}

}  // namespace

std::unique_ptr<Command> makeBatchCommand()
{
    return std::make_unique<BatchCommand>();
}

}  // namespace armillary::cli
