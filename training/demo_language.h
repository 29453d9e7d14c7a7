// All that the questions train: SigLIP's tower, the soft-token projector, Gemma's text model and TheWorld's projector.
// Thread rule: used by the thread that trains.
#pragma once

#include "scenes/scene_exam.h"
#include "training/demo_template.h"
#include "training/language_net.h"
#include "training/prompts.h"
#include "training/vision_net.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace armillary::training {

class DemoLanguage {
public:
    // Errors: as Prompts::make.
    [[nodiscard]] static Result<std::unique_ptr<DemoLanguage>> make(const DemoTemplate& form, std::uint64_t seed);
    DemoLanguage(const DemoLanguage&) = delete;
    DemoLanguage& operator=(const DemoLanguage&) = delete;

    struct Answers {
        at::Tensor logits;     // [n,V] of the positions that count
        at::Tensor labels;     // [n]
        at::Tensor rows;       // [n] of the batch
        at::Tensor segments;   // [n] index of the question
        at::Tensor worldRows;  // [B,W,D] of the world tokens behind `tapLayer` layers, if there are any
    };
    // stills [B,3,h,w]; latents [B,Z,T,h,w] normalised, or undefined for plain Gemma.
    [[nodiscard]] Answers answer(const at::Tensor& stills, const at::Tensor& latents,
                                 const std::vector<std::vector<AskedQuestion>>& asked, std::int64_t tapLayer = -1);
    // World tokens alone behind their opening tokens: [B,W,D] behind `tapLayer` layers.
    [[nodiscard]] at::Tensor readWorld(const at::Tensor& latents, std::int64_t tapLayer) const;
    // Embeddings of single words as the language model reads them, bare and behind a space averaged: [words,D].
    [[nodiscard]] at::Tensor wordRows(const std::vector<std::string>& words) const;

    [[nodiscard]] Parameters& parameters() { return m_parameters; }
    [[nodiscard]] const VisionNet& vision() const { return m_vision; }
    [[nodiscard]] Prompts& prompts() { return m_prompts; }
    [[nodiscard]] std::int64_t width() const { return m_language.config().hiddenSize; }

private:
    DemoLanguage(const DemoTemplate& form, Prompts prompts, std::uint64_t seed);
    void alignWords();

    Parameters m_parameters;
    Prompts m_prompts;
    VisionNet m_vision;
    LanguageNet m_language;
    WorldNet m_world;
};

// Whether each question was answered right: every token of the answer and the end behind it is the likeliest one, as greedy
// decoding would give them. [scene][question]
[[nodiscard]] std::vector<std::vector<bool>> judgeAnswers(DemoLanguage& model, const at::Tensor& stills,
                                                          const at::Tensor& latents,
                                                          const std::vector<std::vector<AskedQuestion>>& asked);
[[nodiscard]] std::vector<AskedQuestion> askedOf(const std::vector<scenes::SceneQuestion>& questions);

// Muon's share: the matrices of the layers; embeddings, norms, biases and the first layer of a projection are AdamW's.
[[nodiscard]] bool isLayerMatrix(const std::string& name, const at::Tensor& tensor);

}  // namespace armillary::training
