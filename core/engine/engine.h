// The public door of the models: load snapshots, ask questions, watch and stop them. The window, the command line, the
// tests and the benchmark all come through here. Does not start threads and does not know who is watching.
//
// Thread rule: an engine is made, used and destroyed on one thread. To stop it from another, use the stop token.
// Errors: every exception of LibTorch and OpenCV is caught here and becomes an Error; after OutOfMemory or a failed load
// whatever was loaded before stays loaded and usable.
#pragma once

#include "base/error.h"
#include "base/run_control.h"
#include "records/analysis.h"
#include "records/load_request.h"
#include "records/model_report.h"
#include "records/question.h"
#include "records/run_record.h"
#include "records/token_budget.h"

#include <memory>
#include <stop_token>
#include <string>
#include <vector>

namespace armillary {

class Engine {
public:
    virtual ~Engine() = default;

    // Loads the folders and replaces what was loaded before. On an error the earlier models stay.
    virtual Result<ModelReport> load(const ModelFolders& folders, const LoadOptions& options, RunObserver& observer,
                                     const std::stop_token& stop) = 0;
    // Answers `question` with the loaded models. Keys and values of the longest prefix shared with earlier questions are
    // reused. A stop during generation yields a record with outcome Cancelled that holds what was made; a stop earlier
    // yields ErrorCode::Cancelled.
    virtual Result<std::shared_ptr<const RunRecord>> ask(const Question& question, RunObserver& observer,
                                                         const std::stop_token& stop) = 0;
    // Predicts how `request`'s condition goes on. Needs only ModelFolders::world. A stop after the first step yields a record with
    // outcome Cancelled that holds what was made. The prediction stays at hand: a question about the same request does not
    // compute it again. Record: world.latents (normalised), rollout.frames, rollout.noise and, with capture Rollout, the latents
    // after every step.
    virtual Result<std::shared_ptr<const RunRecord>> rollout(const RolloutRequest& request,
                                                             const CaptureRequest& capture, RunObserver& observer,
                                                             const std::stop_token& stop) = 0;
    // An analysis that needs the loaded models (modelAnalyses) or a record alone. `record` is a run of these models with its media.
    // Errors: InvalidInput (no such analysis, wrong arguments, a record of other models), Cancelled.
    virtual Result<std::shared_ptr<const AnalysisResult>> analyse(const RunRecord& record,
                                                                  const AnalysisRequest& request, RunObserver& observer,
                                                                  const std::stop_token& stop) = 0;
    // What questions to the loaded models take, before anything runs. May be asked from any thread, while the engine works and
    // after it is gone. Null when no language model is loaded.
    [[nodiscard]] virtual std::shared_ptr<const TokenBudgeter> budgeter() const { return nullptr; }
    // Drops cached keys, values and features.
    virtual void forget() = 0;
};

[[nodiscard]] std::unique_ptr<Engine> makeEngine();

// The analyses that only an engine can run; analysis::recordAnalyses names the others.
[[nodiscard]] std::vector<AnalysisEntry> modelAnalyses();

}  // namespace armillary
