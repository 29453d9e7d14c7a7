// What people see while a command works, and how they stop it.
// Thread rule: main thread; InterruptWatch keeps one thread of its own that only passes a stop on.
#pragma once

#include "base/run_control.h"
#include "records/rollout.h"

#include <nlohmann/json_fwd.hpp>

#include <chrono>
#include <cstdint>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>

namespace armillary::cli {

// Ctrl+C and SIGTERM ask for a stop; the second one ends the program the usual way.
class InterruptWatch {
public:
    InterruptWatch();
    [[nodiscard]] std::stop_token token() const { return m_source.get_token(); }

private:
    std::stop_source m_source;
    std::jthread m_thread;
};

// Stages to standard error; on a terminal the line is rewritten, elsewhere a line a stage. Tokens to standard output as
// they come, unless `streamTokens` is off (JSON is wanted, or nobody asked).
class TerminalObserver final : public RunObserver {
public:
    explicit TerminalObserver(bool streamTokens);

    void onStage(std::string_view name, std::int64_t done, std::int64_t total) override;
    void onToken(const TokenPiece& token) override;
    void onMemoryPlan(const MemoryPlan& plan) override;
    void onRolloutStep(const RolloutProgress& progress) override;
    void onWarning(std::string_view text) override;
    // Ends the progress line or the answer; afterwards results may be printed.
    void finish();

private:
    [[nodiscard]] const char* lineStart() const;

    bool m_streamTokens;
    bool m_isTerminal;
    bool m_answering = false;
    std::string m_stage;
    std::chrono::steady_clock::time_point m_start = std::chrono::steady_clock::now();
};

// Before a run what is planned, after it what was measured; to standard error.
void printMemoryPlan(const MemoryPlan& plan);

// One line to standard output. Text that is not UTF-8 (a path may hold any bytes) comes out with replacement characters, and
// numbers that are not finite come out as null: JSON knows none.
void printJson(const nlohmann::json& value);

}  // namespace armillary::cli
