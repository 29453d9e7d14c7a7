// How well a snapshot of the demo answers about fresh scenes.
//
// The batched modules with the snapshot's own (bfloat16) numbers answer here, many questions at a time; `armillary-cli
// evaluate-demo` asks the same questions one by one through the engine and counts them in the same way.
// Thread rule: used by the thread that trains.
#pragma once

#include "base/error.h"
#include "training/demo_language.h"
#include "training/demo_world.h"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <vector>

namespace armillary::training {

// A snapshot's parts as batched modules, its numbers widened to float32.
struct DemoSnapshot {
    std::unique_ptr<DemoLanguage> language;
    std::shared_ptr<const VaeNet> vae;
    std::shared_ptr<const TransformerNet> transformer;
};
// Errors: FileRead, ModelMismatch.
[[nodiscard]] Result<DemoSnapshot> readDemoSnapshot(const std::string& folder);

// What the engine's rollouts of the clips so far give: conditions sampled from the posterior, both noises from each scene's seed.
// clips [B,3,F,h,w] -> [B,Z,T,h,w]
[[nodiscard]] at::Tensor rolledOutExam(const DemoSnapshot& snapshot, const at::Tensor& clips,
                                       const std::vector<scenes::ExamScene>& scenes);

inline constexpr std::int64_t kAllScenes = std::numeric_limits<std::int64_t>::max();

// {scenes, seed, questions: [{kind, asked, chance, best_from_still, accuracy: {true, rollout, absent, foreign}}],
//  vae: {psnr_db, within_4px, median_px, shapes}, rollout: {within_4px, median_px, shapes}}; shares in 0...1. The last two are
// those of the first `pictured` scenes alone.
// Errors: FileRead, ModelMismatch, InvalidInput (fewer than two scenes).
[[nodiscard]] Result<nlohmann::json> evaluateSnapshot(const std::string& folder, std::int64_t scenes,
                                                      std::uint64_t seed,
                                                      const std::function<void(const std::string&)>& say,
                                                      std::int64_t pictured = kAllScenes);

}  // namespace armillary::training
