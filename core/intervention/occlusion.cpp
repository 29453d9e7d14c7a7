#include "intervention/occlusion.h"

#include "intervention/intervention.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <limits>
#include <numeric>
#include <utility>

namespace armillary::intervention {
namespace {

// The tokens' rows that belong to the grid of `options`, and the grid's size.
struct GridRows {
    std::vector<std::int64_t> rows;
    std::int32_t height = 0, width = 0;
};

Result<GridRows> gridRows(const TokenLayout& layout, const OcclusionOptions& options)
{
    GridRows out;
    const bool isWorld = options.tokens == TokenKind::World;
    std::int32_t media = options.media;
    for (const std::int64_t row : rowsOf(layout, options.tokens)) {
        const TokenOrigin& origin = layout.origins[static_cast<std::size_t>(row)];
        if (!isWorld && media < 0)
            media = origin.media;
        const bool isWanted = isWorld ? !options.latentFrame || origin.latentFrame == *options.latentFrame
                                      : origin.media == media && origin.crop == 0;
        if (!isWanted)
            continue;
        if (origin.row < 0)
            return fail(ErrorCode::InvalidInput,
                        "these world tokens have no place in the picture (latent channels, or one pooled token): "
                        "occlusion needs a grid");
        out.rows.push_back(row);
        out.height = std::max(out.height, origin.row + 1);
        out.width = std::max(out.width, origin.column + 1);
    }
    if (out.rows.empty())
        return fail(ErrorCode::InvalidInput, isWorld ? "the prompt has no world tokens of that latent frame to cover"
                                                     : "the prompt has no image tokens of that picture to cover");
    return out;
}

}  // namespace

Result<OcclusionStudy> studyOcclusion(pipeline::QuestionPipeline& pipeline, const RunRecord& record,
                                      const OcclusionOptions& options, RunObserver& observer,
                                      const std::stop_token& stop)
{
    const auto prompt = pipeline.prepare(record.question, observer, stop);
    if (!prompt)
        return tl::unexpected(prompt.error());
    const TokenLayout& layout = *prompt->plan.layout;
    const auto grid = gridRows(layout, options);
    if (!grid)
        return tl::unexpected(grid.error());
    const pipeline::LoadedModels& models = pipeline.models();
    OcclusionStudy study;
    study.warnings = prompt->warnings;
    study.gridRows = grid->height;
    study.gridColumns = grid->width;
    auto ids = answerOf(models, *prompt, record, options.answerTokens, stop);
    if (!ids)
        return tl::unexpected(ids.error());
    study.answer = std::move(*ids);
    auto forced = ForcedAnswer::run(models, *prompt, study.answer, stop);
    if (!forced)
        return tl::unexpected(forced.error());
    const AnswerEffect truth = effectOn(study.answer, forced->logits(), forced->logits());
    study.trueSurprisalBits = std::accumulate(truth.surprisalBits.begin(), truth.surprisalBits.end(), 0.0);

    const at::Tensor all = at::tensor(grid->rows, at::kLong).to(prompt->embeds.device());
    const at::Tensor mean =
        prompt->embeds.index_select(0, all).to(at::kFloat).mean(0, true).to(prompt->embeds.scalar_type());
    const at::Tensor fill = options.fill == OcclusionFill::Mean ? mean : at::zeros_like(mean);

    for (const int side : options.sides) {
        const auto blocks = static_cast<std::size_t>(side) * static_cast<std::size_t>(side);
        const std::vector<double> unknown(blocks, std::numeric_limits<double>::quiet_NaN());
        study.levels.push_back({side, unknown, unknown, std::vector<std::int64_t>(blocks, 0)});
        study.blocksWanted += static_cast<std::int64_t>(blocks);
    }
    for (OcclusionLevel& level : study.levels) {
        std::vector<std::vector<std::int64_t>> rowsOfBlock(level.tokens.size());
        for (const std::int64_t row : grid->rows) {
            const TokenOrigin& origin = layout.origins[static_cast<std::size_t>(row)];
            const int down = blockOfCell(origin.row, grid->height, level.side),
                      across = blockOfCell(origin.column, grid->width, level.side);
            rowsOfBlock[static_cast<std::size_t>(down * level.side + across)].push_back(row);
        }
        for (std::size_t block = 0; block < rowsOfBlock.size(); ++block) {
            observer.onStage("Occlusion", study.blocksDone, study.blocksWanted);
            const std::vector<std::int64_t>& rows = rowsOfBlock[block];
            level.tokens[block] = static_cast<std::int64_t>(rows.size());
            if (rows.empty()) {
                ++study.blocksDone;
                continue;
            }
            const at::Tensor index = at::tensor(rows, at::kLong).to(prompt->embeds.device());
            const at::Tensor covered = prompt->embeds.index_copy(0, index, fill.expand({index.size(0), fill.size(1)}));
            const auto logits = forced->logitsBehind({covered, prompt->blocks}, rows.front(), {}, stop);
            if (!logits && logits.error().code == ErrorCode::Cancelled && study.blocksDone > 0) {
                study.isStopped = true;
                return study;
            }
            if (!logits)
                return tl::unexpected(logits.error());
            const AnswerEffect effect = effectOn(study.answer, forced->logits(), *logits);
            level.surprisalChangeBits[block] = effect.totalSurprisalChangeBits();
            level.nextTokenKlBits[block] = effect.nextTokenKlBits();
            ++study.blocksDone;
        }
    }
    return study;
}

}  // namespace armillary::intervention
