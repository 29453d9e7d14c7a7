// armillary-cli ask: one question about pictures or videos.

#include "cli_budget.h"
#include "cli_command.h"
#include "cli_engine.h"
#include "cli_options.h"
#include "cli_results.h"
#include "inspect/anatomy_results.h"
#include "session/record_archive.h"
#include "session/run_trace.h"

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
        command.add_option("--trace", m_tracePath,
                           "write stages and layers as Chrome trace events, for ui.perfetto.dev");
        command
            .add_option("--repeat", m_repeat,
                        "ask so often, each time with empty caches, and print medians and spread of the times")
            ->check(CLI::Range(1, 1000))
            ->capture_default_str();
        command.add_flag("--dry-run", m_isDryRun,
                         "only count: tokens by kind against context and local window, and the memory they will take");
        command.add_flag("--layer-times", m_layerTimes, "times of layers on a GPU too, which waits after each");
    }
    CommandResult<int> run() override;

private:
    ModelArguments m_model;
    QuestionArguments m_question;
    RunOutputArguments m_output;
    std::string m_tracePath;
    int m_repeat = 1;
    bool m_layerTimes = false;
    bool m_isDryRun = false;
};

CommandResult<int> AskCommand::run()
{
    if (const auto options = m_model.loadOptions(); !options)
        return tl::unexpected(options.error());
    auto question = m_question.makeQuestion();
    if (!question)
        return tl::unexpected<Failure>(question.error());
    question->capture.layerTimes = m_layerTimes || !m_tracePath.empty();
    if (const auto output = m_output.check(); !output)
        return tl::unexpected<Failure>(output.error());
    EngineDesk desk(!m_output.json && m_repeat == 1);
    if (const auto report = desk.load(m_model); !report)
        return tl::unexpected(report.error());
    if (m_isDryRun)
        return showBudget(desk.engine().budgeter().get(), *question, m_output.json);
    Result<std::shared_ptr<const RunRecord>> record = nullptr;
    std::vector<std::shared_ptr<const RunRecord>> runs;
    for (int run = 0; run < m_repeat; ++run) {
        // A question that is asked again would find everything in the caches.
        if (run > 0)
            desk.engine().forget();
        record = desk.engine().ask(*question, desk.observer(), desk.stop());
        desk.observer().finish();
        if (!record)
            return tl::unexpected<Failure>(record.error());
        runs.push_back(inspect::timesOf(**record));
        if ((*record)->outcome == RunOutcome::Cancelled)
            break;
    }
    if (!m_tracePath.empty()) {
        if (const auto written = session::writeTrace(m_tracePath, runs); !written)
            return tl::unexpected<Failure>(written.error());
    }
    if (m_repeat > 1 && !m_output.json) {
        if (const auto shown = ResultFormat().show(inspect::resultOf(inspect::timingOf(runs))); !shown)
            return tl::unexpected<Failure>(shown.error());
    }
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
