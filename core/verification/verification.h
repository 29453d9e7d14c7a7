// Did it really run? The SigLIP checks V1-V7 and the world checks W1-W16 over one question, measured on the loaded models: each a
// number, a threshold, a verdict with its reason, and where to look.
//
// Cost: SigLIP runs for the question's pictures, for a second set of them, and for a grey picture with and without a spot (V7); the
// VAE likewise, with one decode (W6). The language model runs once over the fused sequence, up to its first global layer for each of
// two or three perturbed positions (V6, W9), twice for W14 and three times for W15. What the chosen checks do not need is left out.
// The conversation's keys and values stay untouched.
// Thread rule: as the engine. Stops are polled inside every pass and between checks.
#pragma once

#include "base/error.h"
#include "base/run_control.h"
#include "pipeline/question_pipeline.h"
#include "records/analysis.h"
#include "records/question.h"
#include "verification/verification_check.h"

#include <cstdint>
#include <map>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

namespace armillary::verification {

enum class SecondPicture { Mirrored, NextFrame };  // NextFrame: of the clip; the one before where there is none after

struct VerificationSettings {
    std::map<std::string, double> thresholds;  // by id, as readThresholds gives; missing ones take their default
    std::set<std::string> checks;              // empty: all
    SecondPicture second = SecondPicture::Mirrored;
    std::uint64_t seed = 0;  // of shuffles and noise
};

struct Check {
    std::string id;
    std::string title;
    std::string measure;
    double threshold = 0;
    Judgement judgement;
    std::string array;  // of VerificationReport::arrays, what to draw; empty when there is none
};

struct VerificationReport {
    std::vector<Check> checks;  // in the order of checkRules, the chosen ones
    std::map<std::string, AnalysisArray> arrays;
    AnalysisTable norms;  // norms of each kind of token as layer 0 receives them (V4, W4)
    std::vector<std::string> cautions;

    [[nodiscard]] const Check* find(std::string_view id) const;
    [[nodiscard]] std::int64_t count(Verdict verdict) const;
};

// Errors: InvalidInput (a question that cannot be asked), Cancelled.
[[nodiscard]] Result<VerificationReport> verify(pipeline::QuestionPipeline& pipeline, const Question& question,
                                                const VerificationSettings& settings, RunObserver& observer,
                                                const std::stop_token& stop);

}  // namespace armillary::verification
