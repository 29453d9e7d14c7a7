// Teacher forcing: the loss of every token of a run under a rule of which labels count.
// Thread rule: as the engine.
#pragma once

#include "base/error.h"
#include "base/run_control.h"
#include "fusion/training_labels.h"
#include "pipeline/question_pipeline.h"
#include "records/run_record.h"

#include <cstdint>
#include <stop_token>
#include <string>
#include <vector>

namespace armillary::intervention {

struct TrainingLossOptions {
    fusion::LabelRule rule = fusion::LabelRule::TextOnly;
    bool withAnswer = true;  // the record's answer behind the prompt, as a training example has it
};

struct TrainingLoss {
    std::vector<std::int64_t> labels;  // [S+N], kIgnoredLabel where none counts
    std::vector<TokenKind> kinds;      // [S+N]
    std::vector<std::string> pieces;   // [S+N]
    std::vector<double>
        nats;  // [S+N]: of predicting the label at its position from the one before; NaN where none counts
    std::int64_t counted = 0;
    double meanNats = 0;  // NaN when no label counts
    std::vector<std::string> warnings;
};

// Errors: InvalidInput, Cancelled.
[[nodiscard]] Result<TrainingLoss> trainingLoss(pipeline::QuestionPipeline& pipeline, const RunRecord& record,
                                                const TrainingLossOptions& options, RunObserver& observer,
                                                const std::stop_token& stop);

}  // namespace armillary::intervention
