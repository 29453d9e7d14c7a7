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

struct AskArguments {
    ModelArguments model;
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

}  // namespace armillary::cli
