// What a running question or rollout leaves for the window: tokens and denoise steps are appended, everything else, the
// preview of a rollout too, is overwritten by what is newer.
//
// The writer learns from each put whether it has to wake the reader, so however fast tokens come and however long the
// window stalls, at most one wake-up is under way and nothing grows but the run's own tokens and steps, which are bounded
// by the limits given to open().
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
    std::optional<MemoryPlan> plan;
    std::vector<RolloutProgress> steps;   // without their previews
    std::shared_ptr<const Clip> preview;  // the newest; null = nothing new
    std::int64_t previewStep = -1;

    [[nodiscard]] bool empty() const
    {
        return !layout && !stage && tokens.empty() && warnings.empty() && !plan && steps.empty() && !preview;
    }
};

class RunMailbox {
public:
    // Warnings of a run beyond so many are left out; the record holds them all.
    static constexpr std::size_t kMostWarnings = 100;

    // Starts run `id`; whatever an earlier run left goes. Tokens beyond `tokenLimit` are dropped and counted, steps beyond
    // `stepLimit` are dropped.
    void open(RunId id, std::size_t tokenLimit, std::size_t stepLimit = 0);

    // Each returns true if the caller must wake the reader. Puts for another run than the open one are dropped.
    [[nodiscard]] bool putStage(RunId id, StageProgress stage);
    [[nodiscard]] bool putLayout(RunId id, std::shared_ptr<const TokenLayout> layout);
    [[nodiscard]] bool putToken(RunId id, TokenPiece piece);
    [[nodiscard]] bool putWarning(RunId id, std::string warning);
    [[nodiscard]] bool putMemoryPlan(RunId id, MemoryPlan plan);
    // A step is appended once, however often it is told; its preview replaces the one that lies there.
    [[nodiscard]] bool putRolloutStep(RunId id, const RolloutProgress& progress);

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
    std::size_t m_stepLimit = 0;
    std::size_t m_stepCount = 0;
    std::int64_t m_lastStep = -1;
    bool m_wakePending = false;
};

}  // namespace armillary::app
