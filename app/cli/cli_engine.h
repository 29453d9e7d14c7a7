// The engine as commands use it: loaded from the options, watched on the terminal, stopped by Ctrl+C.
// Thread rule: main thread.
#pragma once

#include "cli_command.h"
#include "cli_options.h"
#include "cli_terminal.h"
#include "engine/engine.h"

#include <memory>
#include <stop_token>

namespace armillary::cli {

class EngineDesk {
public:
    explicit EngineDesk(bool streamTokens) : m_observer(streamTokens) {}

    // Loads the models and says the report's warnings. Failures: wrong arguments (no folder named), those of Engine::load.
    [[nodiscard]] CommandResult<ModelReport> load(const ModelArguments& arguments);

    [[nodiscard]] Engine& engine() { return *m_engine; }
    [[nodiscard]] TerminalObserver& observer() { return m_observer; }
    [[nodiscard]] std::stop_token stop() const { return m_watch.token(); }

private:
    InterruptWatch m_watch;
    TerminalObserver m_observer;
    std::unique_ptr<Engine> m_engine = makeEngine();
};

}  // namespace armillary::cli
