// armillary-cli ask: one question about pictures or videos.

#include "cli_command.h"
#include "cli_engine.h"
#include "cli_options.h"
#include "session/record_archive.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

namespace armillary::cli {
namespace {

class AskCommand final : public Command {
public:
    std::string_view name() const override { return "ask"; }
    std::string_view summary() const override { return "Ask about pictures or videos"; }
    void addTo(CLI::App& command) override
    {
        m_model.addTo(command);
        m_question.addTo(command);
        m_output.addTo(command);
    }
    CommandResult<int> run() override;

private:
    ModelArguments m_model;
    QuestionArguments m_question;
    RunOutputArguments m_output;
};

CommandResult<int> AskCommand::run()
{
    if (const auto options = m_model.loadOptions(); !options)
        return tl::unexpected(options.error());
    const auto question = m_question.makeQuestion();
    if (!question)
        return tl::unexpected<Failure>(question.error());
    if (const auto output = m_output.check(); !output)
        return tl::unexpected<Failure>(output.error());
    EngineDesk desk(!m_output.json);
    if (const auto report = desk.load(m_model); !report)
        return tl::unexpected(report.error());
    const auto record = desk.engine().ask(*question, desk.observer(), desk.stop());
    desk.observer().finish();
    if (!record)
        return tl::unexpected<Failure>(record.error());
    if (const auto kept = m_output.keep(**record); !kept)
        return tl::unexpected<Failure>(kept.error());
    const RunCost& cost = (*record)->cost;
    fmt::print(
        stderr,
        "{} positions prefilled in {:.2f} s ({} reused), {} tokens decoded in {:.2f} s, peak memory {:.2f} GiB\n",
        cost.prefillTokens, cost.prefillSeconds, cost.reusedTokens, (*record)->generated.size(), cost.decodeSeconds,
        double(cost.peakMemoryBytes) / double(std::int64_t{1} << 30));
    return (*record)->outcome == RunOutcome::Cancelled ? kCancelled : kDone;
}

}  // namespace

std::unique_ptr<Command> makeAskCommand()
{
    return std::make_unique<AskCommand>();
}

}  // namespace armillary::cli
