// What a running question leaves for the window: tokens are appended, everything else is overwritten by what is newer.
//
// The writer learns from each put whether it has to wake the reader, so however fast tokens come and however long the
// window stalls, at most one wake-up is under way and nothing grows but the run's own tokens, which are bounded by the
// limit given to open().
// Thread rule: every function may be called from any thread. No Qt here.
#pragma once

#include "base/run_control.h"
#include "records/run_record.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace armillary::app {

// Rising; 0 is no run.
using RunId = std::uint64_t;

struct StageProgress {
    std::string name;
    std::int64_t done = 0;
    std::int64_t total = 0;  // 0 = unknown
};

// Everything that came since the last take().
struct RunUpdate {
    RunId id = 0;
    std::shared_ptr<const TokenLayout> layout;  // null = nothing new
    std::optional<StageProgress> stage;
    std::vector<TokenPiece> tokens;
    std::vector<std::string> warnings;

    [[nodiscard]] bool empty() const { return !layout && !stage && tokens.empty() && warnings.empty(); }
};

class RunMailbox {
public:
    // Warnings of a run beyond so many are left out; the record holds them all.
    static constexpr std::size_t kMostWarnings = 100;

    // Starts run `id`; whatever an earlier run left goes. Tokens beyond `tokenLimit` are dropped and counted.
    void open(RunId id, std::size_t tokenLimit);

    // Each returns true if the caller must wake the reader. Puts for another run than the open one are dropped.
    [[nodiscard]] bool putStage(RunId id, StageProgress stage);
    [[nodiscard]] bool putLayout(RunId id, std::shared_ptr<const TokenLayout> layout);
    [[nodiscard]] bool putToken(RunId id, TokenPiece piece);
    [[nodiscard]] bool putWarning(RunId id, std::string warning);

    // Takes what there is; from now on the next put wakes again.
    [[nodiscard]] RunUpdate take();
    [[nodiscard]] std::size_t droppedTokens() const;

private:
    [[nodiscard]] bool wake();

    mutable std::mutex m_mutex;
    RunUpdate m_update;
    std::size_t m_tokenLimit = 0;
    std::size_t m_tokenCount = 0;
    std::size_t m_droppedTokens = 0;
    std::size_t m_warningCount = 0;
    bool m_wakePending = false;
};

}  // namespace armillary::app
