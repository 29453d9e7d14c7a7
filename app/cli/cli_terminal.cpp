#include "cli_terminal.h"

#include "records/run_record.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <csignal>
#include <unistd.h>

#include <atomic>
#include <cstdio>

namespace armillary::cli {
namespace {

constexpr const char* kClearLine = "\r\033[K";

std::atomic<bool> g_interrupted{false};

void onSignal(int signal)
{
    g_interrupted = true;
    std::signal(signal, SIG_DFL);
}

}  // namespace

InterruptWatch::InterruptWatch()
{
    std::signal(SIGINT, onSignal);
    std::signal(SIGTERM, onSignal);
    // A signal handler may not touch a stop_source, so a thread hands the request on.
    m_thread = std::jthread([this](const std::stop_token& done) {
        while (!done.stop_requested()) {
            if (g_interrupted)
                m_source.request_stop();
            std::this_thread::sleep_for(std::chrono::milliseconds(20));
        }
    });
}

TerminalObserver::TerminalObserver(bool streamTokens)
    : m_streamTokens(streamTokens), m_isTerminal(isatty(STDERR_FILENO) == 1)
{}

const char* TerminalObserver::lineStart() const
{
    return m_isTerminal && !m_answering ? kClearLine : "";
}

void TerminalObserver::onStage(std::string_view name, std::int64_t done, std::int64_t total)
{
    const bool isNew = name != m_stage;
    m_stage = name;
    if (m_isTerminal && !m_answering) {
        fmt::print(stderr, "{}{}{}", kClearLine, name, total > 0 ? fmt::format(" {}/{}", done, total) : std::string());
        std::fflush(stderr);
    } else if (isNew && !m_isTerminal) {
        const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - m_start).count();
        fmt::print(stderr, "{:8.2f} s  {}\n", seconds, name);
    }
}

void TerminalObserver::onToken(const TokenPiece& token)
{
    if (!m_streamTokens)
        return;
    fmt::print(stderr, "{}", lineStart());
    m_answering = true;
    fmt::print("{}", token.text);
    std::fflush(stdout);
}

void TerminalObserver::onMemoryPlan(const MemoryPlan& plan)
{
    printMemoryPlan(plan);
}

void TerminalObserver::onRolloutStep(const RolloutProgress& progress)
{
    if (progress.preview)
        return;
    const double left = progress.stepSeconds * double(progress.steps - progress.step - 1);
    fmt::print(stderr, "{}step {} of {}: sigma {:.3f}, {:.2f} s, about {:.0f} s left\n", lineStart(), progress.step + 1,
               progress.steps, progress.sigma, progress.stepSeconds, left);
}

void TerminalObserver::onWarning(std::string_view text)
{
    fmt::print(stderr, "{}warning: {}\n", lineStart(), text);
}

void TerminalObserver::finish()
{
    fmt::print(stderr, "{}", lineStart());
    if (m_answering)
        fmt::print("\n");
    m_answering = false;
}

void printMemoryPlan(const MemoryPlan& plan)
{
    constexpr double kMebibyte = 1 << 20;
    fmt::print(stderr, "{:.0f} MiB free\n{:<24}{:>12}  {:<28}{:<14}{:>12}\n", double(plan.freeBytes) / kMebibyte,
               "part", "weights MiB", "place", "afterwards", "measured MiB");
    for (const MemoryPlanRow& row : plan.rows)
        fmt::print(stderr, "{:<24}{:>12.1f}  {:<28}{:<14}{:>12}\n", row.part, double(row.weightBytes) / kMebibyte,
                   row.place, row.after,
                   row.measuredBytes < 0 ? std::string("-")
                                         : fmt::format("{:.1f}", double(row.measuredBytes) / kMebibyte));
}

void printJson(const nlohmann::json& value)
{
    fmt::print("{}\n", value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

}  // namespace armillary::cli
