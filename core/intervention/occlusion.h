// Block occlusion: regions of the world grid or of a picture's image tokens are covered one after the other, coarse blocks
// first, and the change of the answer's surprisal is a map over the region.
// Thread rule: as the engine.
#pragma once

#include "base/error.h"
#include "base/run_control.h"
#include "intervention/forced_answer.h"
#include "pipeline/question_pipeline.h"
#include "records/run_record.h"
#include "records/token_layout.h"

#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace armillary::intervention {

enum class OcclusionFill { Mean, Zero };  // the mean of the grid's own rows, or 0

struct OcclusionOptions {
    TokenKind tokens = TokenKind::World;      // or Image
    std::int32_t media = -1;                  // of Image: which picture; -1 the first. Only the whole picture (crop 0)
    std::optional<std::int32_t> latentFrame;  // of World: one frame; all frames together when not given
    std::vector<int> sides{2, 4, 7};          // blocks a side of each level: 4, 16, 49 blocks
    OcclusionFill fill = OcclusionFill::Mean;
    std::int64_t answerTokens = 16;
};

// One level: a square of blocks, row by row; NaN where it was not reached or holds no cell.
struct OcclusionLevel {
    int side = 0;
    std::vector<double> surprisalChangeBits;  // [side*side] of the whole answer, covered minus true
    std::vector<double> nextTokenKlBits;      // [side*side]
    std::vector<std::int64_t> tokens;         // [side*side] how many tokens a block covers
};

struct OcclusionStudy {
    std::vector<std::int64_t> answer;
    std::int32_t gridRows = 0, gridColumns = 0;
    double trueSurprisalBits = 0;        // of the whole answer
    std::vector<OcclusionLevel> levels;  // coarse to fine
    std::int64_t blocksDone = 0, blocksWanted = 0;
    bool isStopped = false;  // levels hold what was done
    std::vector<std::string> warnings;
};

// The block of a level with `side` blocks a side that cell `index` of `count` cells falls into: blocks differ by at most one cell.
[[nodiscard]] constexpr int blockOfCell(std::int32_t index, std::int32_t count, int side)
{
    return static_cast<int>(std::int64_t{index} * side / count);
}

// A stop after the first block keeps what was done. Errors: InvalidInput (no such tokens, no grid: latent channels), Cancelled.
[[nodiscard]] Result<OcclusionStudy> studyOcclusion(pipeline::QuestionPipeline& pipeline, const RunRecord& record,
                                                    const OcclusionOptions& options, RunObserver& observer,
                                                    const std::stop_token& stop);

}  // namespace armillary::intervention
