// What commands share that run an analysis of a question: its options, the models, the run itself when it is to be kept, and the
// result.
// Thread rule: main thread.
#pragma once

#include "cli_command.h"
#include "cli_options.h"
#include "records/analysis.h"

#include <memory>
#include <string>

namespace armillary::cli {

struct AnalysedQuestion {
    ModelArguments model;
    QuestionArguments question;
    RunOutputArguments output;

    void addTo(CLI::App& command);
    // `--seed` as an argument of an analysis: a number that a double holds.
    [[nodiscard]] std::string seedText() const;
    // Loads, asks when the run is to be kept too (else the analysis gets the bare question, whose steps it takes itself), and
    // analyses. Failures: wrong arguments, those of Engine.
    [[nodiscard]] CommandResult<std::shared_ptr<const AnalysisResult>> analyse(const AnalysisRequest& request) const;
};

}  // namespace armillary::cli
