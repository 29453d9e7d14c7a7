// armillary-cli: everything the window asks of the engine, without a window. Results go to standard output, progress and
// messages to standard error; exit codes stand in cli_command.h.

#include "cli_command.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <exception>
#include <new>

namespace armillary::cli {
namespace {

CommandResult<int> runCaught(Command& command)
{
    try {
        return command.run();
    } catch (const std::bad_alloc&) {
        return fail(ErrorCode::OutOfMemory, "memory ran out");
    } catch (const std::exception& caught) {
        return fail(ErrorCode::Internal, caught.what());
    }
}

int run(int count, char** words)
{
    CLI::App app{
        "Armillary without a window: ask vision-language models that carry a world model, and record what they did."};
    app.set_version_flag("--version", ARMILLARY_VERSION);
    app.require_subcommand(1);
    const std::vector<std::unique_ptr<Command>> commands = allCommands();
    for (const auto& command : commands)
        command->addTo(*app.add_subcommand(std::string(command->name()), std::string(command->summary())));
    try {
        app.parse(count, words);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? kDone : kWrongArguments;
    }
    for (const auto& command : commands) {
        if (!app.got_subcommand(std::string(command->name())))
            continue;
        const auto code = runCaught(*command);
        if (code)
            return *code;
        fmt::print(stderr, "armillary-cli: {}\n", code.error().message);
        return code.error().exitCode;
    }
    return kOurFault;
}

}  // namespace
}  // namespace armillary::cli

int main(int count, char** words)
{
    return armillary::cli::run(count, words);
}
