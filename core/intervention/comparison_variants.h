// The variants of a question that a comparison runs: each integration option of the design notes, and option 5 with one setting
// changed.
// Thread rule: as the engine.
#pragma once

#include "base/error.h"
#include "base/run_control.h"
#include "pipeline/question_pipeline.h"
#include "records/question.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <stop_token>
#include <string>
#include <vector>

namespace armillary::intervention {

struct Variant {
    enum class Edit { None, NoWorld, RandomProjection };

    std::string name;    // "5", "5-image-bidirectional" ...
    std::string option;  // 1 | 2 | 3 | 4a | 4b | 4c | 5
    std::string title;
    Question question;
    Edit edit = Edit::None;
    std::string reason;  // why this question or checkpoint cannot do it; empty when it may
};

// In the order of rows: the options, then option 5 (and 3) with other settings. What the question already says is not repeated.
[[nodiscard]] std::vector<Variant> variantsOf(const pipeline::LoadedModels& models, const Question& question);
// Those of `all` that `words` (commas) names: all, options, settings, or names. Errors: InvalidInput.
[[nodiscard]] Result<std::vector<Variant>> chosenVariants(const std::vector<Variant>& all, const std::string& words);

// `variant` up to its prefill. `seed` of the random projection. Errors: InvalidInput (it cannot be done: why), Cancelled, others of
// prepare.
[[nodiscard]] Result<pipeline::PreparedPrompt> prepareVariant(pipeline::QuestionPipeline& pipeline,
                                                              const Variant& variant, std::uint64_t seed,
                                                              RunObserver& observer, const std::stop_token& stop);

// `prompt` without its world tokens: rows, layout and blocks. The brackets stay.
[[nodiscard]] pipeline::PreparedPrompt withoutWorldTokens(const pipeline::PreparedPrompt& prompt);

// World tokens [W,D] from latents [Z,T,h,w] by random weights, scaled to the mean norm of `like` [W,D].
[[nodiscard]] at::Tensor randomProjection(const at::Tensor& latents, const at::Tensor& like, std::uint64_t seed);

}  // namespace armillary::intervention
