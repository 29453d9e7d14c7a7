// Lets through what takes long: stages, layouts and warnings of many variants of one question would say the same many times.
// Thread rule: as the observer behind it.
#pragma once

#include "base/run_control.h"

#include <cstdint>
#include <string_view>

namespace armillary::intervention {

class QuietObserver final : public RunObserver {
public:
    explicit QuietObserver(RunObserver& to) : m_to(to) {}
    void onStage(std::string_view, std::int64_t, std::int64_t) override {}
    void onMemoryPlan(const MemoryPlan& plan) override { m_to.onMemoryPlan(plan); }
    void onRolloutStep(const RolloutProgress& progress) override { m_to.onRolloutStep(progress); }

private:
    RunObserver& m_to;
};

}  // namespace armillary::intervention
