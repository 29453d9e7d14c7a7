// The trained parts as a snapshot in the published layouts: gemma, cosmos and theworld folders with weights in bfloat16.
// Thread rule: free functions without shared state.
#pragma once

#include "base/error.h"
#include "training/demo_template.h"
#include "training/training_plan.h"

#include <nlohmann/json.hpp>

#include <string>

namespace armillary::training {

// Writes the results of stages vae, transformer and `languageStage` into `folder`. Errors: FileRead, FileWrite, ModelMismatch.
[[nodiscard]] Result<void> exportSnapshot(const DemoTemplate& form, const TrainingPlan& plan,
                                          const std::string& languageStage, const std::string& folder);

// README.md and card.json: what was measured, beside chance. `measured` is evaluateSnapshot's. Errors: FileWrite.
[[nodiscard]] Result<void> writeModelCard(const std::string& folder, const nlohmann::json& measured,
                                          const nlohmann::json& training);

}  // namespace armillary::training
