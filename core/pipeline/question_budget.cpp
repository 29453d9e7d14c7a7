#include "pipeline/question_budget.h"

#include "cosmos/cosmos_config.h"
#include "cosmos/video_vae.h"
#include "fusion/prompt_plan.h"
#include "pipeline/record_taps.h"
#include "records/setting_names.h"
#include "records/shown_media.h"
#include "records/temporal_grid.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace armillary::pipeline {
namespace {

// As QuestionRun refuses prompts.
constexpr std::int64_t kMostPositions = 131072;

// What of a world model decides how many tokens a world has.
struct WorldNumbers {
    cosmos::VaeConfig vae;
    std::int64_t elementBytes = 4;
    fusion::ProjectorShape projector;
    fusion::WorldTokenNames names;
    WorldDefaults defaults;
};

struct PixelSize {
    int height = 0;
    int width = 0;
};

// Of the picture that SigLIP sees of a media.
PixelSize seenSize(const Question& question, std::int32_t media)
{
    const Clip& clip = question.media[static_cast<std::size_t>(media)];
    if (clip.grid) {
        const int moment = clip.grid->moments[0].frame;
        const bool isInside = moment >= 0 && moment < static_cast<int>(clip.frames.size());
        const Image& first = isInside ? clip.frames[static_cast<std::size_t>(moment)] : clip.frames.back();
        const GridSizes sizes = gridSizes(*clip.grid, first.height(), first.width());
        return {sizes.pictureHeight, sizes.pictureWidth};
    }
    const Image& still = clip.frames[static_cast<std::size_t>(stillIndex(question, media))];
    return {still.height(), still.width()};
}

// Where the last turn begins: at the mark that opens it, the second last of its kind; the last opens the answer.
std::int64_t lastTurnBegin(const Question& question, const TokenLayout& layout, const std::string& turnMark)
{
    const bool isFirst = std::none_of(question.turns.begin(), question.turns.end(),
                                      [](const ChatTurn& turn) { return turn.role == ChatRole::Model; });
    if (question.rawPrompt || isFirst)
        return 0;
    int marks = 0;
    for (std::int64_t i = layout.size() - 1; i >= 0; --i) {
        const auto at = static_cast<std::size_t>(i);
        if (layout.kinds[at] == TokenKind::Control && layout.pieces[at] == turnMark && ++marks == 2)
            return i;
    }
    return 0;
}

class ModelBudgeter final : public TokenBudgeter {
public:
    explicit ModelBudgeter(const LoadedModels& models)
        : m_planner(models.family->planner()),
          m_takesWorlds(models.family->takesWorlds()),
          m_text(models.language->config()),
          m_vision(models.siglip->config()),
          m_tokensPerCrop(models.family->tokensPerCrop()),
          m_elementBytes(models.language->elementBytes())
    {
        for (const ModelPart& part : models.report.parts)
            m_weightBytes += part.weightBytes;
        if (models.world && models.world->projector)
            m_world = WorldNumbers{models.world->vae->config(),
                                   static_cast<std::int64_t>(c10::elementSize(models.world->format)),
                                   models.world->projector->shape(), models.world->names, models.world->defaults};
    }

    Result<TokenBudget> budget(const Question& question) const override
    {
        const bool hasWorld = m_world && m_takesWorlds;
        const FusionOption fusion =
            question.world.fusion.value_or(hasWorld ? FusionOption::Brackets : FusionOption::None);
        if (auto checked = check(question, fusion); !checked)
            return tl::unexpected(checked.error());
        std::vector<PictureInput> cuts;
        std::vector<std::int32_t> media = shownMedia(question);
        std::int64_t crops = 0;
        for (const std::int32_t each : media) {
            const PixelSize size = seenSize(question, each);
            auto cut = m_planner->cuts(size.height, size.width, question.panAndScan);
            if (!cut)
                return tl::unexpected(cut.error());
            crops += std::ssize(cut->crops);
            cuts.push_back(std::move(*cut));
        }
        std::vector<ShownPicture> pictures;
        for (std::size_t i = 0; i < cuts.size(); ++i)
            pictures.push_back({media[i], &cuts[i]});
        WorldWork world;
        if (fusion != FusionOption::None) {
            auto planned = plannedWorld(question);
            if (!planned)
                return tl::unexpected(planned.error());
            world = *planned;
        }
        const auto plan = m_planner->planPrompt(question, fusion, pictures, world.grid,
                                                m_world ? m_world->names : fusion::WorldTokenNames(),
                                                std::numeric_limits<std::int64_t>::max());
        if (!plan)
            return tl::unexpected(plan.error());
        return account(question, *plan, crops, world.bytes);
    }

private:
    struct WorldWork {
        fusion::WorldGrid grid;
        std::int64_t bytes = 0;
    };

    [[nodiscard]] Result<void> check(const Question& question, FusionOption fusion) const
    {
        if (fusion != FusionOption::None && !(m_world && m_takesWorlds))
            return fail(ErrorCode::InvalidInput,
                        fmt::format("fusion {} needs a world model: load a TheWorld checkpoint with its Cosmos folder, "
                                    "or choose fusion none",
                                    nameOf(fusion)));
        for (const std::int32_t media : shownMedia(question)) {
            if (media < 0 || media >= static_cast<std::int32_t>(question.media.size()))
                return fail(ErrorCode::InvalidInput,
                            fmt::format("a turn shows picture {}, but there are {}", media, question.media.size()));
        }
        for (const Clip& clip : question.media) {
            if (clip.frames.empty())
                return fail(ErrorCode::InvalidInput, "there is no picture in " + clip.path);
        }
        if (fusion != FusionOption::None && question.media.empty())
            return fail(ErrorCode::InvalidInput, "a world needs a picture: add one, or choose fusion none");
        if (question.world.source == WorldSource::Rollout && fusion != FusionOption::None && !question.world.rollout)
            return fail(ErrorCode::InvalidInput, "a question about a predicted future needs the rollout's settings");
        return {};
    }

    [[nodiscard]] Result<WorldWork> plannedWorld(const Question& question) const
    {
        const WorldOptions& options = question.world;
        const bool isRollout = options.source == WorldSource::Rollout;
        const int height =
            isRollout ? options.rollout->heightPixels : options.heightPixels.value_or(m_world->defaults.heightPixels);
        const int width =
            isRollout ? options.rollout->widthPixels : options.widthPixels.value_or(m_world->defaults.widthPixels);
        const std::int64_t frames = isRollout                             ? options.rollout->frames
                                    : options.source == WorldSource::Clip ? std::ssize(question.media[0].frames)
                                                                          : 1;
        const std::int64_t step = m_world->vae.pixelsPerLatent();
        if (height < step || width < step)
            return fail(ErrorCode::InvalidInput,
                        fmt::format("a world size of {}x{} pixels holds no latent: give at least {}x{}", height, width,
                                    step, step));
        auto grid = m_world->projector.tokenGrid(m_world->vae.latentChannels, m_world->vae.latentFrames(frames),
                                                 height / step, width / step);
        if (!grid)
            return tl::unexpected(grid.error());
        return WorldWork{*grid, cosmos::vaeWorkBytes(m_world->vae, m_world->elementBytes, frames, height, width)};
    }

    [[nodiscard]] TokenBudget account(const Question& question, const fusion::PromptPlan& plan, std::int64_t crops,
                                      std::int64_t worldBytes) const
    {
        const TokenLayout& layout = *plan.layout;
        const language::DecoderConfig& text = m_text;
        TokenBudget out;
        out.conversation = countTokens(layout, 0, layout.size());
        out.question = countTokens(layout, lastTurnBegin(question, layout, m_planner->turnMark()), layout.size());
        out.conversation.answer = out.question.answer = question.sampling.maxNewTokens;
        out.contextLength = text.maxPositions;
        out.mostPositions = std::max(text.maxPositions, kMostPositions);
        out.layers = text.layerCount;
        out.localLayers = std::count(text.layerIsGlobal.begin(), text.layerIsGlobal.end(), false);
        out.localWindow = out.localLayers > 0 ? text.slidingWindow : 0;
        if (out.localWindow > 0) {
            // A token at position p sees the window - 1 positions before it; the first answer token comes out of the last row.
            const std::int64_t firstSeen = layout.size() - out.localWindow;
            out.unseenAtFirst = countTokens(layout, 0, firstSeen);
            out.unseenAtLast = countTokens(layout, 0, firstSeen + std::max(question.sampling.maxNewTokens - 1, 0));
        }
        out.memory = forecast(question, layout.size(), plan.vocabularyRows, crops, worldBytes);
        return out;
    }

    [[nodiscard]] MemoryForecast forecast(const Question& question, std::int64_t prompt, std::int64_t vocabularyRows,
                                          std::int64_t crops, std::int64_t worldBytes) const
    {
        const language::DecoderConfig& text = m_text;
        MemoryForecast out;
        out.weightBytes = m_weightBytes;
        out.bytesPerToken = text.layerCount * 2 * text.keyValueHeads * text.headWidth * m_elementBytes;
        // The last token of an answer is chosen and not run through the model.
        const std::int64_t positions = prompt + std::max(question.sampling.maxNewTokens - 1, 0);
        out.keyValueBytes = out.bytesPerToken * cachedPositions(prompt, positions);
        const std::int64_t rowValues = 6 * text.hiddenSize + 3 * text.intermediateSize +
                                       2 * (text.queryHeads + text.keyValueHeads) * text.headWidth;
        const std::int64_t prefill = prompt * rowValues * m_elementBytes;
        const std::int64_t patches = m_vision.patchesPerSide() * m_vision.patchesPerSide();
        const std::int64_t features = crops * m_tokensPerCrop * text.hiddenSize * m_elementBytes;
        const std::int64_t siglip =
            crops == 0 ? 0 : patches * (6 * m_vision.hiddenSize + 2 * m_vision.intermediateSize) * m_elementBytes;
        out.workBytes = std::max({siglip + features, worldBytes, prefill + features});
        const std::int64_t vocabulary = vocabularyRows > 0 ? vocabularyRows : text.vocabularySize;
        out.captureBytes =
            planCapture(question.capture, {prompt + question.sampling.maxNewTokens, text.layerCount, text.hiddenSize,
                                           text.queryHeads, text.keyValueHeads, text.headWidth, vocabulary, prompt,
                                           question.sampling.maxNewTokens, m_elementBytes})
                .expectedBytes;
        return out;
    }

    std::shared_ptr<const PromptPlanner> m_planner;
    bool m_takesWorlds;
    language::DecoderConfig m_text;
    vision::SiglipConfig m_vision;
    std::int64_t m_tokensPerCrop;
    std::int64_t m_elementBytes;
    std::int64_t m_weightBytes = 0;
    std::optional<WorldNumbers> m_world;
};

}  // namespace

std::int64_t cachedPositions(std::int64_t prompt, std::int64_t positions)
{
    const auto grown = [](std::int64_t needed) { return needed + std::max<std::int64_t>(64, needed / 8); };
    std::int64_t capacity = grown(prompt);
    while (capacity < positions)
        capacity = grown(capacity + 1);
    return capacity;
}

std::shared_ptr<const TokenBudgeter> makeBudgeter(const LoadedModels& models)
{
    return models.language ? std::make_shared<const ModelBudgeter>(models) : nullptr;
}

}  // namespace armillary::pipeline
