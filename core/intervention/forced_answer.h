// One answer held fixed while the prompt before it, or what may look at what, is changed: how likely the same words stay.
//
// The keys and values of the true run stay in a cache of its own. A changed run computes only the rows from the first changed
// one on: attention looks back (and across image blocks, which are never split), so earlier rows are the same to the last
// mathematical step, though sums over other numbers of rows may round differently.
// Thread rule: as the engine.
#pragma once

#include "base/error.h"
#include "base/run_control.h"
#include "language/kv_cache.h"
#include "language/language_model.h"
#include "pipeline/model_loader.h"
#include "pipeline/prepared_prompt.h"
#include "records/run_record.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <stop_token>
#include <string>
#include <vector>

namespace armillary::intervention {

// What a change did to a fixed answer of N tokens. Bits throughout; NaN where logits are not finite.
struct AnswerEffect {
    std::vector<double> klBits;               // [N] KL(true || changed) of the distribution each token is chosen from
    std::vector<double> surprisalBits;        // [N] of the answer's tokens in the true run
    std::vector<double> surprisalChangeBits;  // [N] changed minus true
    double top1Agreement = 0;                 // share of the N places with the same likeliest token
    bool sameNextToken = false;               // the same at the first place
    double maxAbsLogit = 0;                   // largest difference of a logit
    double probabilityTrue = 0;               // of the first answer token
    double probabilityChanged = 0;

    [[nodiscard]] double nextTokenKlBits() const { return klBits.front(); }
    [[nodiscard]] double meanKlBits() const;
    [[nodiscard]] double meanSurprisalChangeBits() const;
    [[nodiscard]] double totalSurprisalChangeBits() const;
};

// truth [N,V], changed [N,V'] logits, `answer` N ids, N > 0. With V != V' the vocabulary that both know is compared, each
// side's probabilities normalised over it.
[[nodiscard]] AnswerEffect effectOn(const std::vector<std::int64_t>& answer, const at::Tensor& truth,
                                    const at::Tensor& changed);

// A prompt's rows as they are to run.
struct PromptRows {
    at::Tensor embeds;  // [S,D]
    language::ImageBlocks blocks;
};

class ForcedAnswer {
public:
    // Runs `prompt` and `answer` once. `answer` holds at least one id. Errors: Cancelled.
    [[nodiscard]] static Result<ForcedAnswer> run(const pipeline::LoadedModels& models,
                                                  const pipeline::PreparedPrompt& prompt,
                                                  std::vector<std::int64_t> answer, const std::stop_token& stop);

    [[nodiscard]] const std::vector<std::int64_t>& answer() const { return m_answer; }
    // [N,V] float32 on the CPU: the distributions of the true run.
    [[nodiscard]] const at::Tensor& logits() const { return m_logits; }
    // S of the true run.
    [[nodiscard]] std::int64_t promptLength() const { return m_rows.embeds.size(0); }

    // Logits [N,V] of the same answer behind `rows`, which are the true ones before `firstChanged`; edges are cut in rows from
    // `firstChanged` on only. Errors: Cancelled; the true run stays usable.
    [[nodiscard]] Result<at::Tensor> logitsBehind(const PromptRows& rows, std::int64_t firstChanged,
                                                  const language::EdgeCuts& cuts, const std::stop_token& stop);
    // The true rows with edges cut.
    [[nodiscard]] Result<at::Tensor> logitsWithCuts(std::int64_t firstCut, const language::EdgeCuts& cuts,
                                                    const std::stop_token& stop)
    {
        return logitsBehind(m_rows, firstCut, cuts, stop);
    }
    // What the prompt of the latest run answers by itself, greedily, with at most `most` tokens; without cuts.
    [[nodiscard]] Result<std::vector<std::int64_t>> answerBehindLatest(std::int64_t most, const std::stop_token& stop);
    // Rows computed by the latest run.
    [[nodiscard]] std::int64_t latestRows() const { return m_latestRows; }

private:
    ForcedAnswer(const pipeline::LoadedModels& models, const pipeline::PreparedPrompt& prompt,
                 std::vector<std::int64_t> answer);

    const pipeline::LoadedModels* m_models;
    std::int64_t m_vocabularyRows;
    PromptRows m_rows;
    std::vector<std::int64_t> m_answer;
    at::Tensor m_answerRows;  // [N-1,D]
    at::Tensor m_logits;
    language::KvCache m_cache;
    std::int64_t m_trueLength = 0;  // leading positions of the cache that are the true run's
    std::int64_t m_latestLength = 0;
    std::int64_t m_latestRows = 0;
    at::Tensor m_latestHidden;  // [1,D] of the latest prompt's last row
};

// The ids of the record's answer, at most `most`; of a record without one, what the prompt answers greedily within its question's
// limit. Errors: Cancelled.
[[nodiscard]] Result<std::vector<std::int64_t>> answerOf(const pipeline::LoadedModels& models,
                                                         const pipeline::PreparedPrompt& prompt,
                                                         const RunRecord& record, std::int64_t most,
                                                         const std::stop_token& stop);

// The text of an answer's ids, control tokens left out.
[[nodiscard]] std::string answerText(const pipeline::LoadedModels& models, const std::vector<std::int64_t>& ids);

}  // namespace armillary::intervention
