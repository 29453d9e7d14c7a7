// Attention knock-out: some rows may not look at some keys in a window of layers (Geva et al., arXiv 2304.14767).
//
// Rows before the first row that is cut cannot know of the cut, so their cached keys and values are exact: last -> world is one
// decode step, question -> world runs only the question and the answer.
// Thread rule: as the engine.
#pragma once

#include "base/error.h"
#include "base/run_control.h"
#include "intervention/forced_answer.h"
#include "nn/attention.h"
#include "pipeline/question_pipeline.h"
#include "records/run_record.h"
#include "records/token_layout.h"

#include <cstdint>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace armillary::intervention {

// Rows that may not look.
enum class KnockOutTarget {
    Last,               // the prompt's last row, which the first answer token is chosen from
    Answer,             // that row and those of the answer
    Question,           // text behind the last picture or world, but for the last row
    QuestionAndAnswer,  // both
    Image,              // the image tokens behind the first key
};

// Keys that are hidden.
enum class KnockOutSource { World, Image, Question, Random };

[[nodiscard]] std::string_view knockOutName(KnockOutTarget target);
[[nodiscard]] std::string_view knockOutName(KnockOutSource source);

struct KnockOutEdges {
    nn::BlockedEdges edges;
    std::int64_t firstRow = 0;  // the first row that is cut
    std::int64_t keyCount = 0;
    std::int64_t keysOfSource = 0;  // of Random: how many had to be taken from the source itself
};

// Edges from `source` keys to `target` rows of a prompt of `layout` with an answer of `answerTokens`. Random takes as many keys as
// `controlOf` has, from the rest of what the first cut row may see but for position 0 (where attention parks itself); what the rest
// lacks is taken from the source. Errors: InvalidInput (no such rows or keys, or no row that could see a key).
[[nodiscard]] Result<KnockOutEdges> knockOutEdges(const TokenLayout& layout, std::int64_t answerTokens,
                                                  KnockOutTarget target, KnockOutSource source,
                                                  KnockOutSource controlOf, std::uint64_t seed);

// Positions as ranges, rising.
[[nodiscard]] std::vector<nn::PositionRange> rangesFrom(const std::vector<std::int64_t>& positions);

struct KnockOutOptions {
    KnockOutTarget target = KnockOutTarget::Last;
    std::vector<KnockOutSource> sources{KnockOutSource::World, KnockOutSource::Image, KnockOutSource::Question};
    bool withControls = true;       // each source beside random keys of the same count
    std::int64_t windowLayers = 0;  // 0: all layers at once only
    std::int64_t stride = 1;
    std::uint64_t seed = 0;
    std::int64_t answerTokens = 16;  // at most so many tokens of the answer are forced; one for target Last
};

struct KnockOutRow {
    KnockOutSource source = KnockOutSource::World;
    bool isControl = false;  // random keys in place of the source's
    std::string reason;      // why it could not be done; then nothing below holds
    std::int64_t fromLayer = 0, toLayer = 0;
    std::int64_t keyCount = 0;
    std::int64_t keysOfSource = 0;
    std::int64_t computedRows = 0;
    AnswerEffect effect;
};

struct KnockOutStudy {
    std::vector<std::int64_t> answer;
    std::vector<KnockOutRow> rows;  // by source, control after it, windows rising, the one of all layers first
    std::int64_t hiddenByWindow =
        0;  // keys of the first source that local layers cannot see from the first cut row anyway
    std::vector<std::string> warnings;
};

// Errors: InvalidInput, Cancelled.
[[nodiscard]] Result<KnockOutStudy> studyKnockOut(pipeline::QuestionPipeline& pipeline, const RunRecord& record,
                                                  const KnockOutOptions& options, RunObserver& observer,
                                                  const std::stop_token& stop);

}  // namespace armillary::intervention
