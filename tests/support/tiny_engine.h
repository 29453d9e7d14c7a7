// An engine without a model that plays a script: stages that take their time, a layout, tokens one by one, errors and
// exceptions where a test wants them. It obeys the stop token like the real one, unless told to be deaf for a while.
// Thread rule: as every Engine; the log may be read from any thread.
#pragma once

#include "engine/engine.h"

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace armillary::test {

struct TinyStage {
    std::string name;
    int steps = 1;
    std::chrono::microseconds stepTime{0};
};

struct TinyScript {
    std::vector<TinyStage> loadStages = {{"Reading weights", 3, std::chrono::microseconds(500)}};
    std::optional<Error> loadError;
    bool wordsAreMeaningless = true;  // as the report says
    std::vector<TinyStage> stages = {{"SigLIP", 4, std::chrono::microseconds(500)},
                                     {"Cosmos VAE", 4, std::chrono::microseconds(500)},
                                     {"Prefill", 7, std::chrono::microseconds(500)}};
    int worldRows = 8;
    int worldColumns = 8;
    int imageSide = 4;
    int tokenCount = 20;  // at most the question's limit
    std::chrono::microseconds tokenTime{200};
    std::optional<int> throwAtToken;
    std::optional<Error> askError;          // after the stages
    std::chrono::milliseconds deafTime{0};  // works on for so long after a stop request
    std::vector<std::string> warnings;
    // What an analysis plays; without stages it is refused, as by an engine that holds no models.
    std::vector<TinyStage> analysisStages;
    std::optional<Error> analysisError;  // after the stages
};

// What happened, for assertions.
struct TinyLog {
    std::mutex mutex;
    std::thread::id madeOn;
    std::thread::id destroyedOn;
    std::vector<std::thread::id> calledOn;
    std::vector<Question> questions;
    std::atomic<int> loads = 0;
    std::atomic<int> asks = 0;
    std::atomic<int> tokens = 0;  // of the last answer, handed to the observer
    std::atomic<int> analyses = 0;
    std::vector<std::string> order;  // "load", the question's text, the analysis' name, as they began
    std::atomic<bool> destroyed = false;
    std::atomic<bool> tokensStarted = false;
    // steady_clock time since epoch at which an ask saw the stop; 0 = never.
    std::atomic<std::int64_t> stopSeenMicroseconds = 0;
};

class TinyEngine final : public Engine {
public:
    TinyEngine(TinyScript script, std::shared_ptr<TinyLog> log);
    ~TinyEngine() override;

    Result<ModelReport> load(const ModelFolders& folders, const LoadOptions& options, RunObserver& observer,
                             const std::stop_token& stop) override;
    Result<std::shared_ptr<const RunRecord>> ask(const Question& question, RunObserver& observer,
                                                 const std::stop_token& stop) override;
    // Scripts play no rollouts: InvalidInput.
    Result<std::shared_ptr<const RunRecord>> rollout(const RolloutRequest& request, const CaptureRequest& capture,
                                                     RunObserver& observer, const std::stop_token& stop) override;
    // The request with the number "record positions", the size of the record's layout. InvalidInput without a script for it.
    Result<std::shared_ptr<const AnalysisResult>> analyse(const RunRecord& record, const AnalysisRequest& request,
                                                          RunObserver& observer, const std::stop_token& stop) override;
    void forget() override {}

    // The text that generated token `index` adds.
    [[nodiscard]] static std::string tokenText(int index);

private:
    [[nodiscard]] bool play(const std::vector<TinyStage>& stages, RunObserver& observer, const std::stop_token& stop);
    [[nodiscard]] bool stopped(const std::stop_token& stop);
    void noteCall(const std::string& what);

    TinyScript m_script;
    std::shared_ptr<TinyLog> m_log;
};

}  // namespace armillary::test
