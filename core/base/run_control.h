// How a long computation talks to whoever asked for it: stages and tokens go out through RunObserver, a stop comes in
// through std::stop_token.
//
// Stop rule: long functions take a `const std::stop_token&`, poll it between units of work (a tower layer, a prefill
// layer, a VAE chunk, a denoise step, a token) and return ErrorCode::Cancelled. A default-made token never stops.
// Thread rule: an observer is called on the thread that computes; it must return quickly and must not throw.
#pragma once

#include "base/error.h"

#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>

namespace armillary {

struct MemoryPlan;
struct RolloutProgress;
struct TokenPiece;
struct TokenLayout;

class RunObserver {
public:
    virtual ~RunObserver() = default;

    // Stage `name` (a short human phrase such as "SigLIP" or "Prefill") is at unit `done` of `total`; total 0 = unknown.
    virtual void onStage(std::string_view name, std::int64_t done, std::int64_t total) = 0;
    // The fused sequence is planned; called once a run, before any heavy step.
    virtual void onLayout(std::shared_ptr<const TokenLayout>) {}
    // One generated token, in order.
    virtual void onToken(const TokenPiece&) {}
    // What the parts of a rollout will take and where; called before they are loaded.
    virtual void onMemoryPlan(const MemoryPlan&) {}
    // One denoise step of a rollout is done.
    virtual void onRolloutStep(const RolloutProgress&) {}
    // A thing that does not stop the run but that a person should read.
    virtual void onWarning(std::string_view) {}
};

// For callers that do not care.
class SilentObserver final : public RunObserver {
public:
    void onStage(std::string_view, std::int64_t, std::int64_t) override {}
};

[[nodiscard]] inline tl::unexpected<Error> failCancelled()
{
    return fail(ErrorCode::Cancelled, "stopped on request");
}

}  // namespace armillary
