// What a command of armillary-cli is, and the list of them.
//
// To add one: write cli_<name>.cpp with a class deriving from Command and a factory `makeXCommand()`, and add that factory to
// the list in cli_commands.cpp. Option groups that commands share stand in cli_options.h, the engine in cli_engine.h, printing
// in cli_terminal.h. A command hands its result to standard output and returns an exit code, or the error: main says it.
// Thread rule: everything of the terminal runs on the main thread; only InterruptWatch keeps a thread of its own.
#pragma once

#include "base/error.h"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace CLI {
class App;
}

namespace armillary::cli {

// Exit codes (record.md).
enum ExitCode {
    kDone = 0,
    kCheckFailed = 1,
    kWrongArguments = 2,
    kBadInput = 3,
    kCancelled = 4,
    kOutOfMemory = 5,
    kOurFault = 70
};

[[nodiscard]] int exitCodeFrom(ErrorCode code);

// Why a command ended without a result. Every Error becomes one with the exit code of its kind.
struct Failure {
    std::string message;
    int exitCode = kOurFault;

    Failure(std::string sentence, int code) : message(std::move(sentence)), exitCode(code) {}
    Failure(const Error& error)
        : message(error.message), exitCode(exitCodeFrom(error.code)) {}  // NOLINT: meant to convert
};

template <class T>
using CommandResult = tl::expected<T, Failure>;

[[nodiscard]] inline tl::unexpected<Failure> failWrongArguments(std::string sentence)
{
    return tl::unexpected<Failure>(Failure(std::move(sentence), kWrongArguments));
}

class Command {
public:
    virtual ~Command() = default;

    [[nodiscard]] virtual std::string_view name() const = 0;
    [[nodiscard]] virtual std::string_view summary() const = 0;  // one line of --help
    // Declares the options; what they set must live as long as this command.
    virtual void addTo(CLI::App& command) = 0;
    // After parsing: does the work. The exit code, or what went wrong.
    [[nodiscard]] virtual CommandResult<int> run() = 0;
};

// In the order of --help.
[[nodiscard]] std::vector<std::unique_ptr<Command>> allCommands();

}  // namespace armillary::cli
