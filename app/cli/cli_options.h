// Groups of options that commands share, as values: what record.md promises, parsed by CLI11 and nothing done yet.
#pragma once

#include "cli_command.h"
#include "records/load_request.h"
#include "records/question.h"
#include "records/run_record.h"
#include "records/temporal_grid.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace armillary::cli {

struct ModelArguments {
    ModelFolders folders;
    std::string device = "auto";
    std::string format = "auto";
    std::string worldFormat;

    void addTo(CLI::App& command);
    // Failures: wrong arguments (no folder named).
    [[nodiscard]] CommandResult<LoadOptions> loadOptions() const;
};

// What a rollout is asked for; part of `rollout` and of `ask`.
struct RolloutArguments {
    int frames = 0;  // 0 = not given
    int steps = 35;
    int height = 0;  // 0 = not given
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

// Four moments of a video as one picture.
struct GridArguments {
    std::string moments;  // "even", or four frames; empty = no grid
    std::string filter = "bicubic";
    std::string cellSize;
    int letterboxSide = 0;

    void addTo(CLI::App& command);
    [[nodiscard]] bool isWanted() const { return !moments.empty(); }
    // For a video of `frameCount` frames, of which those up to `lastFrame` count. Errors: InvalidInput.
    [[nodiscard]] Result<TemporalGrid> recipe(int frameCount, std::optional<int> lastFrame) const;
};

// Everything that changes an answer, but the models.
struct QuestionArguments {
    RolloutArguments rollout;
    GridArguments grid;
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
    std::vector<std::int64_t> answerPrefixIds;
    bool panAndScan = false;
    std::string imageAttention;
    std::string fusion;
    std::string worldSize;
    std::string pixelRange;
    std::string latentScale;
    std::optional<int> frame;
    std::vector<std::string> captures;
    double captureBudgetGib = 2;

    void addTo(CLI::App& command);
    // Reads the media and turns the words into a question. Errors: InvalidInput, FileRead.
    [[nodiscard]] Result<Question> makeQuestion() const;

private:
    [[nodiscard]] Result<Clip> openMedia(const std::string& path, bool isWorld) const;
};

// Where a run goes when it is done.
struct RunOutputArguments {
    std::string recordPath;
    std::string sessionPath;
    bool json = false;

    void addTo(CLI::App& command);
    // Before a long run: can the session be written to? Errors: FileRead, FileWrite, InvalidInput.
    [[nodiscard]] Result<void> check() const;
    // Is the record wanted in a file or a session?
    [[nodiscard]] bool wantsRecord() const { return !recordPath.empty() || !sessionPath.empty(); }
    // Writes the record where it is wanted. Errors: FileRead, FileWrite.
    [[nodiscard]] Result<void> store(const RunRecord& record) const;
    // The same, and prints its JSON when asked to.
    [[nodiscard]] Result<void> keep(const RunRecord& record) const;
};

// Frames of `path` up to `lastFrame` (the very last when not given), as many as `count` says. Errors: InvalidInput, FileRead.
[[nodiscard]] Result<Clip> openLastFrames(const std::string& path, std::optional<int> lastFrame,
                                          const std::function<int(bool isVideo)>& count);

}  // namespace armillary::cli
