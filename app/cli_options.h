// The command line of `armillary-cli` as values: what record.md promises, parsed by CLI11 and nothing done yet.
#pragma once

#include "engine/engine.h"
#include "records/question.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace armillary::cli {

// Exit codes (record.md).
enum ExitCode { kDone = 0, kCheckFailed = 1, kWrongArguments = 2, kBadInput = 3, kCancelled = 4, kOutOfMemory = 5, kOurFault = 70 };

[[nodiscard]] int exitCodeFrom(ErrorCode code);

struct ModelArguments {
    ModelFolders folders;
    std::string device = "auto";
    std::string format = "auto";
    std::string worldFormat;

    void addTo(CLI::App& command);
    [[nodiscard]] Result<LoadOptions> loadOptions() const;
};

// What a rollout is asked for; part of `rollout` and of `ask`.
struct RolloutArguments {
    int frames = 0;             // 0 = not given
    int steps = 35;
    int height = 0;             // 0 = not given
    int width = 0;
    std::string prompt;
    std::optional<std::string> negative;
    bool skipText = false;
    double guidance = 7;
    double framesPerSecond = 16;
    std::string noisePath;
    std::optional<int> conditionFrames;
    int previewEvery = 0;

    void addTo(CLI::App& command);
    // Without its condition. Errors: FileRead (noise).
    [[nodiscard]] Result<RolloutRequest> makeRequest(std::uint64_t seed) const;
    // How many frames of a video are given to the model.
    [[nodiscard]] int conditionFramesOf(bool isVideo) const { return isVideo ? conditionFrames.value_or(5) : 1; }
};

struct AskArguments {
    ModelArguments model;
    RolloutArguments rollout;
    std::string worldSource = "still";
    std::vector<std::string> mediaPaths;
    std::string question;
    std::string system;
    std::optional<std::string> rawPrompt;
    int maxNewTokens = 256;
    double temperature = 0;
    int topK = 0;
    double topP = 1;
    double minP = 0;
    std::uint64_t seed = 0;
    bool ignoreEos = false;
    bool panAndScan = false;
    std::string imageAttention;
    std::string fusion;
    std::string worldSize;
    std::string pixelRange;
    std::string latentScale;
    std::optional<int> frame;
    std::string recordPath;
    std::vector<std::string> captures;
    double captureBudgetGib = 2;
    bool json = false;

    void addTo(CLI::App& command);
    // Reads the media and turns the words into a question. Errors: InvalidInput, FileRead.
    [[nodiscard]] Result<Question> makeQuestion() const;
};

struct RolloutCommand {
    ModelArguments model;
    RolloutArguments rollout;
    std::string mediaPath;
    std::uint64_t seed = 0;
    std::string recordPath;
    std::string videoPath;
    bool captureSteps = true;
    bool json = false;

    void addTo(CLI::App& command);
    // Errors: InvalidInput, FileRead.
    [[nodiscard]] Result<RolloutRequest> makeRequest() const;
};

}  // namespace armillary::cli
