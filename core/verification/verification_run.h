// One verification while it runs: what its parts share. The parts stand in verification_vision, _world and _sequence.
// Thread rule: as the engine; lives for one call.
#pragma once

#include "language/kv_cache.h"
#include "records/shown_media.h"
#include "verification/checks_sequence.h"
#include "verification/verification.h"

#include <ATen/core/Tensor.h>

#include <initializer_list>
#include <optional>
#include <string>
#include <vector>

namespace armillary::verification {

// Passes on how far it is; layouts and tokens of the helping runs are nobody's business.
class StageObserver final : public RunObserver {
public:
    explicit StageObserver(RunObserver& inner) : m_inner(inner) {}
    void onStage(std::string_view name, std::int64_t done, std::int64_t total) override
    {
        m_inner.onStage(name, done, total);
    }

private:
    RunObserver& m_inner;
};

// What SigLIP saw of a media: the still frame, or four frames as one picture. Its clip must have frames.
[[nodiscard]] const Image& seenImage(const Question& question, std::int32_t media);
// `question` with other pictures of the same sizes; nothing, with the reason, when there are none.
struct OtherPictures {
    std::optional<Question> question;
    std::string name;    // "its mirror image"
    std::string reason;  // why there is no question
};
[[nodiscard]] OtherPictures otherPictures(const Question& question, SecondPicture second);

class VerificationRun {
public:
    VerificationRun(pipeline::QuestionPipeline& pipeline, const Question& question,
                    const VerificationSettings& settings, RunObserver& observer, const std::stop_token& stop)
        : m_pipeline(pipeline),
          m_models(pipeline.models()),
          m_question(question),
          m_settings(settings),
          m_observer(observer),
          m_stop(stop)
    {}

    Result<VerificationReport> run();

private:
    // Parts of a run; each judges its checks, also by skipping them.
    Result<void> checkPictures();  // V1-V5, V7
    Result<void> checkWorld();     // W1-W6, W10-W13
    Result<void> checkSequence();  // V6, W7-W9, W14-W16
    void checkCounts();            // W7, W8
    Result<void> checkSight();     // V6, W9; makes the base pass
    Result<void> checkAnswer();    // W14-W16

    void checkVariety();
    Result<void> checkReconstruction();
    void checkTimeVector();
    Result<void> checkRollouts();
    Result<void> checkRepeats();
    Result<void> prepareOther();
    void measureNorms();

    [[nodiscard]] bool wants(std::initializer_list<const char*> ids) const;
    [[nodiscard]] double threshold(const std::string& id) const;
    void judge(const std::string& id, Judgement judgement, const std::string& array = {});
    void skip(std::initializer_list<const char*> ids, const std::string& reason);
    void keep(const std::string& name, const at::Tensor& values, std::vector<std::string> axes);
    [[nodiscard]] bool hasWorld() const { return m_prompt.worldRows.defined(); }
    [[nodiscard]] at::Tensor rowsAt(const at::Tensor& rows, const std::vector<std::int64_t>& positions) const;
    [[nodiscard]] at::Tensor normsOf(std::initializer_list<TokenKind> kinds) const;
    [[nodiscard]] std::vector<std::int64_t> positionsOf(TokenKind kind) const;

    // What a pass through the language model keeps.
    struct Pass {
        std::vector<at::Tensor> hidden;           // outputs of the first layers, [S,D] each
        std::map<int, at::Tensor> queries, keys;  // by layer
        at::Tensor last;                          // [1,D] after the final norm; undefined for a partial pass
        language::KvCache cache;
    };
    struct PassWish {
        int outputs = 0;             // keep the outputs of this many layers
        std::vector<int> attention;  // layers whose queries and keys are kept
        bool isPartial = false;      // stop after `outputs` layers
    };
    Result<Pass> pass(const at::Tensor& embeds, const language::ImageBlocks& blocks, const PassWish& wish);
    Result<Probe> probe(std::int64_t position, const Pass& base);
    [[nodiscard]] at::Tensor logitsOf(const Pass& pass) const;
    [[nodiscard]] int layersToFirstGlobal() const;

    pipeline::QuestionPipeline& m_pipeline;
    const pipeline::LoadedModels& m_models;
    const Question& m_question;
    const VerificationSettings& m_settings;
    StageObserver m_observer;
    const std::stop_token& m_stop;

    VerificationReport m_report;
    pipeline::PreparedPrompt m_prompt;
    std::optional<pipeline::PreparedPrompt> m_other;  // of the second pictures
    at::Tensor m_firstWorld;  // what m_other's world is compared with: m_prompt's, or a still's in place of a rollout's
    std::string m_otherName;
    std::string m_otherReason;  // why there is none
    std::optional<Pass> m_base;
};

}  // namespace armillary::verification
